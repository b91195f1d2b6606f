"""What all visitors share, and what one visitor's session holds."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import streamlit as st

from assistant.i18n import languages, locale_for, tr
from assistant.settings import Settings, load_settings
from assistant.storage import open_store

if TYPE_CHECKING:
    from assistant.storage import Store

CONVERSATION_PARAM = "c"
INTERVIEW_PARAM = "e"
QUESTION = "question"


@st.cache_resource(show_spinner=False)
def settings() -> Settings:
    """The settings, read once a process."""
    return load_settings()


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """The store, opened once a process."""
    return open_store(settings())


def language() -> str:
    """The interface's language: the visitor's choice, else the setting."""
    if "language" not in st.session_state:
        kept = store().preference("language")
        st.session_state["language"] = kept if kept in languages() else settings().language
    return str(st.session_state["language"])


def choose_language(code: str) -> None:
    """Switch the interface's language and keep the choice."""
    st.session_state["language"] = code
    store().set_preference("language", code)


def words(key: str, **values: object) -> str:
    """Interface words in the visitor's language."""
    return tr(f"ui.{key}", language(), **values)


def locale() -> str:
    """Locale for dates: the configured one where it speaks the interface's language, else that language's own."""
    return locale_for(language(), settings().locale)


def local(moment: datetime) -> datetime:
    """A moment in the configured time zone."""
    return moment.astimezone(ZoneInfo(settings().time_zone))


def conversation_id() -> str | None:
    """The open conversation: the one in the address, else the session's; None before the first question."""
    given = st.query_params.get(CONVERSATION_PARAM)
    if given:
        st.session_state["conversation"] = given
    open_id: str | None = st.session_state.get("conversation")
    return open_id


def open_conversation(conversation: str | None) -> None:
    """Make a conversation the open one, in the session and in the address; None starts afresh."""
    st.session_state["conversation"] = conversation
    if conversation:
        st.query_params[CONVERSATION_PARAM] = conversation
    else:
        st.query_params.pop(CONVERSATION_PARAM, None)


def interview_id() -> str | None:
    """The assessment that is answered in the chat: the one in the address, else the session's."""
    given = st.query_params.get(INTERVIEW_PARAM)
    if given:
        st.session_state["interview"] = given
    open_id: str | None = st.session_state.get("interview")
    return open_id


def open_interview_in_chat(assessment: str | None) -> None:
    """Make an assessment the one that the chat asks about, in the session and in the address; None ends that."""
    st.session_state["interview"] = assessment
    if assessment:
        st.query_params[INTERVIEW_PARAM] = assessment
    else:
        st.query_params.pop(INTERVIEW_PARAM, None)


def put_question(question: str) -> None:
    """Leave a question for the chat to ask."""
    st.session_state[QUESTION] = question


def waiting_question() -> str | None:
    """The question that a button has left and that is not yet asked."""
    question: str | None = st.session_state.get(QUESTION)
    return question
