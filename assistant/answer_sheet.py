"""From what the storage keeps to what scoring reads, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, tzinfo

from assistant.models import Assessment, StoredAnswer
from assistant.questionnaire import NOT_APPLICABLE, UNKNOWN, Question, Questionnaire, chosen, measure
from assistant.scoring import AnswerSheet, Response


def read_sheet(
    assessment: Assessment, answers: Mapping[str, StoredAnswer], questionnaire: Questionnaire, profile: Questionnaire, today: date, zone: tzinfo
) -> AnswerSheet:
    """An assessment as it stands today; `zone` decides on which day an answer was given. Answers to questions of neither file are left out."""
    return AnswerSheet(
        title=assessment.title,
        date=today,
        supplier=assessment.supplier,
        scope=assessment.scope,
        profile={q.id: text for q in profile.questions if q.id in answers and (text := reply_text(q, answers[q.id]))},
        responses={q.id: response_of(q, answers[q.id], zone) for q in questionnaire.questions if q.id in answers},
    )


def response_of(question: Question, answer: StoredAnswer, zone: tzinfo) -> Response:
    """One stored answer as a response; an empty one, with only an owner or a note, has the option ""."""
    return Response(
        option=reply_text(question, answer),
        answered=answer.answered.astimezone(zone).date(),
        note=answer.note,
        owner=answer.owner,
        due=answer.due,
        status=answer.status,
        na_reason=answer.na_reason,
    )


def reply_text(question: Question, answer: StoredAnswer | None) -> str:
    """What was answered, as questionnaire.accepts reads it; empty where nothing was."""
    if answer is None:
        return ""
    if answer.option or answer.options:
        return answer.option or ",".join(answer.options)
    if answer.day:
        return answer.day.isoformat()
    if answer.number is None:
        return ""
    return duration_text(answer.number) if question.type == "duration" else _plain(answer.number)


def with_reply(answer: StoredAnswer, question: Question, text: str, na_reason: str = "") -> StoredAnswer:
    """The answer with another reply, given as questionnaire.accepts reads it; the rest stays.

    Raises ValueError for a number, duration or date that is none.
    """
    empty = replace(answer, option=None, options=(), number=None, day=None, na_reason="")
    given = chosen(text)
    if given == {NOT_APPLICABLE}:
        return replace(empty, option=NOT_APPLICABLE, na_reason=na_reason.strip())
    if question.type == "multi" and given != {UNKNOWN}:
        return replace(empty, options=tuple(option.id for option in question.options if option.id in given))
    if question.options or given == {UNKNOWN}:
        return replace(empty, option=text.strip() or None)
    value = measure(question, text)
    if value is None:
        raise ValueError(text)
    return replace(empty, day=value) if isinstance(value, date) else replace(empty, number=value)


def duration_text(hours: float) -> str:
    """A duration in the unit that people would use: minutes, hours or whole days."""
    if hours < 1:
        return f"{_plain(hours * 60)} min"
    return f"{_plain(hours / 24)} d" if hours % 24 == 0 else f"{_plain(hours)} h"


def _plain(value: float) -> str:
    """A number without exponent and without trailing zeros."""
    return f"{value:.4f}".rstrip("0").rstrip(".")
