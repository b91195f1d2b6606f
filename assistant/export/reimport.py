"""An edited Excel export read back: what would change and what cannot, cell by cell. Nothing is stored here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from assistant.export.edited import EditedBook, EditedRow, Rejected, open_book
from assistant.export.edited_cells import read_date, read_option, read_status, read_text
from assistant.export.layout import FORMAT, NOTE_LIMIT
from assistant.i18n import format_date, locale_for, tr
from assistant.models import Assessment, StoredAnswer
from assistant.questionnaire import NOT_APPLICABLE, Question, Questionnaire
from assistant.replies import reply_of, with_reply
from assistant.wording import field_text

OWNER_LIMIT, REASON_LIMIT = 200, 2000  # characters
FIELDS = {"comment": "note"}  # columns that change a field of another name


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that the file changes; `field` is that of StoredAnswer or "option" for the reply, the values are in words."""

    question_id: str
    question: str
    field: str
    label: str
    before: str
    after: str
    cell: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """One cell that cannot be taken over and why; the whole file where `cell` is empty."""

    cell: str
    question_id: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import would do; `answers` are the changed ones, to be saved all or none, each with the version that it changes."""

    differences: tuple[Difference, ...]
    refusals: tuple[Refusal, ...]
    answers: tuple[StoredAnswer, ...]


@dataclass(frozen=True, slots=True)
class _Import:
    """Everything that a row is judged by."""

    book: EditedBook
    questionnaire: Questionnaire
    stored: Mapping[str, StoredAnswer]
    language: str
    locale: str


def read_changes(
    path: Path, assessment: Assessment, questionnaire: Questionnaire, answers: Mapping[str, StoredAnswer], language: str, locale: str | None = None
) -> Preview:
    """What an edited export of this assessment changes in `answers`, those in force now by question id.

    A cell is edited when it differs from what was exported; it is refused when the answer has changed here since. Other files are refused whole.
    """
    try:
        book = open_book(path)
        _check_origin(book, assessment)
    except Rejected as error:
        return Preview((), (Refusal("", "", path.name, _reason(error, language)),), ())
    return _compare(_Import(book, questionnaire, answers, language, locale or locale_for(language, assessment.locale)))


def _check_origin(book: EditedBook, assessment: Assessment) -> None:
    version = book.meta.get("format", "")
    if not version.isdigit():
        raise Rejected("foreign")
    if int(version) > FORMAT:
        raise Rejected("newer")
    if not book.meta.get("assessment_id"):
        raise Rejected("unsaved")
    if (book.meta["assessment_id"], book.meta.get("questionnaire_id")) != (assessment.id, assessment.questionnaire_id):
        raise Rejected("foreign")


def _compare(given: _Import) -> Preview:
    """All rows in turn; each goes on from what earlier ones made of the same answer."""
    differences: list[Difference] = []
    refusals = [Refusal(sheet, "", "", _reason(error, given.language)) for sheet, error in given.book.missing]
    changed: dict[str, StoredAnswer] = {}
    seen: set[tuple[str, str]] = set()
    for row in given.book.rows:
        try:
            question = _question(given, row, seen)
        except Rejected as error:
            refusals.append(Refusal(f"{row.sheet}!{row.line}", row.question_id, "", _reason(error, given.language)))
            continue
        answer = changed.get(row.question_id) or given.stored.get(row.question_id) or StoredAnswer(row.question_id)
        for key, cell in row.cells.items():
            place = f"{row.sheet}!{getattr(cell, 'coordinate', row.line)}"
            try:
                after = _edited(given, row, question, answer, key)
            except Rejected as error:
                value = "" if getattr(cell, "value", None) is None else str(cell.value)
                refusals.append(Refusal(place, row.question_id, value, _reason(error, given.language)))
                continue
            if after != answer:
                differences.append(_difference(given, question, FIELDS.get(key, key), answer, after, place))
                changed[row.question_id] = answer = after
    return Preview(tuple(differences), tuple(refusals), tuple(changed.values()))


def _question(given: _Import, row: EditedRow, seen: set[tuple[str, str]]) -> Question:
    """The question of a row. Raises Rejected `no_row_id`, `unknown_question`, `repeated`."""
    if not row.question_id:
        raise Rejected("no_row_id")
    question = given.questionnaire.find(row.question_id)
    if question is None or row.question_id not in given.book.exported:
        raise Rejected("unknown_question", question=row.question_id)
    if (row.kind, row.question_id) in seen:
        raise Rejected("repeated")
    seen.add((row.kind, row.question_id))
    return question


def _edited(given: _Import, row: EditedRow, question: Question, answer: StoredAnswer, key: str) -> StoredAnswer:
    """The answer with what one cell makes of it. Raises Rejected, also `stale` when it changed here after the export."""
    exported = given.book.exported[question.id]
    after = _EDITS[key](given, row.cells, question, answer, exported)
    stored = given.stored.get(question.id)
    if after != answer and exported["version"] != str(stored.version if stored else 0):
        raise Rejected("stale")
    return after


def _owner(given: _Import, cells: Mapping[str, Any], question: Question, answer: StoredAnswer, exported: Mapping[str, str]) -> StoredAnswer:
    text = " ".join(read_text(cells["owner"], OWNER_LIMIT).split())
    return answer if text == exported["owner"] else replace(answer, owner=text)


def _due(given: _Import, cells: Mapping[str, Any], question: Question, answer: StoredAnswer, exported: Mapping[str, str]) -> StoredAnswer:
    day = read_date(cells["due"])
    return answer if (day.isoformat() if day else "") == exported["due"] else replace(answer, due=day)


def _status(given: _Import, cells: Mapping[str, Any], question: Question, answer: StoredAnswer, exported: Mapping[str, str]) -> StoredAnswer:
    status = read_status(cells["status"], given.language)
    return answer if status == exported["status"] else replace(answer, status=status)


def _comment(given: _Import, cells: Mapping[str, Any], question: Question, answer: StoredAnswer, exported: Mapping[str, str]) -> StoredAnswer:
    text = read_text(cells["comment"], NOTE_LIMIT - len(answer.note))
    return replace(answer, note=f"{answer.note}\n{text}".strip()) if text else answer


def _note(given: _Import, cells: Mapping[str, Any], question: Question, answer: StoredAnswer, exported: Mapping[str, str]) -> StoredAnswer:
    text = read_text(cells["note"], NOTE_LIMIT)
    return answer if text == exported["note"] else replace(answer, note=text)


def _option(given: _Import, cells: Mapping[str, Any], question: Question, answer: StoredAnswer, exported: Mapping[str, str]) -> StoredAnswer:
    text = read_text(cells["option"], NOTE_LIMIT)
    if text == exported["answer"]:
        return answer
    option = read_option(question, text, given.language)
    reason = read_text(cells["na_reason"], REASON_LIMIT) if "na_reason" in cells else ""
    if option == NOT_APPLICABLE and not reason:
        raise Rejected("na_reason")
    return with_reply(answer, question, option, reason)


def _na_reason(given: _Import, cells: Mapping[str, Any], question: Question, answer: StoredAnswer, exported: Mapping[str, str]) -> StoredAnswer:
    text = read_text(cells["na_reason"], REASON_LIMIT)
    if text == exported["na_reason"]:
        return answer
    if reply_of(answer) != NOT_APPLICABLE:
        if text:
            raise Rejected("reasons_only")
        return answer
    if not text:
        raise Rejected("na_reason")
    return replace(answer, na_reason=text)


_EDITS = {"owner": _owner, "due": _due, "status": _status, "comment": _comment, "note": _note, "option": _option, "na_reason": _na_reason}


def _difference(given: _Import, question: Question, field: str, before: StoredAnswer, after: StoredAnswer, place: str) -> Difference:
    exported = given.book.exported[question.id]
    shown = field_text(question, field, before, given.language, given.locale)
    if not shown and field in ("owner", "due"):  # the report showed the role and the date that the question proposes
        shown = exported[field] if field == "owner" or not exported[field] else format_date(date.fromisoformat(exported[field]), given.locale)
    return Difference(
        question_id=question.id,
        question=question.text[given.language],
        field=field,
        label=tr(f"reimport.fields.{field}", given.language),
        before=shown,
        after=field_text(question, field, after, given.language, given.locale),
        cell=place,
    )


def _reason(error: Rejected, language: str) -> str:
    return tr(f"reimport.{error.key}", language, **error.values)
