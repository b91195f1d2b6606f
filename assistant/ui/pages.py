"""The pages and their addresses; what they show is loaded when they are opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from assistant.models import Passage
from assistant.ui.session import words

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

TOPIC_PARAM, SECTION_PARAM = "tema", "seccion"


def chat_page() -> StreamlitPage:
    """The chat, at the root."""
    return st.Page(_chat, title=words("nav.chat"), icon=":material/forum:", url_path="chat", default=True)


def guide_page() -> StreamlitPage:
    """The readable guide."""
    return st.Page(_guide, title=words("nav.guide"), icon=":material/menu_book:", url_path="guia")


def all_pages() -> list[StreamlitPage]:
    """The pages in the order of the navigation."""
    return [chat_page(), guide_page()]


def section_address(passage: Passage) -> dict[str, str]:
    """Query parameters of the guide page that land on a passage's section."""
    return {TOPIC_PARAM: passage.document_id, SECTION_PARAM: passage.anchor}


def _chat() -> None:
    from assistant.ui.chat import show_chat

    show_chat()


def _guide() -> None:
    from assistant.ui.guide import show_guide

    show_guide()
