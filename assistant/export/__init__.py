"""A report as a file that colleagues already use; each format is loaded when it is asked for."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from assistant.errors import AssistantError
from assistant.export.origin import NO_ORIGIN, Origin
from assistant.report import Report
from assistant.report_json import report_json

FORMATS = (".xlsx", ".docx", ".pdf", ".csv", ".md", ".ics", ".json")

__all__ = ["FORMATS", "NO_ORIGIN", "Origin", "export_bytes", "write_export"]


def write_export(report: Report, path: Path, language: str, origin: Origin = NO_ORIGIN) -> None:
    """Write the report in the format of the file's extension; a file that is there already is replaced whole or not at all.

    `origin` says which saved assessment it comes from; without it the Excel file cannot be imported again.
    Raises AssistantError `export_format`, or OSError when the file cannot be written.
    """
    content = export_bytes(report, path.suffix, language, origin)
    target = path.resolve()
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def export_bytes(report: Report, suffix: str, language: str, origin: Origin = NO_ORIGIN) -> bytes:
    """The content of such a file. Raises AssistantError `export_format` for an extension that nothing writes."""
    from assistant.export.paper import clean_report

    suffix = suffix.lower()
    if suffix == ".json":
        return (json.dumps(report_json(report), ensure_ascii=False, indent=2) + "\n").encode()
    if suffix not in FORMATS:
        raise AssistantError("export_format", file=suffix, expected=", ".join(FORMATS))
    return _written(clean_report(report), suffix, language, origin)


def _written(report: Report, suffix: str, language: str, origin: Origin) -> bytes:
    if suffix == ".xlsx":
        from assistant.export.excel import excel_bytes

        return excel_bytes(report, language, origin)
    if suffix == ".csv":
        from assistant.export.table import csv_bytes

        return csv_bytes(report, language)
    if suffix == ".ics":
        from assistant.export.calendar import calendar_bytes

        return calendar_bytes(report, language, origin)
    return _printed(report, suffix, language)


def _printed(report: Report, suffix: str, language: str) -> bytes:
    from assistant.export.paper import lay_out

    paper = lay_out(report, language)
    if suffix == ".docx":
        from assistant.export.word import word_bytes

        return word_bytes(paper)
    if suffix == ".pdf":
        from assistant.export.pdf import pdf_bytes

        return pdf_bytes(paper)
    from assistant.export.markdown import markdown_bytes

    return markdown_bytes(paper)
