"""Answers of an assessment: each saved when given, with its history, never over what another window wrote."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from typing import get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.errors import AssistantError
from assistant.models import Status, StoredAnswer
from assistant.storage.assessments import history_of
from assistant.storage.codec import decode
from assistant.storage.owned import OwnedRows, now
from assistant.storage.tables import AnswerRow, AssessmentRow, HistoryRow

REPLY = ("option", "options", "number", "day", "na_reason")  # what the person answered; the rest is what they do about it
VALUES = tuple(field.name for field in fields(StoredAnswer) if field.name not in ("question_id", "answered", "version"))


class Answers(OwnedRows):
    """The answers of one owner's assessments; those to `profile.*` questions are answers like any other."""

    def answers(self, assessment_id: str) -> dict[str, StoredAnswer]:
        """The answers in force by question id."""
        query = select(AnswerRow).join(AssessmentRow, AnswerRow.assessment_id == AssessmentRow.id)
        query = query.where(AssessmentRow.id == assessment_id, AssessmentRow.deleted.is_(None), self._mine(AssessmentRow))
        query = query.where(AnswerRow.cleared.is_(False))
        with self._reading() as session:
            return {row.question_id: row.record() for row in session.scalars(query.order_by(AnswerRow.question_id))}

    def answer_history(self, assessment_id: str, question_id: str) -> list[tuple[StoredAnswer, datetime]]:
        """Every state the answer had and since when, oldest first; a cleared one stands there empty."""
        query = select(HistoryRow).where(HistoryRow.assessment_id == assessment_id, HistoryRow.question_id == question_id, self._mine(HistoryRow))
        with self._reading() as session:
            return [(decode(StoredAnswer, row.answer), row.recorded) for row in session.scalars(query.order_by(HistoryRow.version))]

    def save_answer(self, assessment_id: str, answer: StoredAnswer, expected_version: int | None = None) -> StoredAnswer:
        """Save one answer as changed from `expected_version` (None or 0: not answered yet) and add it to the history.

        `answer.answered` and `answer.version` are not read; saving what is there already changes nothing.
        Raises AssistantError `row_gone`, or `stale_row` with `current` (the answer in force, or None) and `changed` (field names).
        """
        with self._writing() as session:
            self._touch(session, assessment_id)
            return self._save(session, assessment_id, answer, expected_version)

    def save_answers(self, assessment_id: str, answers: Iterable[StoredAnswer], clear: Iterable[StoredAnswer] = ()) -> list[StoredAnswer]:
        """Save all and make the questions of `clear` unanswered again, or do nothing of it; returns those saved.

        Each answer's own `version` is the one it was changed from. Raises as `save_answer`.
        """
        with self._writing() as session:
            self._touch(session, assessment_id)
            for gone in clear:
                self._save(session, assessment_id, StoredAnswer(gone.question_id), gone.version, cleared=True)
            return [self._save(session, assessment_id, answer, answer.version) for answer in answers]

    def clear_answer(self, assessment_id: str, question_id: str, expected_version: int | None = None) -> None:
        """Make the question unanswered again; its history stays. Raises as `save_answer`."""
        with self._writing() as session:
            self._touch(session, assessment_id)
            self._save(session, assessment_id, StoredAnswer(question_id), expected_version, cleared=True)

    def _touch(self, session: Session, assessment_id: str) -> None:
        """Proves that the assessment is there; on a server it also makes writers of one assessment take turns."""
        self._change(session, AssessmentRow, assessment_id, None, {}, updated=now())

    def _save(self, session: Session, assessment_id: str, answer: StoredAnswer, expected: int | None, cleared: bool = False) -> StoredAnswer:
        _check(answer)
        row = session.get(AnswerRow, (assessment_id, answer.question_id))
        current = row.record() if row and not row.cleared else None
        if (expected or 0) != (current.version if current else 0):
            changed = self._changed(session, assessment_id, answer.question_id, expected, current)
            raise AssistantError("stale_row", current=current, changed=changed)
        if _same(answer, current, VALUES) and not cleared or cleared and current is None:
            return current or answer
        if row is None:
            row = AnswerRow(assessment_id=assessment_id, question_id=answer.question_id, version=0, **self._marks)
            session.add(row)
        for name in VALUES:
            setattr(row, name, getattr(answer, name))
        row.options = list(answer.options)
        row.answered = current.answered if current and _same(answer, current, REPLY) else now()
        row.cleared = cleared
        row.version += 1
        session.flush()
        session.refresh(row)
        session.add(history_of(row))
        return row.record()

    def _changed(self, session: Session, assessment_id: str, question_id: str, expected: int | None, current: StoredAnswer | None) -> tuple[str, ...]:
        """Fields in which the answer in force differs from the one that the caller saw."""
        query = select(HistoryRow.answer).where(HistoryRow.assessment_id == assessment_id, HistoryRow.question_id == question_id)
        stored = session.scalars(query.where(HistoryRow.version == (expected or 0), self._mine(HistoryRow))).one_or_none()
        seen = decode(StoredAnswer, stored) if stored else StoredAnswer(question_id)
        there = current or StoredAnswer(question_id)
        return tuple(name for name in VALUES if getattr(seen, name) != getattr(there, name))


def _same(answer: StoredAnswer, current: StoredAnswer | None, names: tuple[str, ...]) -> bool:
    return current is not None and all(getattr(answer, name) == getattr(current, name) for name in names)


def _check(answer: StoredAnswer) -> None:
    if answer.status not in get_args(Status):
        raise ValueError(answer.status)
    if answer.number is not None and not math.isfinite(answer.number):
        raise ValueError(answer.number)
