"""The sheets to read: summary with its chart, and the method with formulas that recompute the scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from openpyxl.chart import BarChart, Reference
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet

from assistant.export.excel_cells import (
    AMBER,
    GREY,
    SAND,
    TEAL,
    colour_where,
    fill,
    fit_height,
    heading,
    put,
    put_date,
    put_formula,
    rule_row,
    set_print,
)
from assistant.export.layout import ANSWERS, FIRST_ROW, number_of
from assistant.export.paper import Paper
from assistant.report import Report

SECTION_COLUMNS = ("section", "weight", "score", "low", "high", "coverage")
TOP_COLUMNS = ("action", "effort", "owner", "due", "status")
CHECK_COLUMNS = ("section", "weight", "shown", "recomputed", "difference")
SUMMARY_PAGE, METHOD_PAGE, ROW = 930, 740, 15.0  # points of rows that fit on a printed page at these widths; of a row without a height
TIGHTEST = 1.25  # pages that are still printed on one: text of 10 points comes out at more than 6
POINTS = 28.35  # to the centimetre
SUMMARY_WIDTHS = {"A": 58, "B": 9, "C": 22, "D": 13, "E": 16, "F": 12}
METHOD_WIDTHS = {"A": 40, "B": 12, "C": 16, "D": 16, "E": 14}


def write_summary(sheet: Worksheet, report: Report, paper: Paper, days: str) -> None:
    """What the file is, the result, the sections, what to do first, the chart."""
    _widen(sheet, SUMMARY_WIDTHS)
    put(sheet, 1, 1, f"{paper.words['report']}: {paper.title}", size=16, bold=True, colour=TEAL)
    put(sheet, 2, 1, paper.level, size=14, bold=True, colour=TEAL)
    row = 3
    for line in (*paper.lines, *([paper.words["reason"]] if paper.reasons else []), *(f"•  {reason}" for reason in paper.reasons)):
        put(sheet, row, 1, line)
        row += 1
    for start in range(1, row):
        sheet.merge_cells(start_row=start, end_row=start, start_column=1, end_column=len(SUMMARY_WIDTHS))
        fit_height(sheet, start, [sum(SUMMARY_WIDTHS.values())])
    row = _write_pairs(sheet, paper.facts, SUMMARY_WIDTHS, row + 1)
    first, last = row + 1, _write_sections(sheet, report, paper, row + 1)
    row = _write_top(sheet, report, paper, days, last + 2)
    put(sheet, row, 1, paper.words["edit_note"], size=9, colour=GREY)
    sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=len(SUMMARY_WIDTHS))
    height = 0.0
    if last > first:
        chart = _chart(sheet, paper, first, last)
        height = chart.height * POINTS
        sheet.add_chart(chart, f"A{row + 2}")
    _print_whole(sheet, paper, SUMMARY_PAGE, row + 2, height)


def write_method(sheet: Worksheet, report: Report, paper: Paper, answers: str) -> None:
    """The formulas in words, the profile that they weigh by, then formulas that recompute the scores from the answers sheet."""
    _widen(sheet, METHOD_WIDTHS)
    row = 1
    for title, text in paper.method:
        put(sheet, row, 1, title, bold=True, colour=TEAL)
        put(sheet, row, 2, text)
        sheet.merge_cells(start_row=row, end_row=row, start_column=2, end_column=len(METHOD_WIDTHS))
        fit_height(sheet, row, [METHOD_WIDTHS["A"], sum(METHOD_WIDTHS.values()) - METHOD_WIDTHS["A"]])
        row += 1
    if paper.profile:
        put(sheet, row + 1, 1, paper.words["profile"], bold=True, colour=TEAL)
        row = _write_pairs(sheet, paper.profile, METHOD_WIDTHS, row + 2)
    put(sheet, row + 1, 1, paper.words["check"].format(sheet=answers), bold=True)
    sheet.merge_cells(start_row=row + 1, end_row=row + 1, start_column=1, end_column=len(METHOD_WIDTHS))
    fit_height(sheet, row + 1, [sum(METHOD_WIDTHS.values())])
    last = _write_check(sheet, report, paper, answers, row + 2)
    _print_whole(sheet, paper, METHOD_PAGE, row + 1, _height_of(sheet, row + 1, last + 1))


def _write_pairs(sheet: Worksheet, pairs: Sequence[tuple[str, str]], widths: Mapping[str, float], row: int) -> int:
    """Labels and values, a row each, the value as wide as the rest of the sheet; the row after them."""
    for label, value in pairs:
        put(sheet, row, 1, label, colour=GREY)
        put(sheet, row, 2, value)
        sheet.merge_cells(start_row=row, end_row=row, start_column=2, end_column=len(widths))
        rule_row(sheet, row, 1, len(widths))
        fit_height(sheet, row, [widths["A"], sum(widths.values()) - widths["A"]])
        row += 1
    return row


def _write_sections(sheet: Worksheet, report: Report, paper: Paper, row: int) -> int:
    """The figures of the sections; the last one's row."""
    for number, name in enumerate(SECTION_COLUMNS, start=1):
        heading(sheet, row, number, paper.words[name], numeric=number > 1)
    asked = {answer.section_id for answer in report.answers}
    for section in (section for section in report.sections if section.id in asked):
        row += 1
        figures = (section.score, section.low, section.high)
        for number, value in enumerate((section.title, section.weight, *figures, section.coverage), start=1):
            missing = paper.words["not_assessed"] if value is None and number == 3 else None
            put(sheet, row, number, value if missing is None else missing).number_format = "0%" if number == 6 else "0.0" if number > 2 else "General"
        rule_row(sheet, row, 1, len(SECTION_COLUMNS))
    return row


