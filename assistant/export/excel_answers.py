"""The sheet of all answers; each scores by a formula, so that a changed answer shows its effect at once."""

from __future__ import annotations

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from assistant.export.excel_cells import BLUE, fill, fit_height, put, put_formula, put_headings, rule_row, set_print
from assistant.export.excel_lists import Lists, drop_down
from assistant.export.layout import ANSWERS, FIRST_ROW, HEADING_ROW, number_of
from assistant.export.paper import Paper
from assistant.i18n import tr
from assistant.report import Report, ReportAnswer

LONG_NOTE = 2000  # characters from which a smaller print keeps the note within Excel's highest row, 409 points
OPTION = get_column_letter(number_of(ANSWERS, "option"))


def write_answers(sheet: Worksheet, report: Report, paper: Paper, lists: Lists) -> None:
    """One row a question, in the questionnaire's order."""
    put_headings(sheet, ANSWERS, paper.words)
    for row, answer in enumerate(report.answers, start=FIRST_ROW):
        _write_answer(sheet, row, answer, paper, lists)
    last = max(FIRST_ROW, FIRST_ROW + len(report.answers) - 1)
    sheet.auto_filter.ref = f"C{HEADING_ROW}:{get_column_letter(len(ANSWERS))}{last}"
    set_print(sheet, paper)


def _write_answer(sheet: Worksheet, row: int, answer: ReportAnswer, paper: Paper, lists: Lists) -> None:
    values = {
        "question_id": answer.question_id,
        "section_id": answer.section_id,
        "section": answer.section,
        "question": answer.question,
        "option": answer.answer if answer.option else None,
        "importance": tr(f"criticality.{answer.criticality}", paper.language),
        "weight": answer.weight,
        "note": answer.note or None,
        "na_reason": answer.na_reason or None,
    }
    for number, column in enumerate(ANSWERS, start=1):
        small = column.key == "note" and len(answer.note) > LONG_NOTE
        cell = put(sheet, row, number, values.get(column.key), size=8 if small else 10)
        if column.editable:
            cell.fill = fill(BLUE)
    if answer.question_id in lists.scores:
        labels, scores = lists.scores[answer.question_id]
        formula = f'=IFERROR(INDEX({scores},MATCH({OPTION}{row},{labels},0)),"")'
        put_formula(sheet, row, number_of(ANSWERS, "points"), formula, "0.00")
    if answer.question_id in lists.choices:
        drop_down(sheet, f"{OPTION}{row}", lists.choices[answer.question_id], paper.words["bad_choice"])
    rule_row(sheet, row, 1, len(ANSWERS))
    fit_height(sheet, row, [column.width for column in ANSWERS])
