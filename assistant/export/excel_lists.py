"""The hidden sheet with what the drop-downs offer and what each answer scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from openpyxl import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from assistant.export.layout import LISTS
from assistant.i18n import strings, tr
from assistant.report import Report

STATUSES = ("open", "in_progress", "done", "accepted")
STATUS_COLUMN, OWNER_COLUMN, LABEL_COLUMN, SCORE_COLUMN = 1, 2, 4, 5


@dataclass(frozen=True, slots=True)
class Lists:
    """Ranges of the hidden sheet; `scores` holds, by question, the labels and the scores of the answers that score."""

    statuses: str
    owners: str
    choices: Mapping[str, str]
    scores: Mapping[str, tuple[str, str]]
    status_labels: Mapping[str, str]


def write_lists(book: Workbook, report: Report, language: str) -> Lists:
    """Write all lists, one below the other, and say where they are."""
    sheet = book.create_sheet(LISTS)
    sheet.sheet_state = "hidden"
    labels = {status: tr(f"statuses.{status}", language) for status in STATUSES}
    owners = dict.fromkeys(str(name) for key, name in strings(language).items() if key.startswith("roles."))
    owners |= dict.fromkeys(gap.owner for gap in report.gaps)
    choices, scores, row = {}, {}, 1
    for answer in report.answers:
        if not answer.choices:
            continue
        ordered = sorted(answer.choices, key=lambda choice: choice.score is None)  # those that score first, in their order
        scored = sum(choice.score is not None for choice in ordered)
        choices[answer.question_id] = _column(sheet, LABEL_COLUMN, [choice.label for choice in ordered], row)
        _column(sheet, SCORE_COLUMN, [choice.score for choice in ordered], row)
        if scored:
            scores[answer.question_id] = (_range("D", row, scored), _range("E", row, scored))
        row += len(ordered)
    return Lists(_column(sheet, STATUS_COLUMN, list(labels.values())), _column(sheet, OWNER_COLUMN, list(owners)), choices, scores, labels)


def drop_down(sheet: Worksheet, cells: str, source: str, error: str, free: bool = False) -> None:
    """Offer a list in cells; `free` lets other values in as well."""
    validation = DataValidation(type="list", formula1=source, allow_blank=True, showErrorMessage=not free)
    validation.error, validation.errorTitle = error, sheet.title
    validation.add(cells)
    sheet.add_data_validation(validation)


def _column(sheet: Worksheet, column: int, values: Sequence[str | float | None], first: int = 1) -> str:
    for row, value in enumerate(values, start=first):
        cell = sheet.cell(row, column, value)
        if isinstance(value, str):
            cell.data_type = "s"
    return _range("ABCDE"[column - 1], first, len(values))


def _range(letter: str, first: int, count: int) -> str:
    return f"{LISTS}!${letter}${first}:${letter}${first + count - 1}"
