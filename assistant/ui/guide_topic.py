"""One topic of the guide: contents, sections with their origin, sources, and what to ask about it."""

from __future__ import annotations

import streamlit as st

from assistant.i18n import format_date, language_label
from assistant.models import Passage, Topic
from assistant.ui.answers import question_buttons
from assistant.ui.browser import land_on, print_button
from assistant.ui.citations import origin, source_line
from assistant.ui.markup import html_text, passage_html
from assistant.ui.pages import chat_page
from assistant.ui.session import language, locale, open_conversation, waiting_question, words
from assistant.ui.topics import category_name

PREFIX = "s-"  # of section ids in the page: an anchor such as "title" would be taken for a property of the document
QUESTIONS = 3


def show_topic(topic: Topic, section: str) -> None:
    """A topic, landing on a section where one is named."""
    if topic.language != language():
        st.info(words("guide.other_language", name=language_label(topic.language, language())))
    st.html(topic_html(topic))
    with st.container(key="topic-actions"):
        print_button(f"print-{topic.id}")
        st.html(f'<p class="kicker">{words("guide.ask")}</p>')
        question_buttons(topic_questions(topic), f"topic-{topic.id}")
    if waiting_question():
        open_conversation(None)
        st.switch_page(chat_page())
    land_on(PREFIX + section if section else "", f"{topic.id}#{section}", PREFIX)


def topic_questions(topic: Topic) -> list[str]:
    """The first question of each of the first sections."""
    return [asks[0] for asks in topic.asks.values() if asks][:QUESTIONS]


def topic_html(topic: Topic) -> str:
    """The whole topic as one article."""
    categories = " · ".join(category_name(category) for category in topic.topics)
    contents = "".join(f'<li><a href="#{PREFIX}{p.anchor}">{html_text(p.section)}</a></li>' for p in topic.passages)
    return (
        f'<article class="topic" lang="{topic.language}">'
        f'<p class="kicker">{html_text(categories)}</p><h1>{html_text(topic.title)}</h1><p class="summary">{html_text(topic.summary)}</p>'
        f'<nav aria-label="{words("guide.contents")}"><p class="kicker">{words("guide.contents")}</p><ol>{contents}</ol></nav>'
        f"{''.join(section_html(passage) for passage in topic.passages)}{sources_html(topic)}</article>"
    )


def section_html(passage: Passage) -> str:
    """One section with a link to itself and its origin."""
    address = f"{PREFIX}{passage.anchor}"
    link = f'<a class="self" href="#{address}" aria-label="{words("guide.link", section=html_text(passage.section))}">#</a>'
    heading = f'<h2 id="{address}" tabindex="-1">{html_text(passage.section)} {link}</h2>'
    return f'<section>{heading}{passage_html(passage)}<p class="origin">{html_text(origin(passage))}</p></section>'


def sources_html(topic: Topic) -> str:
    """Sources, the day of the last review and the licence."""
    sources = "".join(f"<li>{html_text(source_line(source, language()))}</li>" for source in dict.fromkeys(topic.sources))
    reviewed = words("guide.reviewed", date=format_date(topic.reviewed, locale(), "long"))
    licence = words("guide.licence", licence=html_text(topic.licence))
    return f'<footer><h2>{words("sources")}</h2><ul>{sources}</ul><p class="origin">{reviewed} · {licence}</p></footer>'
