"""The report as files that people already use, each made when it is asked for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import streamlit as st

from assistant.report import Report
from assistant.ui.assessments_data import Opened
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


def show_downloads(opened: Opened, report: Report) -> None:
    """A button for each format."""
    st.header(words("results.take_away"), anchor=False)
    st.markdown(words("results.take_away_line"))
    with st.container(horizontal=True, gap="small", key="downloads"):
        for name, (extension, mime, icon) in FORMATS.items():
            st.download_button(
                words(f"results.formats.{name}"),
                data=maker(opened, report, extension),
                file_name=file_name(report, extension),
                mime=mime,
                icon=icon,
                on_click="ignore",
                key=f"download-{name}",
            )


def maker(opened: Opened, report: Report, extension: str) -> Callable[[], bytes]:
    """What makes the file when it is asked for; it names the state of each answer, so that its edited copy finds the way back."""

    def make() -> bytes:
        from assistant.export import Origin, export_bytes

        origin = Origin(opened.assessment.id, {name: answer.version for name, answer in opened.answers.items()})
        return export_bytes(report, extension, report.header.language, origin)

    return make


def file_name(report: Report, extension: str) -> str:
    """The service and the date, in letters that every system takes."""
    plain = unicodedata.normalize("NFKD", report.header.title).encode("ascii", "ignore").decode().lower()
    service = re.sub(r"[^a-z0-9]+", "-", plain)[:NAME_CHARS].strip("-") or report.header.questionnaire_id
    return f"{service}-{report.header.date.isoformat()}{extension}"
