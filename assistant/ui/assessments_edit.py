"""Fields that save when they change, and refuse to write over what another window wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from assistant.errors import AssistantError
from assistant.i18n import explain
from assistant.models import StoredAnswer
from assistant.ui.markup import label
from assistant.ui.session import language, store, words

REPLY = ("option", "options", "number", "day")  # fields that are one thing to a person: the answer


def field_key(row: str, name: str) -> str:
    """The widget key of one field of a row."""
    return f"{row}-{name}"


def fill(row: str, answer: StoredAnswer, values: Mapping[str, Any]) -> None:
    """Put what is stored into the row's fields: the first time, and again whenever another window has changed it."""
    keys = {field_key(row, name): value for name, value in values.items()}
    if st.session_state.get(field_key(row, "seen")) != answer or any(key not in st.session_state for key in keys):
        st.session_state.update(keys)
        st.session_state[field_key(row, "seen")] = answer


def seen(row: str) -> StoredAnswer:
    """The answer that the row's fields were filled with."""
    answer: StoredAnswer = st.session_state[field_key(row, "seen")]
    return answer


def field(row: str, name: str) -> Any:
    """What a field of the row holds."""
    return st.session_state.get(field_key(row, name))


def save(assessment_id: str, row: str, changed: StoredAnswer) -> None:
    """Save a changed answer unless it was changed elsewhere since it was shown; what went wrong is said beside the row."""
    before = seen(row)
    try:
        st.session_state[field_key(row, "seen")] = store().save_answer(assessment_id, changed, before.version)
        st.session_state.pop(field_key(row, "trouble"), None)
    except AssistantError as error:
        st.session_state[field_key(row, "trouble")] = error
        st.session_state[field_key(row, "typed")] = next((v for k, v in _texts(changed).items() if v and v != _texts(before)[k]), "")
        st.session_state.pop(field_key(row, "seen"))


def save_field(assessment_id: str, row: str, name: str) -> None:
    """Save one field as it was typed."""
    value = field(row, name)
    changes: dict[str, Any] = {name: value.strip() if isinstance(value, str) else value}
    save(assessment_id, row, replace(seen(row), **changes))


def clear(assessment_id: str, row: str) -> None:
    """Make the question unanswered again."""
    before = seen(row)
    try:
        store().clear_answer(assessment_id, before.question_id, before.version)
    except AssistantError as error:
        st.session_state[field_key(row, "trouble")] = error
    st.session_state.pop(field_key(row, "seen"))


def show_trouble(row: str) -> None:
    """Why the last change of the row was refused, what had changed, and that it now shows what is stored."""
    error: AssistantError | None = st.session_state.pop(field_key(row, "trouble"), None)
    if error is None:
        return
    text = explain(error, language())
    if changed := error.values.get("changed"):
        text = f"{text} {words('edit.changed', fields=', '.join(field_names(changed)))}"
    if typed := st.session_state.pop(field_key(row, "typed"), ""):
        text = f"{text} {words('edit.typed', text=label(typed))}"
    st.warning(text, icon=":material/sync_problem:")


def field_names(changed: Any) -> list[str]:
    """Names of changed fields as people know them, each once."""
    return [words(f"edit.fields.{name}") for name in dict.fromkeys("answer" if name in REPLY else name for name in changed)]


def _texts(answer: StoredAnswer) -> dict[str, str]:
    return {"note": answer.note, "owner": answer.owner, "na_reason": answer.na_reason}
