"""An edited workbook as it comes back: opened with care, its sheets found by their hidden keys, its rows by their ids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from assistant.export.layout import ANSWERS, BASELINE, CHECKLIST, KEY_ROW, META, ROWS, Column

MAX_FILE, MAX_UNPACKED, MAX_ROWS = 30_000_000, 300_000_000, 5_000  # bytes, bytes, rows of a sheet
SHEETS: Mapping[str, tuple[Column, ...]] = {"answers": ANSWERS, "checklist": CHECKLIST}


class Rejected(Exception):
    """A cell, or a whole file, that cannot be taken over; `key` names the reason in `strings/<lang>.yaml`."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key, values)
        self.key = key
        self.values = values


@dataclass(frozen=True, slots=True)
class EditedRow:
    """One question's row; `cells` by column key, `line` its number in the sheet."""

    kind: str  # checklist or answers
    sheet: str
    line: int
    question_id: str
    cells: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EditedBook:
    """What the file says of itself, what its cells held when it was exported, its rows, and what is missing (sheet, reason)."""

    meta: Mapping[str, str]
    exported: Mapping[str, Mapping[str, str]]
    rows: tuple[EditedRow, ...]
    missing: tuple[tuple[str, Rejected], ...]


def open_book(path: Path) -> EditedBook:
    """Read a workbook. Raises Rejected `damaged`, `too_big`, `foreign`."""
    _check_size(path)
    from openpyxl import load_workbook

    try:
        with path.open("rb") as file:
            book = load_workbook(file, read_only=True, keep_links=False)
            sheets = {sheet.title: list(_lines(sheet)) for sheet in book.worksheets}
    except Rejected:
        raise
    except Exception as error:  # whatever a damaged file makes the reader stumble on
        raise Rejected("damaged") from error
    if META not in sheets or ROWS not in sheets:
        raise Rejected("foreign")
    meta = {_text(line[0]): _text(line[1]) for line in sheets[META] if len(line) > 1}
    found = {kind: _find(kind, sheets, meta) for kind in SHEETS}
    rows = [row for title, kind in ((title, kind) for kind, title in found.items() if title) for row in _rows(kind, title, sheets[title])]
    return EditedBook(meta, dict(_exported(sheets[ROWS])), tuple(rows), tuple(_missing(found, sheets, meta)))


def _check_size(path: Path) -> None:
    try:
        if path.stat().st_size > MAX_FILE:
            raise Rejected("too_big")
        with ZipFile(path) as archive:
            if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED:
                raise Rejected("too_big")
    except (BadZipFile, OSError, ValueError) as error:
        raise Rejected("damaged") from error


def _lines(sheet: Any) -> Iterator[tuple[Any, ...]]:
    """The rows of a sheet; what it says of its own size is not believed."""
    sheet.reset_dimensions()
    for number, line in enumerate(sheet.iter_rows(), start=1):
        if number > MAX_ROWS:
            raise Rejected("too_big")
        yield line


def _exported(lines: list[tuple[Any, ...]]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Question id -> what its cells held, by column key."""
    for line in lines[1:]:
        values = [_text(cell) for cell in line] + [""] * len(BASELINE)
        yield values[0], dict(zip(BASELINE, values, strict=False))


def _find(kind: str, sheets: Mapping[str, list[tuple[Any, ...]]], meta: Mapping[str, str]) -> str:
    """The sheet's title, whatever it was renamed to; empty where none has its hidden keys."""
    wanted = {"question_id", *(column.key for column in SHEETS[kind] if column.editable)}
    counts = {title: len(wanted & set(_keys(lines))) for title, lines in sheets.items() if title not in (META, ROWS)}
    best = max(counts, key=lambda title: (counts[title], title == meta.get(kind)), default="")
    return best if best and "question_id" in _keys(sheets[best]) and counts[best] > len(wanted) // 2 else ""


def _missing(found: Mapping[str, str], sheets: Mapping[str, list[tuple[Any, ...]]], meta: Mapping[str, str]) -> Iterator[tuple[str, Rejected]]:
    for kind, title in found.items():
        if not title:
            yield meta.get(kind, kind), Rejected("no_sheet", sheet=meta.get(kind, kind))
            continue
        for column in SHEETS[kind]:
            if column.editable and column.key not in _keys(sheets[title]):
                yield title, Rejected("no_column", column=column.key)


def _rows(kind: str, title: str, lines: list[tuple[Any, ...]]) -> Iterator[EditedRow]:
    """The rows below the headings that hold anything that could be an edit."""
    keys = _keys(lines)
    wanted = [column.key for column in SHEETS[kind] if column.editable]
    for number, line in enumerate(lines[KEY_ROW + 1 :], start=KEY_ROW + 2):
        cells = dict(zip(keys, line, strict=False))
        question_id = _text(cells.get("question_id"))
        if question_id or any(_text(cells.get(key)) for key in wanted):
            yield EditedRow(kind, title, number, question_id, {key: cells[key] for key in wanted if key in cells})


def _keys(lines: list[tuple[Any, ...]]) -> list[str]:
    return [_text(cell) for cell in lines[KEY_ROW - 1]] if lines else []


def _text(cell: Any) -> str:
    value = getattr(cell, "value", None)
    return "" if value is None else str(value)
