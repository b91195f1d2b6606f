"""The gap checklist as CSV for any spreadsheet or import: a row a gap, the report's header in its last columns."""

from __future__ import annotations

import csv
from io import StringIO

from assistant.export.phrases import citations, clause_lines, decimal_mark, facts
from assistant.i18n import format_number, tr
from assistant.report import Report, ReportGap

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")  # a spreadsheet would run such a cell


def csv_bytes(report: Report, language: str) -> bytes:
    """CSV in UTF-8 with byte order mark; semicolons where the locale writes decimal commas."""
    file = StringIO(newline="")
    separator = ";" if decimal_mark(report.header.locale) == "," else ","
    writer = csv.writer(file, delimiter=separator, quoting=csv.QUOTE_MINIMAL)
    about = facts(report, language)
    rows = [_row(gap, report, language) for gap in report.gaps]
    columns = list(rows[0]) if rows else []
    writer.writerow([tr(f"export.{name}", language) for name in columns] + [label for label, _ in about])
    for row in rows or [{}]:
        writer.writerow([inert(value) for value in (*row.values(), *(value for _, value in about))])
    return file.getvalue().encode("utf-8-sig")


def inert(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _row(gap: ReportGap, report: Report, language: str) -> dict[str, str]:
    answer, locale = gap.answer, report.header.locale
    return {
        "rank": str(gap.rank),
        "section": answer.section,
        "importance": tr(f"criticality.{answer.criticality}", language),
        "question": answer.question,
        "answer": answer.answer,
        "action": gap.title,
        "steps": "\n".join(f"{number}. {step}" for number, step in enumerate(gap.steps, start=1)),
        "done_when": gap.done_when,
        "owner": gap.owner,
        "due": gap.due.isoformat(),
        "status": gap.status_label,
        "effort": gap.effort_label,
        "priority": format_number(gap.priority, locale, 2),
        "note": answer.note,
        "guidance": "\n".join(citations(answer, language)),
        "clauses": "\n".join(clause_lines(answer.standards)),
    }
