"""What a person may have left in a cell, read strictly: a text, a date, a status, an answer; or the reason why not."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from assistant.export.edited import Rejected
from assistant.i18n import languages, tr
from assistant.models import Status
from assistant.questionnaire import NOT_APPLICABLE, UNKNOWN, Question, accepts
from assistant.wording import answer_label

STATUSES: tuple[Status, ...] = ("open", "in_progress", "done", "accepted")
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 12, 31)
SAMPLE = "2026-03-31"  # a date wherever Excel runs, and in a cell of text
RETURN = "_x000D_"  # how Excel writes a carriage return


def read_text(cell: Any, limit: int) -> str:
    """A cell's text without blanks around it. Raises Rejected `formula`, `error_cell`, `too_long`."""
    value = _value(cell)
    if isinstance(value, datetime):
        value = value.date() if value.time() == datetime.min.time() else value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str("" if value is None else value).replace(RETURN, "").replace("\r\n", "\n").strip()
    if len(text) > limit:
        raise Rejected("too_long", limit=limit)
    return text


def read_date(cell: Any) -> date | None:
    """A cell's day; None where it is empty. A text counts only as YYYY-MM-DD, as day and month could be confused. Raises Rejected `date`."""
    value = _value(cell)
    if value is None or value == "":
        return None
    try:
        day = value.date() if isinstance(value, datetime) else date.fromisoformat(str(value).strip())
    except ValueError:
        day = date.min
    if not EARLIEST <= day <= LATEST:
        raise Rejected("date", value=value, example=SAMPLE)
    return day


def read_status(cell: Any, language: str) -> Status:
    """A cell's status, named in any of our languages. Raises Rejected `status`."""
    text = read_text(cell, 100)
    for status in STATUSES:
        if text.casefold() in {tr(f"statuses.{status}", code).casefold() for code in languages()}:
            return status
    raise Rejected("status", value=text, expected=", ".join(tr(f"statuses.{status}", language) for status in STATUSES))


def read_option(question: Question, text: str, language: str) -> str:
    """An answer in words as questionnaire.accepts reads it, in any of our languages. Raises Rejected `empty_option`, `option`."""
    if not text:
        raise Rejected("empty_option")
    parts = text.split(";") if question.type == "multi" else [text]
    given = ",".join(_option_id(question, part.strip()) for part in parts)
    if accepts(question, given):
        return given
    offered = [option.id for option in question.options] + [UNKNOWN] + [NOT_APPLICABLE] * question.not_applicable
    raise Rejected("option", value=text, expected="; ".join(answer_label(question, option, language) for option in offered))


def _option_id(question: Question, text: str) -> str:
    """The id of the option with that label; a value stays as it is."""
    for option in (*(option.id for option in question.options), UNKNOWN, NOT_APPLICABLE):
        if text.casefold() in {answer_label(question, option, code).casefold() for code in languages()}:
            return option
    return "" if question.options else text


def _value(cell: Any) -> Any:
    if cell.data_type == "f":
        raise Rejected("formula")
    if cell.data_type == "e":
        raise Rejected("error_cell")
    return cell.value
