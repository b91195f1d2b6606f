"""An exchange on the page: the question, the answer with its marks, its sources, and what to do next."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from assistant.i18n import in_language, tr
from assistant.models import Answer
from assistant.storage import Message
from assistant.ui.browser import copy_button
from assistant.ui.citations import anchor, passage_place, passage_title, show_citations, source_line
from assistant.ui.feedback import show_reasons, show_thumbs
from assistant.ui.interview_start import suggest_start
from assistant.ui.markup import answer_html, growing, html_text, label, plain_text, question_html
from assistant.ui.pages import guide_page, section_address
from assistant.ui.session import language, put_question, words
from assistant.ui.theme import ICON
from assistant.ui.topics import example_questions

WORDS_A_STEP, STEP_SECONDS = 3, 0.02  # 150 words in a second
NEXT_QUESTIONS = 3
EXTRACTIVE, GROWING = "extractive", "growing"


def show_exchange(message: Message, last: bool) -> None:
    """A stored question with its answer; the last one also offers what to do next."""
    with newest() if last else nullcontext(), asked(message.answer.question, str(message.id)):
        show_answer(message.answer, str(message.id))
        show_actions(message)
        show_reasons(message)
        if last:
            show_next(message.answer)


def newest() -> DeltaGenerator:
    """The container of the newest exchange: tall enough for its question to stand at the top while the answer comes in."""
    return st.container(key="newest")


def asked(question: str, key: str) -> DeltaGenerator:
    """Show a question as it was typed; returns the container of its answer."""
    with st.chat_message("user", avatar=":material/person:"):
        st.html(question_html(question, question_anchor(key)))
    return st.chat_message("assistant", avatar=ICON)


def question_anchor(key: str) -> str:
    """The id of a question in the page."""
    return f"pregunta-{key}"


def show_answer(answer: Answer, key: str) -> None:
    """The answer's text and its sources."""
    st.html(body_html(answer, shown_text(answer), key))
    if answer.citations:
        show_citations(answer, key)
    if answer.notice:
        st.caption(tr(f"notices.{answer.notice}", language()))
    if answer.dropped:
        show_dropped(answer)


def show_dropped(answer: Answer) -> None:
    """What a language model wrote besides, and why it is not in the answer."""
    with st.expander(words("dropped", count=len(answer.dropped))):
        items = "".join(f"<li>{html_text(d.text)} <em>({html_text(tr(f'doubts.{d.doubt}', language()))})</em></li>" for d in answer.dropped)
        st.html(f'<ul class="dropped">{items}</ul>')


def show_actions(message: Message) -> None:
    """Copy, thumbs, and which engine spoke."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"actions-{message.id}"):
        if message.answer.found:
            copy_button(copy_text(message.answer), f"copy-{message.id}")
        show_thumbs(message)
        if message.answer.found:
            st.html(f'<p class="engine">{words(f"engines.{message.answer.engine}")}</p>', width="content")


def read_out(growing_answer: Iterator[Answer], keep: Callable[[Answer], str]) -> None:
    """Show an answer as it comes: a language model's sentence by sentence; the guide's own, once it is kept, a few words at a time."""
    place = st.empty()
    with place, st.spinner(words("chat.searching")):
        answer = next(growing_answer)
        following = answer if answer.engine != EXTRACTIVE else next(growing_answer, None)
    while following is not None:
        answer = following
        place.html(body_html(answer, shown_text(answer), GROWING))
        following = next(growing_answer, None)
    key = keep(answer)
    if answer.engine == EXTRACTIVE:
        for text in growing(shown_text(answer), WORDS_A_STEP):
            place.html(body_html(answer, text, key))
            time.sleep(STEP_SECONDS)


def show_next(answer: Answer) -> None:
    """Sections nearby as links into the guide, and questions that follow naturally."""
    if answer.related:
        st.html(f'<p class="kicker">{words("related") if answer.found else tr("refusals.nearby", answer.language)}</p>')
        with st.container(key="related", gap="xxsmall"):
            for passage in answer.related:
                title = label(passage_title(passage, answer.language))
                st.page_link(guide_page(), label=title, icon=":material/menu_book:", query_params=section_address(passage))
    questions = next_questions(answer)
    if questions:
        st.html(f'<p class="kicker">{words("next_questions")}</p>')
        question_buttons(questions, "next")
    suggest_start(answer)


def next_questions(answer: Answer) -> list[str]:
    """The answer's own suggestions that are whole questions; after a refusal without any, examples."""
    own = [suggestion for suggestion in answer.suggestions if suggestion.endswith("?")]
    return (own or ([] if answer.found else example_questions()))[:NEXT_QUESTIONS]


def question_buttons(questions: list[str], key: str) -> None:
    """Questions as pills that ask themselves."""
    with st.container(horizontal=True, gap="xsmall", key=f"pills-{key}"):
        for n, question in enumerate(questions):
            st.button(label(question), key=f"{key}-{n}", on_click=put_question, args=(question,), wrap=True)


def body_html(answer: Answer, text: str, key: str) -> str:
    """Some of the answer's text with its marks as jumps to the sources."""
    numbers = {citation.n for citation in answer.citations}

    def mark(number: int) -> str:
        if number not in numbers:
            return f"[{number}]"
        return f'<a class="mark" href="#{anchor(key, number)}" aria-label="{words("mark", n=number)}">[{number}]</a>'

    return answer_html(text, answer.language, mark)


def shown_text(answer: Answer) -> str:
    """The answer's text; a refusal's without its list, which the page shows as links."""
    return answer.text if answer.found else answer.text.partition("\n\n")[0]


def copy_text(answer: Answer) -> str:
    """Question, answer and sources as plain text."""
    lines = [answer.question, "", plain_text(answer.text)]
    if answer.citations:
        lines += ["", tr("cli.sources", answer.language)]
        places = [in_language(passage_place(c.passage), c.passage.language, answer.language) for c in answer.citations]
        lines += [f"[{c.n}] {place}. {source_line(c.passage.source, answer.language)}" for place, c in zip(places, answer.citations, strict=True)]
    return "\n".join(lines)
