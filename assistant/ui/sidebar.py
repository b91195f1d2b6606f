"""The sidebar: conversations and language."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from assistant.i18n import languages, tr
from assistant.ui.browser import page_behaviour
from assistant.ui.conversations import show_conversations
from assistant.ui.session import choose_language, language, local, words


def show_sidebar() -> None:
    """What is there on every page."""
    with st.sidebar:
        show_conversations(local(datetime.now(UTC)).date())
        with st.container(key="language-choice"):
            st.segmented_control(
                words("language"),
                languages(),
                default=language(),
                required=True,
                format_func=lambda code: tr("language_name", code),
                key="language-control",
                on_change=_switch,
            )
            page_behaviour()


def _switch() -> None:
    choose_language(st.session_state["language-control"])