def _print_whole(sheet: Worksheet, paper: Paper, page: float, row: int, height: float) -> None:
    """On one page where the print stays legible, else with a new page before the row whose part is not to be cut."""
    used = _height_of(sheet, 1, row)
    whole = used + height <= TIGHTEST * page
    if not whole and used % page + height > page:
        sheet.row_breaks.append(Break(id=row - 1))
    set_print(sheet, paper, landscape=False, pages=int(whole))


def _height_of(sheet: Worksheet, first: int, end: int) -> float:
    """Points that the rows take up to a row."""
    return sum(sheet.row_dimensions[number].height or ROW for number in range(first, end))


def _chart(sheet: Worksheet, paper: Paper, first: int, last: int) -> BarChart:
    chart = BarChart()
    chart.type, chart.style, chart.legend, chart.gapWidth = "bar", 10, None, 40
    chart.title = paper.words["chart"]
    chart.add_data(Reference(sheet, min_col=3, min_row=first, max_row=last), titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=1, min_row=first + 1, max_row=last))
    chart.series[0].graphicalProperties.solidFill = TEAL
    chart.y_axis.scaling.min, chart.y_axis.scaling.max, chart.y_axis.majorUnit = 0, 100, 20
    chart.x_axis.scaling.orientation = "maxMin"
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.y_axis.number_format = "0"
    chart.height, chart.width = 1.4 + 0.6 * (last - first), 24
    return chart


def _write_top(sheet: Worksheet, report: Report, paper: Paper, days: str, row: int) -> int:
    put(sheet, row, 1, paper.words["first"] if report.first else paper.first_note, size=12, bold=True, colour=TEAL)
    if not report.first:
        return row + 1
    row += 1
    for number, name in enumerate(TOP_COLUMNS, start=1):
        heading(sheet, row, number, paper.words[name])
    for gap in report.first:
        row += 1
        for number, value in enumerate((f"{gap.rank}. {gap.title}", gap.effort_label, gap.owner, None, gap.status_label), start=1):
            put(sheet, row, number, value)
        put_date(sheet, row, 4, gap.due, days)
        rule_row(sheet, row, 1, len(TOP_COLUMNS))
        fit_height(sheet, row, list(SUMMARY_WIDTHS.values()))
    return row + 1


def _write_check(sheet: Worksheet, report: Report, paper: Paper, answers: str, row: int) -> int:
    """A row a section and one for the whole: shown, recomputed, difference; the last one's row."""
    for number, name in enumerate(CHECK_COLUMNS, start=1):
        heading(sheet, row, number, paper.words[name], numeric=number > 1)
    first, asked = row + 1, {answer.section_id for answer in report.answers}
    ranges = {key: _answer_range(answers, key, len(report.answers)) for key in ("section_id", "weight", "points")}
    for section in (section for section in report.sections if section.id in asked):
        row += 1
        _write_shown(sheet, row, section.title, section.weight, section.score)
        mine = f'--({ranges["section_id"]}="{section.id}")'
        known = f"SUMPRODUCT({mine},{ranges['weight']},--ISNUMBER({ranges['points']}))"
        total = f"SUMPRODUCT({mine},{ranges['weight']},{ranges['points']})"
        put_formula(sheet, row, 4, f'=IF({known}=0,"",100*{total}/{known})', "0.0")
    weights, scores = f"B{first}:B{row}", f"D{first}:D{row}"
    known = f"SUMPRODUCT({weights},--ISNUMBER({scores}))"
    row += 1
    _write_shown(sheet, row, paper.words["overall"], None, report.score.overall)
    put_formula(sheet, row, 4, f'=IF({known}=0,"",SUMPRODUCT({weights},{scores})/{known})', "0.0")
    for number in range(1, len(CHECK_COLUMNS) + 1):
        sheet.cell(row, number).fill = fill(SAND)
    colour_where(sheet, f"E{first}:E{row}", f"AND(ISNUMBER($E{first}),ABS($E{first})>0.05)", AMBER)
    return row


def _write_shown(sheet: Worksheet, row: int, title: str, weight: int | None, score: float | None) -> None:
    put(sheet, row, 1, title)
    put(sheet, row, 2, weight)
    put(sheet, row, 3, score).number_format = "0.0"
    put_formula(sheet, row, 5, f'=IF(AND(ISNUMBER(C{row}),ISNUMBER(D{row})),D{row}-C{row},"")', "0.0")
    rule_row(sheet, row, 1, len(CHECK_COLUMNS))


def _answer_range(title: str, key: str, count: int) -> str:
    letter = get_column_letter(number_of(ANSWERS, key))
    return f"'{title}'!${letter}${FIRST_ROW}:${letter}${FIRST_ROW + max(count, 1) - 1}"


def _widen(sheet: Worksheet, widths: Mapping[str, float]) -> None:
    for letter, width in widths.items():
        sheet.column_dimensions[letter].width = width
