"""The pages and their addresses; what they show is loaded when they are opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from assistant.models import Passage
from assistant.ui.session import INTERVIEW_PARAM, interview_id, words

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

TOPIC_PARAM, SECTION_PARAM = "tema", "seccion"
ASSESSMENT_PARAM = INTERVIEW_PARAM


def chat_page() -> StreamlitPage:
    """The chat, at the root."""
    return st.Page(_chat, title=words("nav.chat"), icon=":material/forum:", url_path="chat", default=True)


def guide_page() -> StreamlitPage:
    """The readable guide."""
    return st.Page(_guide, title=words("nav.guide"), icon=":material/menu_book:", url_path="guia")


def assessments_page() -> StreamlitPage:
    """All assessments."""
    return st.Page(_assessments, title=words("nav.assessments"), icon=":material/checklist:", url_path="evaluaciones")


def result_page() -> StreamlitPage:
    """Where one assessment stands and what to do first."""
    return st.Page(_result, title=words("nav.result"), icon=":material/monitoring:", url_path="resultado", visibility="hidden")


def review_page() -> StreamlitPage:
    """One assessment as a form."""
    return st.Page(_review, title=words("nav.review"), icon=":material/edit_note:", url_path="formulario", visibility="hidden")


def status_page() -> StreamlitPage:
    """Which engines speak and search, and whether they answer."""
    return st.Page(_status, title=words("nav.status"), icon=":material/monitor_heart:", url_path="estado")


def all_pages() -> list[StreamlitPage]:
    """The pages in the order of the navigation."""
    return [chat_page(), guide_page(), assessments_page(), status_page(), result_page(), review_page()]


def section_address(passage: Passage) -> dict[str, str]:
    """Query parameters of the guide page that land on a passage's section."""
    return {TOPIC_PARAM: passage.document_id, SECTION_PARAM: passage.anchor}


def _chat() -> None:
    if interview_id():
        from assistant.ui.interview import show_interview

        show_interview()
        return
    from assistant.ui.chat import show_chat

    show_chat()


def _guide() -> None:
    from assistant.ui.guide import show_guide

    show_guide()


def _assessments() -> None:
    from assistant.ui.assessments import show_assessments

    show_assessments()


def _result() -> None:
    from assistant.ui.results import show_result

    show_result()


def _status() -> None:
    from assistant.ui.status import show_status

    show_status()


def _review() -> None:
    from assistant.ui.review import show_review

    show_review()
