"""What a click in the interview does: read what is stored, change it, remember what to say about it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from assistant.errors import AssistantError
from assistant.interview import Interview, annotate, give_reply, open_interview
from assistant.models import StoredAnswer
from assistant.questionnaire import NOT_APPLICABLE, Question
from assistant.replies import reply_of
from assistant.storage import Store
from assistant.ui.assessments_data import catalogue
from assistant.ui.session import language, locale, open_interview_in_chat, store
from assistant.wording import answer_label

POSITION = "interview-position"  # assessment id -> question shown in this window
TROUBLE, CHANGE, GONE, SAVED = "interview-trouble", "interview-change", "interview-gone", "interview-saved"
PROPOSED, UNSURE, ASIDE = "interview-proposed", "interview-unsure", "interview-aside"

Move = Callable[[Store, Interview], Interview]


def act(assessment_id: str, move: Move) -> None:
    """Make a move from where this window is; a refusal is shown with the card as it stands now."""
    positions: dict[str, str] = st.session_state.setdefault(POSITION, {})
    for name in (PROPOSED, UNSURE, ASIDE, SAVED):
        st.session_state.pop(name, None)
    try:
        before = open_interview(store(), catalogue(), assessment_id, positions.get(assessment_id))
        after = move(store(), before)
    except AssistantError as error:
        st.session_state[TROUBLE] = stale(error, positions.get(assessment_id, "")) if error.key == "stale_row" else error
        return
    positions[assessment_id] = after.position
    st.session_state[CHANGE] = len(after.scored_questions) - len(before.scored_questions)


def answer(assessment_id: str, question_id: str, version: int, reply: str, note: str | None = None, na_reason: str = "") -> None:
    """Save a reply given to the answer at `version`; the next card follows."""

    def move(kept: Store, interview: Interview) -> Interview:
        return give_reply(kept, interview, question_id, reply, version, na_reason, note)

    act(assessment_id, move)
    if TROUBLE not in st.session_state:
        st.session_state[SAVED] = (question_id, reply)


def answer_field(assessment_id: str, question: Question, version: int, key: str, unit_key: str = "") -> None:
    """Save what stands in a field: several options, or a value with its unit."""
    value = st.session_state.get(key)
    if value is None or value == []:
        return
    if question.type == "multi":
        reply = ",".join(value)
    elif question.type == "date":
        reply = value.isoformat()
    else:
        reply = f"{value:g} {st.session_state[unit_key]}" if unit_key else f"{value:g}"
    answer(assessment_id, question.id, version, reply)


def answer_not_applicable(assessment_id: str, question_id: str, version: int, key: str) -> None:
    """Save that a question does not apply, with the reason that stands in a field."""
    answer(assessment_id, question_id, version, NOT_APPLICABLE, na_reason=st.session_state.get(key) or "")


def save_details(assessment_id: str, question_id: str, version: int, key: str) -> None:
    """Save note, owner and due date from their fields."""
    note, owner, due = (st.session_state.get(f"{key}-{name}") for name in ("note", "owner", "due"))

    def move(kept: Store, interview: Interview) -> Interview:
        return annotate(kept, interview, question_id, version, note or "", owner or "", due)

    act(assessment_id, move)


def stale(error: AssistantError, question_id: str) -> AssistantError:
    """What was answered in another window, in words."""
    current: StoredAnswer | None = error.values.get("current")  # type: ignore[assignment]
    every = (catalogue().profile, *catalogue().questionnaires.values())
    question = next((found for questionnaire in every if (found := questionnaire.find(current.question_id if current else question_id))), None)
    if question is None:
        return error
    return AssistantError("stale_answer", answer=answer_label(question, reply_of(current), language(), locale()))


def leave() -> None:
    """Close the interview in this window; everything answered is stored, and it goes on at the next open question."""
    open_interview_in_chat(None)
    for name in (POSITION, PROPOSED, UNSURE, ASIDE, SAVED, CHANGE, TROUBLE):
        st.session_state.pop(name, None)
