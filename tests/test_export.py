"""Exports: every format says what it is, keeps every citation, runs nothing that a person typed, and can be recomputed."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from io import BytesIO, StringIO
from pathlib import Path
from textwrap import wrap
from typing import Any

import pytest
from openpyxl import load_workbook

from assistant.errors import AssistantError
from assistant.export import FORMATS, NO_ORIGIN, export_bytes, write_export
from assistant.export.excel import date_format
from assistant.export.layout import ANSWERS, CHECKLIST, FIRST_ROW, HEADING_ROW, number_of
from assistant.export.paper import guidance_list
from assistant.export.phrases import origin_line
from assistant.i18n import format_date, tr
from assistant.models import Passage, Source, StoredAnswer
from assistant.questionnaire import Questionnaire
from assistant.report import Report
from assistant.report_json import report_json
from tests.conftest import Run
from tests.exports import NOTES, TYPED, make_answers, make_large, make_report, questionnaire_of, squeezed, text_of
from tests.forms import make_form, make_question

WRITTEN = tuple(suffix for suffix in FORMATS if suffix != ".json")
PRINTED = (".docx", ".pdf", ".md")
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    """One report a language, of the questionnaires that cite most."""
    return {language: make_report(form, make_answers(form), language) for language, form in LANGUAGES.items()}


@pytest.fixture(scope="module")
def files(reports: dict[str, Report]) -> dict[tuple[str, str], bytes]:
    return {(language, suffix): export_bytes(report, suffix, language) for language, report in reports.items() for suffix in WRITTEN}


LANGUAGES = {"es": questionnaire_of("continuity"), "en": questionnaire_of("data-protection")}
EVERY_FILE = [(language, suffix) for language in LANGUAGES for suffix in WRITTEN]


@pytest.mark.parametrize(("language", "suffix"), EVERY_FILE)
def test_every_gap_keeps_its_action_its_citations_and_its_clauses(
    language: str, suffix: str, reports: dict[str, Report], files: dict[tuple[str, str], bytes]
) -> None:
    report, text = reports[language], squeezed(text_of(suffix, files[language, suffix]))
    wanted = {gap.title for gap in report.gaps} | {step for gap in report.gaps for step in gap.steps} | {gap.done_when for gap in report.gaps}
    wanted |= {f"{passage.document} › {passage.section}" for gap in report.gaps for passage in gap.answer.guidance}
    wanted |= {passage.source.title for gap in report.gaps for passage in gap.answer.guidance}
    wanted |= {words for gap in report.gaps for clause in gap.answer.standards for words in (clause.title, clause.clause, clause.note.rstrip("."))}
    assert len(wanted) > 100
    assert [words for words in sorted(wanted) if squeezed(words) not in text] == []


def test_a_gaps_citation_stands_in_the_gaps_own_row_or_entry(reports: dict[str, Report], files: dict[tuple[str, str], bytes]) -> None:
    gaps = reports["es"].gaps
    rows = list(csv.DictReader(StringIO(files["es", ".csv"].decode("utf-8-sig")), delimiter=";"))
    sheet = load_workbook(BytesIO(files["es", ".xlsx"])).worksheets[1]
    cells = [["" if cell.value is None else str(cell.value) for cell in line] for line in sheet.iter_rows(min_row=FIRST_ROW)]
    entries = re.findall(r"(?ms)^- \[[ x]\] .*?(?=^- \[|^## )", files["es", ".md"].decode())
    assert len(rows) == len(cells) == len(entries) == len(gaps)
    for gap, row, line, entry in zip(gaps, rows, cells, entries, strict=True):
        for place in (f"{passage.document} › {passage.section}" for passage in gap.answer.guidance):
            assert place in row["Fuente en la guía"]
            assert place in line[number_of(CHECKLIST, "guidance") - 1]
            assert place in entry
        for clause in gap.answer.standards:
            assert clause.clause in row["Normas"] and clause.clause in line[number_of(CHECKLIST, "clauses") - 1] and clause.clause in entry


@pytest.mark.parametrize(("language", "suffix"), EVERY_FILE)
def test_every_file_says_what_it_was_made_from(language: str, suffix: str, reports: dict[str, Report], files: dict[tuple[str, str], bytes]) -> None:
    header, text = reports[language].header, squeezed(text_of(suffix, files[language, suffix]))
    facts = [header.title, header.supplier, header.questionnaire, header.scope, header.guide_edition, tr("language_name", language)]
    facts += [f"{header.product} {header.product_version}", format_date(header.date, header.locale, "long")]
    facts += [tr("export.questionnaire_version", language), tr("export.coverage", language), f"{round(100 * (header.coverage or 0))}"]
    assert [fact for fact in facts if squeezed(fact) not in text] == []


@pytest.mark.parametrize("suffix", WRITTEN)
def test_spanish_letters_quotes_and_apostrophes_come_out_as_they_went_in(suffix: str, files: dict[tuple[str, str], bytes]) -> None:
    text = squeezed(text_of(suffix, files["es", suffix]))
    assert squeezed("Íñigo O'Brien") in text and squeezed("María Núñez") in text
    for line in NOTES[-1].splitlines():
        assert squeezed(line) in text


def test_json_is_the_contract_itself(reports: dict[str, Report]) -> None:
    assert json.loads(export_bytes(reports["es"], ".json", "es")) == json.loads(json.dumps(report_json(reports["es"])))


@pytest.mark.parametrize("suffix", [".PDF", ".Xlsx", ".MD"])
def test_an_extension_counts_in_any_case(suffix: str, reports: dict[str, Report], tmp_path: Path) -> None:
    write_export(reports["es"], tmp_path / f"informe{suffix}", "es")
    assert (tmp_path / f"informe{suffix}").stat().st_size > 1000


def test_an_extension_that_nothing_writes_is_refused(reports: dict[str, Report], tmp_path: Path) -> None:
    with pytest.raises(AssistantError, match="export_format"):
        write_export(reports["es"], tmp_path / "informe.odt", "es")
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_replaced_whole_or_not_at_all(reports: dict[str, Report], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "informe.csv"
    path.write_text("before")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr("os.fsync", full)
        write_export(reports["es"], path, "es")
    assert path.read_text() == "before" and list(tmp_path.iterdir()) == [path]
    write_export(reports["es"], path, "es")
    assert path.read_text("utf-8-sig").startswith("N.º") and list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_an_error_of_the_system(reports: dict[str, Report], tmp_path: Path) -> None:
    with pytest.raises(OSError):
        write_export(reports["es"], tmp_path / "none" / "informe.csv", "es")


@pytest.mark.parametrize("suffix", FORMATS)
def test_an_assessment_without_answers_or_gaps_can_be_exported(suffix: str) -> None:
    report = make_report(LANGUAGES["es"], {}, title="")
    text = text_of(suffix, export_bytes(report, suffix, "es"))
    assert report.score.overall is None and report.gaps == ()
    if suffix in PRINTED:
        assert squeezed(tr("export.no_gaps", "es")) in squeezed(text) and squeezed("Sin evaluar") in squeezed(text)


def test_the_heavy_libraries_wait_until_a_format_is_asked_for(run: Callable[..., Run]) -> None:
    code = "import sys, assistant.export; print([name for name in ('openpyxl', 'docx', 'typst', 'icalendar', 'babel') if name in sys.modules])"
    assert run("-c", code).stdout.strip() == "[]"


def test_guidance_in_another_language_says_so() -> None:
    passage = Passage("a#b", "a", "Guide", "Tests", "en", (), Source("Rules", None, None, "law"), page=7)
    assert origin_line(passage, "es") == "Rules · editor no indicado · sin fecha · pág. 7 (en inglés)"
    assert origin_line(replace(passage, language="es", page=None), "es") == "Rules · editor no indicado · sin fecha"


# What people typed


@pytest.fixture(scope="module")
def hostile() -> tuple[Report, dict[str, bytes]]:
    """A report whose title, notes, owners and reasons all try something, in every format."""
    form, answers = LANGUAGES["es"], make_answers(LANGUAGES["es"])
    tries = list(TYPED.values())
    typed = {
        name: replace(answer, note=tries[number % len(tries)], owner=tries[(number + 1) % len(tries)][:200])
        for number, (name, answer) in enumerate(answers.items())
    }
    report = make_report(form, typed, title=TYPED["formula"])
    return report, {suffix: export_bytes(report, suffix, "es") for suffix in FORMATS}


def test_no_cell_of_the_workbook_is_a_formula_but_ours(hostile: tuple[Report, dict[str, bytes]]) -> None:
    book = load_workbook(BytesIO(hostile[1][".xlsx"]))
    formulas = [(sheet.title, str(cell.value)) for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert {title for title, _ in formulas} == {"Respuestas", "Método y límites"}
    assert all(re.match(r"=(IFERROR\(INDEX\(resguardo_lists|IF\([A-Z(]|IF\(SUMPRODUCT)", formula) for _, formula in formulas)
    notes = [cell for row in book["Respuestas"].iter_rows(min_row=FIRST_ROW) for cell in row if str(cell.value).startswith(("=H", "@", "-"))]
    assert notes and all(cell.data_type == "s" and cell.quotePrefix for cell in notes)


def test_no_cell_of_the_csv_starts_like_a_formula(hostile: tuple[Report, dict[str, bytes]]) -> None:
    rows = list(csv.reader(StringIO(hostile[1][".csv"].decode("utf-8-sig")), delimiter=";"))
    assert [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))] == []
    assert f"'{TYPED['formula']}" in [cell for row in rows for cell in row]


def test_markdown_makes_no_link_picture_or_html_of_what_was_typed(hostile: tuple[Report, dict[str, bytes]]) -> None:
    from markdown_it import MarkdownIt

    def kinds(tokens: list[Any]) -> Iterator[str]:
        for token in tokens:
            yield token.type if token.type != "html_inline" else token.content
            yield from kinds(token.children or [])

    found = set(kinds(MarkdownIt().enable("table").parse(hostile[1][".md"].decode())))
    assert found & {"link_open", "image", "html_block", "code_block", "fence"} == set()
    assert {kind for kind in found if kind.startswith("<")} <= {"<br>"}


@pytest.mark.parametrize("suffix", PRINTED)
def test_markup_is_shown_as_it_was_typed(suffix: str, hostile: tuple[Report, dict[str, bytes]]) -> None:
    text = squeezed(text_of(suffix, hostile[1][suffix]))
    for typed in (TYPED["formula"], TYPED["markup"], TYPED["long"], "unodostrescuatro"):
        assert squeezed(typed) in text


def test_signs_that_our_font_lacks_do_not_stop_the_pdf() -> None:
    form = LANGUAGES["es"]
    answers = {name: replace(answer, note="Reunión 会議 🙂 завтра") for name, answer in make_answers(form).items()}
    assert squeezed("Reunión") in squeezed(text_of(".pdf", export_bytes(make_report(form, answers), ".pdf", "es")))


# Excel


def book_of(content: bytes) -> Any:
    return load_workbook(BytesIO(content))


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


def test_the_formulas_recompute_every_score_that_is_shown(reports: dict[str, Report], files: dict[tuple[str, str], bytes]) -> None:
    report, book = reports["es"], book_of(files["es", ".xlsx"])
    found = recomputed(book)
    assert found == {**{s.title: pytest.approx(s.score) for s in report.sections}, "Puntuación total": pytest.approx(report.score.overall)}
    shown = {row[0].value: row[2].value for row in book["Método y límites"].iter_rows() if str(row[3].value or "").startswith("=")}
    assert shown == {title: pytest.approx(score) for title, score in found.items()}


def test_the_workbook_says_what_was_answered_about_the_service(reports: dict[str, Report], files: dict[tuple[str, str], bytes]) -> None:
    rows = {(row[0].value, row[1].value) for row in book_of(files["es", ".xlsx"])["Método y límites"].iter_rows()}
    assert len(reports["es"].header.profile) > 5 and set(reports["es"].header.profile) <= rows


def test_an_answer_changed_in_the_sheet_moves_the_score_as_in_the_program(files: dict[tuple[str, str], bytes]) -> None:
    form, answers = LANGUAGES["es"], make_answers(LANGUAGES["es"])
    question = next(q for q in form.questions if q.scored and answers.get(q.id) and answers[q.id].option == "unknown")
    book = book_of(files["es", ".xlsx"])
    row = next(row for row in book["Respuestas"].iter_rows() if row[0].value == question.id)
    row[number_of(ANSWERS, "option") - 1].value = question.options[-1].label["es"]
    better = make_report(form, answers | {question.id: replace(answers[question.id], option=question.options[-1].id)})
    assert recomputed(book)["Puntuación total"] == pytest.approx(better.score.overall)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_computes_the_same_scores(tmp_path: Path, reports: dict[str, Report], files: dict[tuple[str, str], bytes]) -> None:
    (tmp_path / "informe.xlsx").write_bytes(files["es", ".xlsx"])
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", "out", "informe.xlsx"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=180)
    sheet = load_workbook(tmp_path / "out" / "informe.xlsx", data_only=True)["Método y límites"]
    scores = {row[0].value: row[3].value for row in sheet.iter_rows(min_row=10) if isinstance(row[3].value, int | float)}
    assert scores["Puntuación total"] == pytest.approx(reports["es"].score.overall)
    sections = {section.title: section.score for section in reports["es"].sections if section.score is not None}
    assert {title: scores[title] for title in sections} == pytest.approx(sections)


def test_the_checklist_can_be_worked_with(reports: dict[str, Report], files: dict[tuple[str, str], bytes]) -> None:
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


def test_every_list_repeats_its_headings_on_each_printed_page_and_can_be_filtered(files: dict[tuple[str, str], bytes]) -> None:
    book = book_of(files["es", ".xlsx"])
    for name, row in (("Lista de brechas", 2), ("Respuestas", 2), ("Fuentes", 1), ("Normas y leyes", 1)):
        sheet = book[name]
        assert sheet.print_title_rows == f"${row}:${row}" and sheet.freeze_panes == f"A{row + 1}" and sheet.auto_filter.ref
        assert sheet.page_setup.paperSize == 9 and sheet.page_setup.fitToWidth == 1 and "&P" in sheet.oddFooter.right.text


def test_what_stands_above_and_below_a_printed_page_does_not_touch_the_table(files: dict[tuple[str, str], bytes]) -> None:
    line = 0.2  # inches, of ten-point text with its leading
    for sheet in book_of(files["es", ".xlsx"]).worksheets[:6]:
        margins = sheet.page_margins
        assert margins.header + line < margins.top and margins.footer + line < margins.bottom


@pytest.mark.parametrize("language", LANGUAGES)
def test_headings_have_room_for_all_their_lines_in_a_wide_font(language: str, files: dict[tuple[str, str], bytes]) -> None:
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


def test_an_address_in_a_note_keeps_its_hyphens_where_the_pdf_breaks_it() -> None:
    form = make_form([make_question(f"q{number}") for number in range(9)], {"a": 1})
    address = "https://intranet.ejemplo.com/" + "-".join(["plan", "de", "recuperacion", "ante", "desastres"] * 6)
    answers = {question.id: StoredAnswer(question.id, "s1", note=f"{'x' * n} {address}", version=1) for n, question in enumerate(form.questions)}
    text = squeezed(text_of(".pdf", export_bytes(make_report(form, answers), ".pdf", "es")))
    assert text.count(address) == len(answers)


def test_a_checklist_without_gaps_says_so_and_leaves_no_empty_page() -> None:
    from docx import Document

    report = make_report(LANGUAGES["es"], {})
    sheet = book_of(export_bytes(report, ".xlsx", "es"))["Lista de brechas"]
    assert sheet.cell(FIRST_ROW, number_of(CHECKLIST, "action")).value == tr("export.no_gaps", "es")
    document = Document(BytesIO(export_bytes(report, ".docx", "es")))
    answers = next(line for line in document.paragraphs if line.text == tr("export.answers", "es") and line.style and line.style.name == "Heading 1")
    assert answers.paragraph_format.page_break_before is False
    assert answers.paragraph_format.space_before is not None and answers.paragraph_format.space_before.pt >= 12


def test_what_is_done_or_accepted_is_not_named_first() -> None:
    form = LANGUAGES["es"]
    open_report = make_report(form, {name: replace(answer, status="open") for name, answer in make_answers(form).items()})
    closed = {open_report.gaps[0].answer.question_id: "done", open_report.gaps[2].answer.question_id: "accepted"}
    report = make_report(form, {name: replace(answer, status=closed.get(name, "open")) for name, answer in make_answers(form).items()})
    assert [gap.rank for gap in report.first] == [2, 4, 5, 6, 7, 8] and len(report.gaps) == len(open_report.gaps)
    first = re.search(r"(?s)## Qué hacer primero\n(.*?)\n## ", export_bytes(report, ".md", "es").decode())
    assert first and re.findall(r"\*\*(\d+)\. ", first[1]) == ["2", "4", "5", "6", "7", "8"]
    done = make_report(form, {name: replace(answer, status="done") for name, answer in make_answers(form).items()})
    for suffix in (".xlsx", *PRINTED):
        assert squeezed(tr("export.all_closed", "es")) in squeezed(text_of(suffix, export_bytes(done, suffix, "es"))).replace("\\", "")


def test_each_answer_offers_its_own_options(reports: dict[str, Report], files: dict[tuple[str, str], bytes]) -> None:
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


def test_the_sheets_are_named_in_the_language_and_what_a_reimport_needs_is_hidden(files: dict[tuple[str, str], bytes]) -> None:
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


# Word


def test_word_has_real_headings_contents_page_numbers_and_repeated_header_rows(files: dict[tuple[str, str], bytes]) -> None:
    from docx import Document

    document = Document(BytesIO(files["es", ".docx"]))
    chapters = [paragraph.text for paragraph in document.paragraphs if paragraph.style and paragraph.style.name == "Heading 1"]
    assert chapters == ["Contenido", "Resumen", "Qué hacer primero", "Lista de brechas", "Respuestas", "Fuentes", "Método y límites"]
    body = document.element.body
    assert any("TOC" in (code.text or "") for code in body.iter(f"{W}instrText"))
    anchors = [link.get(f"{W}anchor") for link in body.iter(f"{W}hyperlink")]
    assert len(anchors) > 10 and set(anchors) == {mark.get(f"{W}name") for mark in body.iter(f"{W}bookmarkStart")}
    for section in document.sections:
        assert [code.text for code in section.footer._element.iter(f"{W}instrText")] == ["PAGE", "NUMPAGES"]
    headed = [table for table in document.tables if len(table.columns) > 2]
    assert len(headed) > 5 and all(table._tbl.tr_lst[0].find(f"{W}trPr/{W}tblHeader") is not None for table in headed)


def test_a_sections_heading_and_figures_go_with_its_first_question(reports: dict[str, Report], files: dict[tuple[str, str], bytes]) -> None:
    from docx import Document

    lines = Document(BytesIO(files["es", ".docx"])).paragraphs
    answers = next(n for n, line in enumerate(lines) if line.text == tr("export.answers", "es") and line.style and line.style.name == "Heading 1")
    for section in reports["es"].sections:
        place = next(n for n, line in enumerate(lines) if n > answers and line.text == section.title)
        assert lines[place + 1].paragraph_format.keep_with_next and "100" in lines[place + 1].text


def test_words_chart_has_a_text_equivalent_and_the_document_a_language_a_title_and_its_font(
    reports: dict[str, Report], files: dict[tuple[str, str], bytes]
) -> None:
    from docx import Document

    for language, locale in (("es", "es-ES"), ("en", "en-GB")):
        document = Document(BytesIO(files[language, ".docx"]))
        described = document.inline_shapes[0]._inline.docPr.get("descr")
        assert all(section.title in described for section in reports[language].sections if section.score is not None)
        assert {element.get(f"{W}val") for element in document.styles.element.iter(f"{W}lang")} == {locale}
        assert document.core_properties.language == locale and "Nómina" in document.core_properties.title
        fonts = [str(part.partname) for part in document.part.package.iter_parts() if str(part.partname).endswith(".odttf")]
        assert len(fonts) == 2


# PDF


def test_the_pdf_is_tagged_titled_bookmarked_and_carries_its_font(files: dict[tuple[str, str], bytes]) -> None:
    from pypdf import PdfReader

    for language in LANGUAGES:
        chapters = [tr(f"export.{name}", language) for name in ("summary", "first", "checklist", "answers", "sources", "method")]
        pdf = PdfReader(BytesIO(files[language, ".pdf"]))
        root: Any = pdf.trailer["/Root"]
        assert root["/MarkInfo"]["/Marked"] and root["/StructTreeRoot"] and root["/Lang"].startswith(language)
        assert pdf.metadata and "Nómina" in str(pdf.metadata.title) and b"pdfuaid:part" in root["/Metadata"].get_data()
        outline = [entry.title for entry in pdf.outline if not isinstance(entry, list)]
        assert [title for title in outline if title in chapters] == chapters
        fonts = [font.get_object() for page in pdf.pages for font in page["/Resources"]["/Font"].values()]
        inner = [font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object() for font in fonts]
        assert inner and all("/FontFile2" in font or "/FontFile3" in font for font in inner)
        assert re.search(rf"1?\d\D+{len(pdf.pages)}\b", pdf.pages[8].extract_text())


def test_a_row_of_the_pdfs_sources_is_never_split_between_pages() -> None:
    from pypdf import PdfReader

    form = questionnaire_of("readiness")
    report = make_report(form, make_answers(form), "en")  # rows that could be split would be, twice
    pages = [squeezed(page.extract_text()) for page in PdfReader(BytesIO(export_bytes(report, ".pdf", "en"))).pages]
    rows = [squeezed("".join(row)) for row in guidance_list(report.answers, "en")]
    assert len(rows) > 10 and [row for row in rows if not any(row in page for page in pages)] == []


# CSV and calendar


def test_csv_has_a_byte_order_mark_and_the_separator_of_the_country(reports: dict[str, Report]) -> None:
    for locale, separator in (("es-ES", ";"), ("es-MX", ","), ("es-CO", ";"), ("en-GB", ",")):
        language = locale[:2]
        report = replace(reports[language], header=replace(reports[language].header, locale=locale))
        content = export_bytes(report, ".csv", language)
        assert content.startswith(b"\xef\xbb\xbf")
        rows = list(csv.DictReader(StringIO(content.decode("utf-8-sig")), delimiter=separator))
        assert [row[tr("export.action", language)] for row in rows] == [gap.title for gap in report.gaps]
        assert [date.fromisoformat(row[tr("export.due", language)]) for row in rows] == [gap.due for gap in report.gaps]


def test_calendar_entries_keep_their_ids_and_fall_on_the_due_dates(reports: dict[str, Report]) -> None:
    from icalendar import Calendar

    def entries(report: Report, assessment: str) -> dict[str, Any]:
        origin = replace(NO_ORIGIN, assessment_id=assessment)
        return {str(event["UID"]): event for event in Calendar.from_ical(export_bytes(report, ".ics", "es", origin)).walk("VEVENT")}

    report = reports["es"]
    events = entries(report, "0f3a")
    assert [event["DTSTART"].dt for event in events.values()] == [gap.due for gap in report.gaps] and len(events) == len(report.gaps)
    fewer = replace(report, gaps=tuple(reversed(report.gaps[1:])))
    assert entries(fewer, "0f3a").keys() < events.keys()
    assert entries(report, "1c2d").keys().isdisjoint(events) and entries(report, "").keys() == entries(fewer, "").keys() | {
        next(iter(entries(report, "")))
    }
    done = [str(event["SUMMARY"]) for event, gap in zip(events.values(), report.gaps, strict=True) if gap.answer.status == "done"]
    assert done and all(summary.startswith("Hecho: ") for summary in done)


# Size


@pytest.fixture(scope="module")
def large() -> tuple[Questionnaire, Report]:
    form, answers = make_large()
    return form, make_report(form, answers)


@pytest.mark.parametrize("suffix", [".xlsx", ".docx", ".csv", ".md", ".ics"])
def test_three_hundred_gaps_with_long_notes_come_out_whole(suffix: str, large: tuple[Questionnaire, Report]) -> None:
    form, report = large
    text = squeezed(text_of(suffix, export_bytes(report, suffix, "es")))
    assert len(report.gaps) == 300 and all(len(answer.note) > 3900 for answer in report.answers)
    assert all(squeezed(answer.note) in text for answer in report.answers)


def test_a_pdf_of_three_hundred_gaps_with_long_notes_loses_no_line(large: tuple[Questionnaire, Report]) -> None:
    from pypdf import PdfReader

    form, report = large
    assert len(PdfReader(BytesIO(export_bytes(report, ".pdf", "es"))).pages) > 200
    first = {question.id for section in form.sections for question in section.questions[:5]}
    few = replace(
        report,
        answers=tuple(a for a in report.answers if a.question_id in first),
        gaps=tuple(g for g in report.gaps if g.answer.question_id in first),
    )
    text = squeezed(text_of(".pdf", export_bytes(few, ".pdf", "es")))
    assert len(few.answers) == 10 and all(squeezed(answer.note) in text for answer in few.answers)


def test_rows_with_long_notes_stay_within_excels_highest_row(large: tuple[Questionnaire, Report]) -> None:
    sheet = book_of(export_bytes(large[1], ".xlsx", "es"))["Respuestas"]
    heights = [sheet.row_dimensions[row].height for row in range(FIRST_ROW, FIRST_ROW + 300)]
    assert all(100 < height <= 409 for height in heights)
