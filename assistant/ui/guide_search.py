"""Search in the guide: sections nearest to some words, without the chat's gate."""

from __future__ import annotations

import streamlit as st

from assistant.models import Hit
from assistant.ui.citations import passage_title
from assistant.ui.markup import html_text, label
from assistant.ui.pages import guide_page, section_address
from assistant.ui.session import language, words
from assistant.ui.startup import ready_assistant, show_preparation

RESULTS = 8
SEARCH_PARAM = "buscar"


def show_search() -> bool:
    """The search field and what it finds; says whether there was something to search for."""
    query = search_field()
    if not query:
        return False
    assistant = ready_assistant()
    if assistant is None:
        show_preparation()
        return True
    hits = assistant.retriever.search(query, (), language()).hits[:RESULTS]
    st.html(f'<p class="kicker" role="status">{words("guide.found", count=len(hits))}</p>')
    for hit in hits:
        show_hit(hit)
    return True


def search_field() -> str:
    """What to search for, kept in the address so that the way back finds it again."""
    typed = st.text_input(
        words("guide.search"),
        value=st.query_params.get(SEARCH_PARAM, ""),
        type="search",
        max_chars=200,
        placeholder=words("guide.search_hint"),
        key="guide-search",
    )
    query = (typed or "").strip()
    if query:
        st.query_params[SEARCH_PARAM] = query
    else:
        st.query_params.pop(SEARCH_PARAM, None)
    return query


def show_hit(hit: Hit) -> None:
    """One section with its first sentence."""
    passage = hit.passage
    with st.container(border=True, gap=None):
        st.page_link(guide_page(), label=label(passage_title(passage)), icon=":material/menu_book:", query_params=section_address(passage))
        st.html(f'<p class="snippet" lang="{passage.language}">{html_text(passage.sentences[0].text)}</p>')
