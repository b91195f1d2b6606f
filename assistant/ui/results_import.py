"""The way back of an edited Excel: upload, every difference or refusal, apply all or nothing, undo."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from assistant.errors import AssistantError
from assistant.i18n import explain
from assistant.models import StoredAnswer
from assistant.ui.assessments_data import Opened
from assistant.ui.markup import html_text
from assistant.ui.session import language, locale, store, words

if TYPE_CHECKING:
    from assistant.export.reimport import Difference, Preview, Refusal

ROUND, DONE = "import-round", "import-done"
MEGABYTES = 10


def show_import(opened: Opened) -> None:
    """Upload the edited Excel and see what it would change."""
    st.header(words("import.title"), anchor=False)
    st.markdown(words("import.line"))
    show_done(opened)
    key = f"import-{opened.assessment.id}-{st.session_state.get(ROUND, 0)}"
    file = st.file_uploader(words("import.file"), type="xlsx", key=key, max_upload_size=MEGABYTES)
    if file is None:
        return
    with st.spinner(words("import.reading")):
        preview = read_upload(opened, file.getvalue())
    show_preview(opened, preview)


def read_upload(opened: Opened, content: bytes) -> Preview:
    """What the uploaded file would change in the answers as they are stored now."""
    from assistant.export.reimport import read_changes

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload.xlsx"
        path.write_bytes(content)
        return read_changes(path, opened.assessment, opened.questionnaire, opened.answers, language(), locale())


def show_preview(opened: Opened, preview: Preview) -> None:
    """Refusals with their reasons, else every difference and the button that applies them."""
    if preview.refusals:
        st.error(words("import.refusals", count=len(preview.refusals)))
        st.html(refusals_html(preview.refusals))
    if not preview.differences:
        if not preview.refusals:
            st.info(words("import.nothing"))
        return
    st.html(f'<p class="kicker" role="status">{words("import.changes", count=len(preview.differences))}</p>{differences_html(preview.differences)}')
    if not preview.refusals:
        text = words("import.apply", count=len(preview.differences))
        st.button(text, type="primary", key="import-apply", on_click=apply, args=(opened, preview))


def differences_html(differences: tuple[Difference, ...]) -> str:
    """Question, field, what is stored and what the file says."""
    columns = ("question", "field", "before", "after")
    rows = [(d.question, d.label, d.before, d.after) for d in differences]
    return table_html(columns, [(*map(html_text, row[:-1]), f"<strong>{html_text(row[-1]) or '–'}</strong>") for row in rows])


def refusals_html(refusals: tuple[Refusal, ...]) -> str:
    """Which cells cannot be taken over, and why."""
    return table_html(("place", "after", "reason"), [(html_text(r.cell), html_text(r.value), html_text(r.reason)) for r in refusals])


def table_html(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table that on a phone is a list, each value under its column's name; the roles keep it a table for those who hear it."""
    names = [words(f"import.columns.{name}") for name in columns]
    heads = "".join(f'<th scope="col" role="columnheader">{name}</th>' for name in names)
    body = "".join(f'<tr role="row">{row_html(names, row)}</tr>' for row in rows)
    return (
        f'<table class="changes" role="table" aria-label="{words("import.title")}"><thead role="rowgroup"><tr role="row">{heads}</tr></thead>'
        f'<tbody role="rowgroup">{body}</tbody></table>'
    )


def row_html(names: list[str], row: tuple[str, ...]) -> str:
    """One row, whose first cell is its heading."""
    cells = [f'<td role="cell" data-name="{name}">{text or "–"}</td>' for name, text in zip(names, row, strict=True)]
    return "".join([f'<th scope="row" role="rowheader">{row[0] or "–"}</th>', *cells[1:]])


def apply(opened: Opened, preview: Preview) -> None:
    """Save every changed answer or none, and remember how it was."""
    before = {answer.question_id: opened.answers.get(answer.question_id) for answer in preview.answers}
    try:
        saved = store().save_answers(opened.assessment.id, preview.answers)
        st.session_state[DONE] = (opened.assessment.id, len(preview.differences), before, saved)
    except AssistantError as error:
        st.session_state[DONE] = (opened.assessment.id, error, {}, [])
    st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1


def show_done(opened: Opened) -> None:
    """What the last import did, with the way back."""
    done = st.session_state.get(DONE)
    if done is None or done[0] != opened.assessment.id:
        return
    _, result, before, saved = done
    if isinstance(result, AssistantError):
        st.error(explain(result, language()))
    elif not saved:
        st.success(words("import.undone"))
    else:
        with st.container(horizontal=True, vertical_alignment="center", key="import-undo-row"):
            st.success(words("import.applied", count=result))
            st.button(words("import.undo"), icon=":material/undo:", key="import-undo", on_click=undo, args=(opened.assessment.id, before, saved))


def undo(assessment_id: str, before: dict[str, StoredAnswer | None], saved: list[StoredAnswer]) -> None:
    """Put back all that stood before the import, or nothing where one answer was changed since."""
    earlier = [replace(old, version=answer.version) for answer in saved if (old := before[answer.question_id])]
    new = [answer for answer in saved if before[answer.question_id] is None]
    try:
        store().save_answers(assessment_id, earlier, clear=new)
        st.session_state[DONE] = (assessment_id, 0, {}, [])
    except AssistantError as error:
        st.session_state[DONE] = (assessment_id, error, {}, [])
