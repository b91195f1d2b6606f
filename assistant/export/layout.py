"""Where things stand in the exported workbook: what the Excel export writes and the re-import reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

FORMAT = 1  # of this layout; a file with a higher one comes from a newer program
META, ROWS, LISTS = "resguardo_meta", "resguardo_rows", "resguardo_lists"  # hidden sheets
BASELINE = ("question_id", "version", "answer", "note", "owner", "due", "status", "na_reason")  # columns of ROWS: as exported
KEY_ROW, HEADING_ROW, FIRST_ROW = 1, 2, 3  # in both sheets: hidden keys, headings, first question
NOTE_LIMIT = 20000  # characters; a cell holds 32,767


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its hidden key, its width in characters, whether a person may edit it, whether it is hidden."""

    key: str
    width: float = 10
    editable: bool = False
    hidden: bool = False


CHECKLIST = (
    Column("question_id", hidden=True),
    Column("rank", 5),
    Column("importance", 12),
    Column("section", 14),
    Column("action", 42),
    Column("owner", 14, editable=True),
    Column("due", 11.5, editable=True),
    Column("status", 11, editable=True),
    Column("effort", 9),
    Column("priority", 9),
    Column("answer", 27),
    Column("comment", 16, editable=True),
    Column("guidance", 28),
    Column("clauses", 22),
)
ANSWERS = (
    Column("question_id", hidden=True),
    Column("section_id", hidden=True),
    Column("section", 18),
    Column("question", 40),
    Column("option", 34, editable=True),
    Column("importance", 12),
    Column("weight", 7),
    Column("points", 8),
    Column("note", 70, editable=True),
    Column("na_reason", 24, editable=True),
)


def number_of(columns: Sequence[Column], key: str) -> int:
    """The column's number, from 1."""
    return [column.key for column in columns].index(key) + 1
