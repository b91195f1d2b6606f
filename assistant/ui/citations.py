"""The passages behind an answer: where they stand, what of them was used, and where it comes from."""

from __future__ import annotations

import streamlit as st

from assistant.i18n import language_label, tr
from assistant.models import Answer, Citation, Passage, Source
from assistant.ui.markup import html_text, label, passage_html
from assistant.ui.pages import guide_page, section_address
from assistant.ui.session import language, words
from assistant.verify import quote_span


def show_citations(answer: Answer, key: str) -> None:
    """An expander for each cited passage, closed; a mark in the answer opens its own."""
    st.html(f'<p class="kicker">{words("sources")}</p>')
    with st.container(key=f"citations-{key}", gap="xsmall"):
        for citation in answer.citations:
            with st.expander(label(f"[{citation.n}]  {passage_title(citation.passage, answer.language)}")):
                show_citation(answer, citation, key)


def show_citation(answer: Answer, citation: Citation, key: str) -> None:
    """One passage, whole, with the sentences used highlighted, its origin and the way to the guide."""
    passage = citation.passage
    body = passage_html(passage, used_sentences(answer, citation))
    st.html(f'<div id="{anchor(key, citation.n)}" class="cited">{body}<p class="origin">{html_text(origin(passage, answer.language))}</p></div>')
    st.page_link(guide_page(), label=words("open_in_guide"), icon=":material/menu_book:", query_params=section_address(passage))


def used_sentences(answer: Answer, citation: Citation) -> set[str]:
    """The passage's sentences that the answer shows; the quoted ones where it shows none of them word for word."""
    shown = {sentence.text for sentence in answer.sentences if citation.n in sentence.citations}
    own = [sentence.text for sentence in citation.passage.sentences]
    span = quote_span(citation.passage.sentences, citation.quote) or (0, 0)
    return shown.intersection(own) or set(own[slice(*span)])


def passage_title(passage: Passage, beside: str = "") -> str:
    """Where a passage stands: document › section, with its language where the words `beside` it, else the interface, are in another."""
    return written_in(passage_place(passage), passage.language, beside)


def passage_place(passage: Passage) -> str:
    """Where a passage stands."""
    return f"{passage.document} › {passage.section}"


def origin(passage: Passage, beside: str = "") -> str:
    """Where a passage's facts come from, its page where it has one, and its language as in `passage_title`."""
    parts = [words("origin", source=source_line(passage.source, language()))]
    if passage.page is not None:
        parts.append(words("page", page=passage.page))
    return written_in(" · ".join(parts), passage.language, beside)


def written_in(text: str, own: str, beside: str = "") -> str:
    """A text that leads to words in `own`, which is said, in the visitor's words, where what stands beside it is in another language."""
    return text if own == (beside or language()) else tr("in_language", language(), text=text, name=language_label(own, language()))


def source_line(source: Source, code: str) -> str:
    """Kind, title, publisher and year of a source in the words of one language, saying so where it does not tell."""
    year = str(source.year) if source.year is not None else tr("ui.undated", code)
    named = tr(f"ui.source_kinds.{source.kind}", code, title=source.title)
    return " · ".join((named, source.publisher or tr("ui.unnamed_publisher", code), year))


def anchor(key: str, number: int) -> str:
    """The id in the page that a mark jumps to."""
    return f"cita-{key}-{number}"
