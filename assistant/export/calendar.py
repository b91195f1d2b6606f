"""The due dates of the gaps as a calendar file; importing it again updates the same entries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from assistant.export.origin import Origin
from assistant.export.phrases import citations, clause_lines, facts
from assistant.i18n import tr
from assistant.report import Report, ReportGap, ReportHeader

DOMAIN = "resguardo"  # right part of every entry's id


def calendar_bytes(report: Report, language: str, origin: Origin) -> bytes:
    """An all-day entry a gap; ids depend on the assessment and the question alone."""
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", f"-//{report.header.product}//{report.header.product_version}//{language.upper()}")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("x-wr-calname", tr("export.calendar", language, title=report.header.title or report.header.questionnaire))
    about = "\n".join(f"{label}: {value}" for label, value in facts(report, language))
    for gap in report.gaps:
        calendar.add_component(_entry(gap, report.header, language, origin, about))
    content: bytes = calendar.to_ical()
    return content


def entry_id(header: ReportHeader, question_id: str, origin: Origin) -> str:
    """The lasting id of a gap's entry; without a saved assessment its title, supplier and questionnaire stand for it."""
    owner = origin.assessment_id or str(uuid5(NAMESPACE_URL, "\n".join((header.title, header.supplier, header.questionnaire_id))))
    return f"{owner}.{question_id}@{DOMAIN}"


def _entry(gap: ReportGap, header: ReportHeader, language: str, origin: Origin, about: str) -> Any:
    from icalendar import Event

    event = Event()
    event.add("uid", entry_id(header, gap.answer.question_id, origin))
    event.add("dtstamp", datetime.now(UTC))
    event.add("dtstart", gap.due)
    event.add("dtend", gap.due + timedelta(days=1))
    event.add("transp", "TRANSPARENT")
    event.add("summary", tr("export.closed", language, status=gap.status_label, title=gap.title) if gap.closed else gap.title)
    event.add("description", f"{_details(gap, language)}\n\n{about}", parameters={"language": language})
    event.add("categories", [header.product, gap.answer.section])
    return event


def _details(gap: ReportGap, language: str) -> str:
    answer = gap.answer
    labelled = {
        "owner": gap.owner,
        "status": gap.status_label,
        "question": answer.question,
        "answer": answer.answer,
        "steps": "\n" + "\n".join(f"{number}. {step}" for number, step in enumerate(gap.steps, start=1)),
        "done_when": gap.done_when,
        "note": answer.note,
        "guidance": "\n".join(citations(answer, language)),
        "clauses": "\n".join(clause_lines(answer.standards)),
    }
    return "\n".join(f"{tr(f'export.{name}', language)}: {value}" for name, value in labelled.items() if value)
