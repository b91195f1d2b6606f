"""What only the browser can do: copy, print, translate its widgets, land on a place in the page. The scripts are constant; what they get is data."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from assistant.i18n import tr_list
from assistant.ui.session import language, words

WIDGETS_SPEAK = "en"  # Streamlit's only language
STATIC = Path(__file__).parent / "static"


def copy_button(text: str, key: str) -> None:
    """A button that puts a text into the clipboard."""
    _button({"action": "copy", "label": words("copy"), "done": words("copied"), "text": text}, key)


def print_button(key: str) -> None:
    """A button that opens the browser's print dialog."""
    _button({"action": "print", "label": words("print")}, key)


def land_on(target: str, key: str, prefix: str | None = None) -> None:
    """Scroll to the element `target` once it is there, or to the top, once each time that `key` changes.

    With a `prefix` of ids the address's fragment goes first. Every page says once a run where it lands.
    """
    component = st.components.v2.component("resguardo_land", js=_static("land.js"))
    component(data={"target": target, "key": key, "prefix": prefix or "", "fragment": prefix is not None}, key="land", height=0)


def page_behaviour() -> None:
    """Name the page's language, translate Streamlit's own words, let a mark open its source, close the sidebar on a phone after a choice."""
    component = st.components.v2.component("resguardo_page", js=_static("page.js"))
    english, own = (tr_list("ui.widgets", code) for code in (WIDGETS_SPEAK, language()))
    spoken = {theirs: ours for theirs, ours in zip(english, own, strict=True) if theirs != ours}
    component(data={"language": language(), "spoken": spoken}, key="page-behaviour", height=0)


def _button(data: dict[str, str], key: str) -> None:
    html = '<div><button type="button"></button><span role="status"></span></div>'
    component = st.components.v2.component("resguardo_button", html=html, css=_static("button.css"), js=_static("button.js"))
    component(data=data, key=key, width="content")


def _static(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")
