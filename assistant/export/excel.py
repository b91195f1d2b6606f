"""The report as an Excel workbook that can be filtered, printed, recomputed, edited and imported again."""

from __future__ import annotations

import re
from datetime import date
from io import BytesIO

from openpyxl import Workbook

from assistant.export.excel_answers import write_answers
from assistant.export.excel_checklist import write_checklist
from assistant.export.excel_lists import write_lists
from assistant.export.excel_sources import write_sources, write_standards
from assistant.export.excel_summary import write_method, write_summary
from assistant.export.layout import BASELINE, FORMAT, META, ROWS
from assistant.export.origin import Origin
from assistant.export.paper import lay_out
from assistant.i18n import format_date, tr
from assistant.report import Report

SAMPLE = date(2001, 2, 3)  # year, month and day tell each other apart
PARTS = {1: "yyyy", 2: "mm", 3: "dd"}


def excel_bytes(report: Report, language: str, origin: Origin) -> bytes:
    """The workbook: summary, checklist, answers, sources, standards, method, and what a re-import needs on hidden sheets."""
    paper, days = lay_out(report, language), date_format(report.header.locale)
    book = Workbook()
    summary = book.active
    assert summary is not None
    names = [tr(f"export.{name}", language) for name in ("summary", "checklist", "answers", "sources", "standards", "method")]
    summary.title = names[0]
    checklist, answers, sources, standards, method = (book.create_sheet(name) for name in names[1:])
    lists = write_lists(book, report, language)
    write_summary(summary, report, paper, days)
    write_checklist(checklist, report, paper, lists, days)
    write_answers(answers, report, paper, lists)
    write_sources(sources, paper)
    write_standards(standards, paper)
    write_method(method, report, paper, answers.title)
    _write_meta(book, report, language, origin, names[1], names[2])
    _write_rows(book, report, origin)
    _set_properties(book, report, paper.title)
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def date_format(locale: str) -> str:
    """How Excel should show a date in this locale, as in `dd/mm/yyyy`."""
    return re.sub(r"\d+", lambda found: PARTS[int(found[0]) % 2000], format_date(SAMPLE, locale, "short"))


def _set_properties(book: Workbook, report: Report, title: str) -> None:
    about, header = book.properties, report.header
    about.title, about.creator, about.language = title, f"{header.product} {header.product_version}", header.locale
    about.subject = header.questionnaire
    book.calculation.fullCalcOnLoad = True


def _write_meta(book: Workbook, report: Report, language: str, origin: Origin, checklist: str, answers: str) -> None:
    """What file this is, as keys and values."""
    header = report.header
    values = {
        "format": FORMAT,
        "assessment_id": origin.assessment_id,
        "questionnaire_id": header.questionnaire_id,
        "questionnaire_version": header.questionnaire_version,
        "product_version": header.product_version,
        "guide_edition": header.guide_edition,
        "language": language,
        "date": header.date.isoformat(),
        "checklist": checklist,
        "answers": answers,
    }
    sheet = book.create_sheet(META)
    sheet.sheet_state = "hidden"
    for pair in values.items():
        sheet.append(pair)


def _write_rows(book: Workbook, report: Report, origin: Origin) -> None:
    """Each question's row version and what its editable cells held, so that an edit can be told from an older file."""
    sheet = book.create_sheet(ROWS)
    sheet.sheet_state = "hidden"
    sheet.append(BASELINE)
    gaps = {gap.answer.question_id: gap for gap in report.gaps}
    for row, answer in enumerate(report.answers, start=2):
        gap = gaps.get(answer.question_id)
        owner, due = (gap.owner, gap.due.isoformat()) if gap else ("", "")
        version = origin.versions.get(answer.question_id, 0)
        shown = answer.answer if answer.option else ""
        values = (answer.question_id, version, shown, answer.note, owner, due, answer.status, answer.na_reason)
        for column, value in enumerate(values, start=1):
            cell = sheet.cell(row, column, value)
            if isinstance(value, str):
                cell.data_type = "s"
