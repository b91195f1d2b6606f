"""The first start: engine and index are made ready in the background, once a process; every tab sees how far that is."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import streamlit as st

from assistant.errors import AssistantError
from assistant.i18n import explain, tr
from assistant.settings import Settings
from assistant.ui.session import language, settings, words

if TYPE_CHECKING:
    from assistant.answer import Assistant

LOOK_SECONDS = 0.2  # between two looks at the progress
STALE_INDEX = frozenset({"no_index", "broken_index", "index_model"})  # errors that preparing again mends


class Preparation(threading.Thread):
    """Opens the engine, brings the index up to date and opens the assistant."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(name="preparation", daemon=True)
        self._settings = settings
        self.step = "engine"
        self.share = 0.0  # of the guide read, 0 to 1
        self.assistant: Assistant | None = None
        self.error: AssistantError | None = None
        self.weak: dict[str, tuple[int, int]] = {}  # languages of the guide that the model does not understand

    def run(self) -> None:
        """Do it all, leaving either an assistant or an error."""
        from assistant.answer import open_assistant
        from assistant.embeddings import open_embeddings
        from ingest.build import update_index
        from ingest.selfcheck import weak_languages

        try:
            embeddings = open_embeddings(self._settings)
            self.step = "guide"
            update_index(self._settings, embeddings, self._report)
            self.weak = weak_languages(embeddings)
            self.step = "open"
            assistant = open_assistant(self._settings, embeddings)
            assistant.retriever.open_index()
            self.assistant = assistant
        except AssistantError as error:
            self.error = error

    def _report(self, done: int, total: int) -> None:
        self.share = done / total if total else 1.0


@st.cache_resource(show_spinner=False)
def preparation() -> Preparation:
    """The one preparation of this process, under way."""
    started = Preparation(settings())
    started.start()
    return started


def ready_assistant() -> Assistant | None:
    """The assistant, None as long as it is not ready."""
    return preparation().assistant


def show_preparation() -> None:
    """Show progress until the assistant is ready, then run the page again; or show what went wrong and offer another try."""
    current = preparation()
    if current.is_alive():
        _show_progress(current)
    if current.assistant:
        st.rerun()
    st.error(explain(current.error, language()) if current.error else words("start.failed"))
    offer_preparation()


def show_weak_model() -> None:
    """Say plainly when the embedding model does not understand a language of the guide."""
    current = preparation()
    for code, (right, pairs) in current.weak.items():
        model = current.assistant.retriever.embeddings.name if current.assistant else ""
        st.warning(tr("ingest.weak_model", language(), model=model, code=code, right=right, pairs=pairs))


def offer_preparation() -> None:
    """A button that prepares engine and index again."""
    st.button(words("start.retry"), on_click=preparation.clear, type="primary")


def _show_progress(current: Preparation) -> None:
    with st.status(words("start.title"), expanded=True):
        st.write(words("start.note"))
        bar = st.progress(0.0)
        while current.is_alive():
            text = words(f"start.{current.step}")
            bar.progress(current.share, text)
            time.sleep(LOOK_SECONDS)
