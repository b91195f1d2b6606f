"""The workbook: what it computes, how it is worked with and how it is printed."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from textwrap import wrap
from typing import Any

import pytest
from openpyxl import load_workbook

from assistant.export import export_bytes
from assistant.export.excel import date_format
from assistant.export.layout import ANSWERS, CHECKLIST, FIRST_ROW, HEADING_ROW, number_of
from assistant.i18n import tr
from assistant.report import Report
from tests.exports import LANGUAGES, Files, book_of, make_answers, make_report, questionnaire_of
from tests.forms import make_form, make_question


def recomputed(book: Any) -> dict[str, float | None]:
    """The method sheet's scores, from its formulas' own ranges and nothing of ours."""
    values: dict[str, float | None] = {}
    sheet, points = book["Método y límites"], points_of(book)
    lines = [row for row in sheet.iter_rows() if str(row[3].value or "").startswith("=")]
    for title, _, _, formula, _ in (row for row in lines[:-1]):
        section, weights, scores = re.search(r"--\((.+?)=\"(.+?)\"\),(.+?),--ISNUMBER\((.+?)\)", str(formula.value)).group(2, 3, 4)  # type: ignore[union-attr]
        ids = column(book, re.search(r"--\((.+?)=", str(formula.value)).group(1))  # type: ignore[union-attr]
        rows = [(w, points[s]) for i, w, s in zip(ids, column(book, weights), cells_of(scores), strict=True) if i == section and s in points]
        values[title.value] = 100 * sum(w * s for w, s in rows) / sum(w for w, _ in rows) if rows else None
    weights = {row[0].value: row[1].value for row in lines[:-1]}
    known = {title: score for title, score in values.items() if score is not None}
    values["Puntuación total"] = sum(weights[title] * score for title, score in known.items()) / sum(weights[title] for title in known)
    return values


def points_of(book: Any) -> dict[str, float]:
    """What each answer's formula looks up, by the cell's address."""
    found = {}
    for row in book["Respuestas"].iter_rows(min_row=FIRST_ROW):
        cell = row[number_of(ANSWERS, "points") - 1]
        if match := re.fullmatch(r'=IFERROR\(INDEX\((.+?),MATCH\(([A-Z]+\d+),(.+?),0\)\),""\)', str(cell.value)):
            scores, answer, labels = match.groups()
            lookup = dict(zip(column(book, labels), column(book, scores), strict=True))
            if book["Respuestas"][answer].value in lookup:
                found[cell.coordinate] = lookup[book["Respuestas"][answer].value]
    return found


def column(book: Any, address: str) -> list[Any]:
    title, cells = address.split("!")
    return [row[0].value for row in book[title.strip("'")][cells.replace("$", "")]]


def cells_of(address: str) -> list[str]:
    letter, first, last = re.fullmatch(r"\$([A-Z]+)\$(\d+):\$[A-Z]+\$(\d+)", address.split("!")[1]).groups()  # type: ignore[union-attr]
    return [f"{letter}{number}" for number in range(int(first), int(last) + 1)]


def test_the_formulas_recompute_every_score_that_is_shown(reports: dict[str, Report], files: Files) -> None:
    report, book = reports["es"], book_of(files["es", ".xlsx"])
    found = recomputed(book)
    assert found == {**{s.title: pytest.approx(s.score) for s in report.sections}, "Puntuación total": pytest.approx(report.score.overall)}
    shown = {row[0].value: row[2].value for row in book["Método y límites"].iter_rows() if str(row[3].value or "").startswith("=")}
    assert shown == {title: pytest.approx(score) for title, score in found.items()}


def test_the_workbook_says_what_was_answered_about_the_service(reports: dict[str, Report], files: Files) -> None:
    rows = {(row[0].value, row[1].value) for row in book_of(files["es", ".xlsx"])["Método y límites"].iter_rows()}
    assert len(reports["es"].header.profile) > 5 and set(reports["es"].header.profile) <= rows


def test_an_answer_changed_in_the_sheet_moves_the_score_as_in_the_program(files: Files) -> None:
    form, answers = LANGUAGES["es"], make_answers(LANGUAGES["es"])
    question = next(q for q in form.questions if q.scored and answers.get(q.id) and answers[q.id].option == "unknown")
    book = book_of(files["es", ".xlsx"])
    row = next(row for row in book["Respuestas"].iter_rows() if row[0].value == question.id)
    row[number_of(ANSWERS, "option") - 1].value = question.options[-1].label["es"]
    better = make_report(form, answers | {question.id: replace(answers[question.id], option=question.options[-1].id)})
    assert recomputed(book)["Puntuación total"] == pytest.approx(better.score.overall)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_computes_the_same_scores(tmp_path: Path, reports: dict[str, Report], files: Files) -> None:
    (tmp_path / "informe.xlsx").write_bytes(files["es", ".xlsx"])
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", "out", "informe.xlsx"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=180)
    sheet = load_workbook(tmp_path / "out" / "informe.xlsx", data_only=True)["Método y límites"]
    scores = {row[0].value: row[3].value for row in sheet.iter_rows(min_row=10) if isinstance(row[3].value, int | float)}
    assert scores["Puntuación total"] == pytest.approx(reports["es"].score.overall)
    sections = {section.title: section.score for section in reports["es"].sections if section.score is not None}
    assert {title: scores[title] for title in sections} == pytest.approx(sections)


def test_the_checklist_can_be_worked_with(reports: dict[str, Report], files: Files) -> None:
    report, book = reports["es"], book_of(files["es", ".xlsx"])
    sheet = book["Lista de brechas"]
    last = FIRST_ROW + len(report.gaps) - 1
    assert sheet.auto_filter.ref == f"B{HEADING_ROW}:N{last}" and sheet.freeze_panes == f"A{FIRST_ROW}"
    assert sheet.row_dimensions[1].hidden and sheet.column_dimensions["A"].hidden
    assert sheet.print_title_rows == "$2:$2" and sheet.page_setup.orientation == "landscape"
    assert sheet.sheet_properties.pageSetUpPr.fitToPage and (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    due = [row[number_of(CHECKLIST, "due") - 1] for row in sheet.iter_rows(min_row=FIRST_ROW)]
    assert [cell.value.date() for cell in due] == [gap.due for gap in report.gaps]
    assert all(isinstance(cell.value, datetime) and cell.number_format == "dd/mm/yyyy" for cell in due)
    offered = {str(validation.sqref): validation.type for validation in sheet.data_validations.dataValidation}
    assert offered == {f"F{FIRST_ROW}:F{last}": "list", f"H{FIRST_ROW}:H{last}": "list", f"G{FIRST_ROW}:G{last}": "date"}
    assert len(sheet.conditional_formatting) >= 4


def test_every_list_repeats_its_headings_on_each_printed_page_and_can_be_filtered(files: Files) -> None:
    book = book_of(files["es", ".xlsx"])
    for name, row in (("Lista de brechas", 2), ("Respuestas", 2), ("Fuentes", 1), ("Normas y leyes", 1)):
        sheet = book[name]
        assert sheet.print_title_rows == f"${row}:${row}" and sheet.freeze_panes == f"A{row + 1}" and sheet.auto_filter.ref
        assert sheet.page_setup.paperSize == 9 and sheet.page_setup.fitToWidth == 1 and "&P" in sheet.oddFooter.right.text


def test_what_stands_above_and_below_a_printed_page_does_not_touch_the_table(files: Files) -> None:
    line = 0.2  # inches, of ten-point text with its leading
    for sheet in book_of(files["es", ".xlsx"]).worksheets[:6]:
        margins = sheet.page_margins
        assert margins.header + line < margins.top and margins.footer + line < margins.bottom


@pytest.mark.parametrize("language", LANGUAGES)
def test_headings_have_room_for_all_their_lines_in_a_wide_font(language: str, files: Files) -> None:
    sheet = book_of(files[language, ".xlsx"]).worksheets[1]
    lines = [
        len(wrap(str(cell.value), int(sheet.column_dimensions[cell.column_letter].width)))  # a letter to a unit, as in bold DejaVu Sans
        for cell in sheet[HEADING_ROW]
        if not sheet.column_dimensions[cell.column_letter].hidden
    ]
    assert max(lines) * 12.5 <= sheet.row_dimensions[HEADING_ROW].height


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["readiness", "continuity", "data-protection"])
def test_the_summary_with_its_chart_and_the_method_with_its_check_are_printed_on_a_page_each(name: str, language: str) -> None:
    form = questionnaire_of(name)
    book = book_of(export_bytes(make_report(form, make_answers(form, 2), language), ".xlsx", language))
    assert len(book.worksheets[0]._charts) == 1
    for sheet in (book[tr(f"export.{key}", language)] for key in ("summary", "method")):
        assert sheet.page_setup.fitToHeight == 1 and not sheet.row_breaks.brk


def test_a_summary_too_long_for_a_page_has_its_chart_whole_on_the_next() -> None:
    names = [f"s{number:02}" for number in range(30)]
    form = make_form([make_question(f"q{name}", name) for name in names], dict.fromkeys(names, 1))
    summary = book_of(export_bytes(make_report(form, {}), ".xlsx", "es"))["Resumen"]
    assert not summary.page_setup.fitToHeight
    assert [page.id for page in summary.row_breaks.brk] == [summary._charts[0].anchor._from.row]


def test_each_answer_offers_its_own_options(reports: dict[str, Report], files: Files) -> None:
    book = book_of(files["es", ".xlsx"])
    sheet = book["Respuestas"]
    offered = {str(v.sqref): v.formula1 for v in sheet.data_validations.dataValidation}
    for row, answer in enumerate(reports["es"].answers, start=FIRST_ROW):
        place = f"E{row}"
        if answer.choices:
            assert set(column(book, offered[place])) == {choice.label for choice in answer.choices}
            assert sheet[place].value in (None, *(choice.label for choice in answer.choices))
        else:
            assert place not in offered


def test_the_sheets_are_named_in_the_language_and_what_a_reimport_needs_is_hidden(files: Files) -> None:
    names = {language: [(sheet.title, sheet.sheet_state) for sheet in book_of(files[language, ".xlsx"])] for language in LANGUAGES}
    spanish = [name for name, state in names["es"] if state == "visible"]
    assert spanish == ["Resumen", "Lista de brechas", "Respuestas", "Fuentes", "Normas y leyes", "Método y límites"]
    visible = [name for name, state in names["en"] if state == "visible"]
    assert visible == ["Summary", "Gap checklist", "Answers", "Sources", "Standards and laws", "Method and limits"]
    assert [name for name, state in names["es"] if state == "hidden"] == ["resguardo_lists", "resguardo_meta", "resguardo_rows"]
    assert len(book_of(files["es", ".xlsx"])["Resumen"]._charts) == 1


@pytest.mark.parametrize(("locale", "pattern"), [("es-ES", "dd/mm/yyyy"), ("es-CL", "dd-mm-yyyy"), ("en-US", "mm/dd/yyyy"), ("en-GB", "dd/mm/yyyy")])
def test_dates_are_shown_as_in_the_country(locale: str, pattern: str) -> None:
    assert date_format(locale) == pattern
