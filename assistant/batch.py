"""Batches: JSON lines in, JSON lines out, same order, one process; a bad line spoils nothing but itself."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from assistant.answer import Assistant, refuse
from assistant.errors import AssistantError
from assistant.i18n import explain, tr
from assistant.language import detect_language
from assistant.models import Reason
from assistant.wire import answer_json, search_json


@dataclass(frozen=True, slots=True)
class Row:
    """One question of a batch."""

    id: str | None
    question: str
    history: tuple[str, ...] = ()


@contextmanager
def open_lines(name: str) -> Iterator[TextIO]:
    """A file's lines, or standard input for `-`. Raises AssistantError `unreadable_file`."""
    if name == "-":
        yield sys.stdin
        return
    try:
        with Path(name).open(encoding="utf-8") as lines:
            yield lines
    except (OSError, UnicodeDecodeError) as error:
        raise AssistantError("unreadable_file", file=name, reason=error) from error


def read_rows(names: Iterable[str]) -> list[dict[str, Any]]:
    """All rows of question files. Raises AssistantError `unreadable_file`, naming the line that is not a question."""
    rows = []
    for name in names:
        with open_lines(name) as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    rows.append(_question_row(name, number, line))
    return rows


def _question_row(name: str, number: int, line: str) -> dict[str, Any]:
    try:
        parse_row(line)
    except ValueError as error:
        raise AssistantError("unreadable_file", file=f"{name}:{number}", reason=error) from error
    row: dict[str, Any] = json.loads(line)
    return row


def parse_row(line: str) -> Row:
    """A batch line. Raises ValueError saying what is wrong."""
    row = json.loads(line)
    if not isinstance(row, dict) or not isinstance(row.get("question"), str):
        raise ValueError('"question" (text) is missing')
    history = row.get("history") or []
    if not isinstance(history, list) or not all(isinstance(item, str) for item in history):
        raise ValueError('"history" must be a list of texts')
    return Row(None if row.get("id") is None else str(row["id"]), row["question"], tuple(history))


def run_batch(lines: Iterable[str], out: TextIO, language: str, work: Callable[[Row], dict[str, Any]]) -> bool:
    """Write one result a line; returns whether every line was good."""
    good = True
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            result = work(parse_row(line))
        except (ValueError, AssistantError) as error:
            good = False
            result = _bad_line(line, number, error, language)
        out.write(json.dumps(result, ensure_ascii=False) + "\n")
        out.flush()
    return good


def answer_row(assistant: Assistant, row: Row, language: str) -> dict[str, Any]:
    """Answer one row."""
    return answer_json(assistant.ask(row.question, row.history, language), row.id)


def search_row(assistant: Assistant, row: Row, top: int, language: str) -> dict[str, Any]:
    """Search for one row; an undecided question is in `language`."""
    return search_json(assistant.retriever.search(row.question, row.history, detect_language(row.question, row.history, language)), top, row.id)


def _bad_line(line: str, number: int, error: Exception, language: str) -> dict[str, Any]:
    reason = explain(error, language) if isinstance(error, AssistantError) else tr("errors.bad_line", language, line=number, reason=error)
    try:
        parsed = json.loads(line)
        row = parsed if isinstance(parsed, dict) else {}
    except ValueError:
        row = {}
    refusal = refuse(str(row.get("question", "")), language, Reason.BAD_INPUT, reason_text=reason)
    return answer_json(refusal, None if row.get("id") is None else str(row["id"]))
