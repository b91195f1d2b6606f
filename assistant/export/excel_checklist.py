"""The sheet that people work with: the gaps with owner, date and status to edit."""

from __future__ import annotations

from openpyxl.formatting.rule import ColorScale, FormatObject, Rule
from openpyxl.styles import Color
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from assistant.export.excel_cells import (
    AMBER,
    BLUE,
    GREEN,
    RED,
    SAND,
    colour_where,
    fill,
    fit_height,
    put,
    put_date,
    put_headings,
    quoted,
    rule_row,
    set_print,
    titled,
)
from assistant.export.excel_lists import Lists, drop_down
from assistant.export.layout import CHECKLIST, FIRST_ROW, HEADING_ROW, number_of
from assistant.export.paper import Paper, PaperGap
from assistant.export.phrases import clause_lines
from assistant.report import Report, ReportGap

EARLIEST = "DATE(2000,1,1)"


def write_checklist(sheet: Worksheet, report: Report, paper: Paper, lists: Lists, days: str) -> None:
    """One row a gap, most urgent first."""
    put_headings(sheet, CHECKLIST, paper.words)
    for row, (gap, printed) in enumerate(zip(report.gaps, paper.gaps, strict=True), start=FIRST_ROW):
        _write_gap(sheet, row, gap, printed, paper, days)
    if not report.gaps:
        put(sheet, FIRST_ROW, number_of(CHECKLIST, "action"), paper.words["no_gaps"])
    last = max(FIRST_ROW, FIRST_ROW + len(report.gaps) - 1)
    sheet.auto_filter.ref = f"B{HEADING_ROW}:{get_column_letter(len(CHECKLIST))}{last}"
    _offer(sheet, paper, lists, last)
    _colour(sheet, lists, paper, last)
    set_print(sheet, paper)


def _write_gap(sheet: Worksheet, row: int, gap: ReportGap, printed: PaperGap, paper: Paper, days: str) -> None:
    words, answer = paper.words, printed.answer
    steps = "\n".join(f"{number}. {step}" for number, step in enumerate(gap.steps, start=1))
    values = {
        "question_id": gap.answer.question_id,
        "rank": gap.rank,
        "importance": answer.importance,
        "section": printed.section,
        "action": titled(gap.title, f"{steps}\n{words['done_when']}: {gap.done_when}"),
        "owner": gap.owner,
        "status": printed.status,
        "effort": printed.effort,
        "priority": round(gap.priority, 2),
        "answer": f"{answer.question}\n{words['answer']}: {answer.answer}",
        "comment": None,
        "guidance": "\n".join(answer.guidance),
        "clauses": "\n".join(clause_lines(gap.answer.standards)),
    }
    for key, value in values.items():
        put(sheet, row, number_of(CHECKLIST, key), value, size=9 if key in ("guidance", "clauses", "answer") else 10)
    put_date(sheet, row, number_of(CHECKLIST, "due"), gap.due, days)
    sheet.cell(row, number_of(CHECKLIST, "priority")).number_format = "0.0"
    for number, column in enumerate(CHECKLIST, start=1):
        if column.editable:
            sheet.cell(row, number).fill = fill(BLUE)
    rule_row(sheet, row, 1, len(CHECKLIST))
    fit_height(sheet, row, [column.width for column in CHECKLIST])


def _offer(sheet: Worksheet, paper: Paper, lists: Lists, last: int) -> None:
    """Drop-downs for owner and status, dates only for the due date."""
    drop_down(sheet, _cells("owner", last), lists.owners, paper.words["bad_choice"], free=True)
    drop_down(sheet, _cells("status", last), lists.statuses, paper.words["bad_choice"])
    dates = DataValidation(type="date", operator="greaterThan", formula1=EARLIEST, allow_blank=True, showErrorMessage=True)
    dates.error, dates.errorTitle = paper.words["bad_date"], sheet.title
    dates.add(_cells("due", last))
    sheet.add_data_validation(dates)


def _colour(sheet: Worksheet, lists: Lists, paper: Paper, last: int) -> None:
    """Colours that follow the status, the date, the importance and the priority."""
    status, due = _first("status"), _first("due")
    labels = {name: quoted(label) for name, label in lists.status_labels.items()}
    for name, colour in (("done", GREEN), ("in_progress", AMBER), ("accepted", SAND)):
        colour_where(sheet, _cells("status", last), f"{status}={labels[name]}", colour)
    closed = f"OR({status}={labels['done']},{status}={labels['accepted']})"
    colour_where(sheet, _cells("due", last), f"AND(ISNUMBER({due}),{due}<TODAY(),NOT({closed}))", RED)
    musts = {gap.answer.importance for gap in paper.gaps if gap.failed_must}
    for label in musts:
        colour_where(sheet, _cells("importance", last), f"{_first('importance')}={quoted(label)}", AMBER)
    scale = ColorScale(cfvo=[FormatObject("num", 0), FormatObject("max")], color=[Color("FFFFFF"), Color("9CC8C5")])
    sheet.conditional_formatting.add(_cells("priority", last), Rule(type="colorScale", colorScale=scale))


def _cells(key: str, last: int) -> str:
    letter = get_column_letter(number_of(CHECKLIST, key))
    return f"{letter}{FIRST_ROW}:{letter}{last}"


def _first(key: str) -> str:
    return f"${get_column_letter(number_of(CHECKLIST, key))}{FIRST_ROW}"
