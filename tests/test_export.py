"""Exports: every format says what it is, keeps every citation and runs nothing that a person typed."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import AssistantError
from assistant.export import FORMATS, NO_ORIGIN, export_bytes, write_export
from assistant.export.layout import CHECKLIST, FIRST_ROW, number_of
from assistant.export.phrases import origin_line
from assistant.i18n import format_date, tr
from assistant.models import Passage, Source
from assistant.questionnaire import Questionnaire
from assistant.report import Report
from assistant.report_json import report_json
from tests.conftest import Run
from tests.exports import LANGUAGES, NOTES, TYPED, WRITTEN, Files, book_of, make_answers, make_large, make_report, squeezed, text_of

PRINTED = (".docx", ".pdf", ".md")
EVERY_FILE = [(language, suffix) for language in LANGUAGES for suffix in WRITTEN]


@pytest.mark.parametrize(("language", "suffix"), EVERY_FILE)
def test_every_gap_keeps_its_action_its_citations_and_its_clauses(language: str, suffix: str, reports: dict[str, Report], files: Files) -> None:
    report, text = reports[language], squeezed(text_of(suffix, files[language, suffix]))
    wanted = {gap.title for gap in report.gaps} | {step for gap in report.gaps for step in gap.steps} | {gap.done_when for gap in report.gaps}
    wanted |= {f"{passage.document} › {passage.section}" for gap in report.gaps for passage in gap.answer.guidance}
    wanted |= {passage.source.title for gap in report.gaps for passage in gap.answer.guidance}
    wanted |= {words for gap in report.gaps for clause in gap.answer.standards for words in (clause.title, clause.clause, clause.note.rstrip("."))}
    assert len(wanted) > 100
    assert [words for words in sorted(wanted) if squeezed(words) not in text] == []


def test_a_gaps_citation_stands_in_the_gaps_own_row_or_entry(reports: dict[str, Report], files: Files) -> None:
    gaps = reports["es"].gaps
    rows = list(csv.DictReader(StringIO(files["es", ".csv"].decode("utf-8-sig")), delimiter=";"))
    sheet = book_of(files["es", ".xlsx"]).worksheets[1]
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
def test_every_file_says_what_it_was_made_from(language: str, suffix: str, reports: dict[str, Report], files: Files) -> None:
    header, text = reports[language].header, squeezed(text_of(suffix, files[language, suffix]))
    facts = [header.title, header.supplier, header.questionnaire, header.scope, header.guide_edition, tr("language_name", language)]
    facts += [f"{header.product} {header.product_version}", format_date(header.date, header.locale, "long")]
    facts += [tr("export.questionnaire_version", language), tr("export.coverage", language), f"{round(100 * (header.coverage or 0))}"]
    assert [fact for fact in facts if squeezed(fact) not in text] == []


@pytest.mark.parametrize("suffix", WRITTEN)
def test_spanish_letters_quotes_and_apostrophes_come_out_as_they_went_in(suffix: str, files: Files) -> None:
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
    book = book_of(hostile[1][".xlsx"])
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
