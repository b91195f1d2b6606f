"""A reply to a question as the storage keeps it and as the scoring reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, tzinfo

from assistant.catalogue import PROFILE
from assistant.errors import AssistantError
from assistant.models import Assessment, StoredAnswer
from assistant.questionnaire import NOT_APPLICABLE, UNKNOWN, Question, accepts, chosen, measure
from assistant.scoring import AnswerSheet, Response


def reply_of(answer: StoredAnswer | None) -> str:
    """What was replied: an option id, several with commas between, or a value as it was written; empty where nothing was."""
    return (answer.option or ",".join(answer.options)) if answer else ""


def with_reply(answer: StoredAnswer, question: Question, reply: str, na_reason: str = "") -> StoredAnswer:
    """The answer with another reply; note, owner, date and status stay.

    Raises AssistantError `reply_not_possible`, or `na_reason_missing` for "not applicable" without a reason.
    """
    if not accepts(question, reply):
        raise AssistantError("reply_not_possible", reply=reply)
    if reply == NOT_APPLICABLE and not na_reason.strip():
        raise AssistantError("na_reason_missing")
    several = question.type == "multi" and reply not in (UNKNOWN, NOT_APPLICABLE)
    options = tuple(option.id for option in question.options if option.id in chosen(reply)) if several else ()
    value = None if question.options or reply in (UNKNOWN, NOT_APPLICABLE) else measure(question, reply)
    return replace(
        answer,
        option=None if several else reply,
        options=options,
        number=value if isinstance(value, float) else None,
        day=value if isinstance(value, date) else None,
        na_reason=na_reason.strip() if reply == NOT_APPLICABLE else "",
    )


def as_response(answer: StoredAnswer, zone: tzinfo = UTC) -> Response:
    """An answer as the scoring reads it."""
    return Response(reply_of(answer), answer.answered.astimezone(zone).date(), answer.note, answer.owner, answer.due, answer.status, answer.na_reason)


def answer_sheet(assessment: Assessment, answers: Mapping[str, StoredAnswer], today: date, zone: tzinfo = UTC) -> AnswerSheet:
    """Everything answered in an assessment, as it is scored; `zone` says on which day an answer was given."""
    profile = {name: reply_of(answer) for name, answer in answers.items() if of_profile(name)}
    responses = {name: as_response(answer, zone) for name, answer in answers.items() if not of_profile(name)}
    return AnswerSheet(assessment.title, today, assessment.supplier, assessment.scope, profile, responses)


def of_profile(question_id: str) -> bool:
    """Whether the question belongs to the profile."""
    return question_id.startswith(f"{PROFILE}.")
