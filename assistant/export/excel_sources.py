"""The sheets of what the answers rest on: sections of the guide, and clauses of standards and laws."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from assistant.export.excel_cells import fit_height, heading, put, rule_row, set_print
from assistant.export.paper import Paper

SOURCE_COLUMNS = {"document": 44, "sections": 60, "origin": 56}
CLAUSE_COLUMNS = {"standards": 58, "clause": 16, "gist": 72, "as_of": 14}


def write_sources(sheet: Worksheet, paper: Paper) -> None:
    """The documents of the guide that the answers cite."""
    _write_table(sheet, paper, SOURCE_COLUMNS, paper.guidance)


def write_standards(sheet: Worksheet, paper: Paper) -> None:
    """The clauses that the answers cite."""
    _write_table(sheet, paper, CLAUSE_COLUMNS, ((standard, *clause) for standard, group in paper.standards for clause in group))


def _write_table(sheet: Worksheet, paper: Paper, columns: dict[str, int], rows: Iterable[Sequence[str]]) -> None:
    """A sheet that is one table: its headings stay in sight, are printed on every page and can be filtered."""
    widths, last = list(columns.values()), 1
    for number, (name, width) in enumerate(columns.items(), start=1):
        heading(sheet, 1, number, paper.words[name])
        sheet.column_dimensions[get_column_letter(number)].width = width
    for last, values in enumerate(rows, start=2):
        for number, text in enumerate(values, start=1):
            put(sheet, last, number, text)
        rule_row(sheet, last, 1, len(columns))
        fit_height(sheet, last, widths)
    sheet.freeze_panes = "A2"
    sheet.print_title_rows = "1:1"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{last}"
    set_print(sheet, paper)
