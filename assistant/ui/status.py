"""The status page: who writes the answers and whether it answers, what searches, and where the data is."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING

import streamlit as st

from assistant.errors import AssistantError
from assistant.i18n import explain, format_number, language_label
from assistant.ui.browser import land_on
from assistant.ui.markup import html_text
from assistant.ui.session import language, locale, settings, words
from assistant.ui.startup import ready_assistant, show_preparation, show_weak_model

if TYPE_CHECKING:
    from assistant.answer import Assistant
    from assistant.chat_model import ChatModel

CHECKED = "model-checked"


def show_status() -> None:
    """Everything there is to know about this installation; keys are never shown."""
    land_on("", "status")
    st.title(words("status.title"), anchor=False)
    assistant = ready_assistant()
    show_writer(assistant.chat_model if assistant else None)
    if assistant:
        show_search(assistant)
    else:
        st.info(words("status.preparing"))
        show_preparation()
    st.subheader(words("status.data"), anchor=False)
    show_facts({"folder": str(settings().home), "version": version("resguardo")})


def show_writer(model: ChatModel | None) -> None:
    """The language model with a button that asks it something; or that there is none."""
    st.subheader(words("status.answers"), anchor=False)
    configured = settings()
    if not configured.chat_model:
        st.markdown(words("status.extractive"))
        return
    st.markdown(words("status.model"))
    show_facts(
        {
            "name": configured.chat_model,
            "url": configured.chat_model_url or words("status.own_url"),
            "key": words("status.key_set" if configured.chat_model_key.get_secret_value() else "status.key_provider"),
            "limit": words("status.seconds", seconds=format_number(configured.chat_model_seconds, locale())),
        }
    )
    if model:
        st.button(words("status.check"), icon=":material/network_check:", on_click=ask_model, args=(model,), key="check-model")
        show_checked()


def ask_model(model: ChatModel) -> None:
    """Ask the model something and remember how long it took, or what went wrong."""
    try:
        with st.spinner(words("status.checking")):
            st.session_state[CHECKED] = model.check()
    except AssistantError as error:
        st.session_state[CHECKED] = error


def show_checked() -> None:
    """What came of the last check."""
    found: float | AssistantError | None = st.session_state.get(CHECKED)
    if isinstance(found, AssistantError):
        st.error(explain(found, language()))
    elif found is not None:
        st.success(words("status.well", seconds=format_number(found, locale(), 1)))


def show_search(assistant: Assistant) -> None:
    """What searches, and in which edition of the guide."""
    st.subheader(words("status.search"), anchor=False)
    show_weak_model()
    manifest = assistant.retriever.open_index().manifest
    passages = ", ".join(f"{language_label(code, language())}: {format_number(len(ids), locale())}" for code, ids in manifest.passages.items())
    show_facts({"engine": manifest.model, "edition": manifest.edition[:12], "passages": passages})


def show_facts(facts: Mapping[str, str]) -> None:
    """Names and values as a list of terms."""
    rows = "".join(f"<dt>{html_text(words(f'status.{name}'))}</dt><dd>{html_text(value)}</dd>" for name, value in facts.items())
    st.html(f'<dl class="facts">{rows}</dl>')
