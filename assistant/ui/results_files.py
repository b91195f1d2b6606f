"""The report as files that people already use, each made when it is asked for."""

from __future__ import annotations

import re
import tempfile
import unicodedata
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from assistant.assess import export_report
from assistant.report import Report
from assistant.ui.session import words

FORMATS = {  # name -> extension, type, icon
    "excel": (".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ":material/table_view:"),
    "word": (".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ":material/description:"),
    "pdf": (".pdf", "application/pdf", ":material/picture_as_pdf:"),
    "csv": (".csv", "text/csv", ":material/csv:"),
    "markdown": (".md", "text/markdown", ":material/markdown:"),
    "json": (".json", "application/json", ":material/data_object:"),
    "calendar": (".ics", "text/calendar", ":material/event:"),
}
NAME_CHARS = 60


def show_downloads(report: Report) -> None:
    """A button for each format."""
    st.header(words("results.take_away"), anchor=False)
    st.markdown(words("results.take_away_line"))
    with st.container(horizontal=True, gap="small", key="downloads"):
        for name, (extension, mime, icon) in FORMATS.items():
            st.download_button(
                words(f"results.formats.{name}"),
                data=maker(report, extension),
                file_name=file_name(report, extension),
                mime=mime,
                icon=icon,
                on_click="ignore",
                key=f"download-{name}",
            )


def maker(report: Report, extension: str) -> Callable[[], bytes]:
    """What makes the file when it is asked for."""

    def make() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"report{extension}"
            export_report(report, path)
            return path.read_bytes()

    return make


def file_name(report: Report, extension: str) -> str:
    """The service and the date, in letters that every system takes."""
    plain = unicodedata.normalize("NFKD", report.header.title).encode("ascii", "ignore").decode().lower()
    service = re.sub(r"[^a-z0-9]+", "-", plain)[:NAME_CHARS].strip("-") or report.header.questionnaire_id
    return f"{service}-{report.header.date.isoformat()}{extension}"
