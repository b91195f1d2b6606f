"""A report as plain values: the contract of the JSON export."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from assistant.models import Passage
from assistant.report import Report, ReportAnswer, ReportGap


def report_json(report: Report) -> dict[str, Any]:
    """One report; scores with two decimals, shares from 0 to 1, dates as ISO text."""
    header, score = report.header, report.score
    return {
        "assessment": asdict(header)
        | {
            "date": header.date.isoformat(),
            "progress": _rounded(header.progress, 4),
            "coverage": _rounded(header.coverage, 4),
            "profile": [{"question": question, "answer": answer} for question, answer in header.profile],
            "level_label": report.level_label,
            "provisional": score.provisional,
        },
        "score": {
            "overall": _rounded(score.overall),
            "level": score.level,
            "level_reason": list(score.level_reason),
            "scope": score.scope,
            "coverage": _rounded(header.coverage, 4),
            "low": _rounded(score.low),
            "high": _rounded(score.high),
            "sections": [
                {"id": s.id, "score": _rounded(s.score), "coverage": _rounded(s.coverage, 4), "low": _rounded(s.low), "high": _rounded(s.high)}
                for s in report.sections
            ],
        },
        "answers": [_answer_json(answer) for answer in report.answers],
        "gaps": [_gap_json(gap) for gap in report.gaps],
        "method": {
            "formulas": {note.id: {"title": note.title, "text": note.text} for note in report.method},
            "section_weights": {section.id: section.weight for section in report.sections},
        },
    }


def _answer_json(answer: ReportAnswer) -> dict[str, Any]:
    plain = {name: value for name, value in asdict(answer).items() if name not in ("why", "evidence", "guidance", "standards", "choices")}
    return plain | {"due": _iso(answer.due), "answered": _iso(answer.answered)} | _sources(answer)


def _gap_json(gap: ReportGap) -> dict[str, Any]:
    return {
        "question_id": gap.answer.question_id,
        "priority": _rounded(gap.priority, 4),
        "parts": {"failed_must": gap.failed_must, **asdict(gap.parts)},
        "action": {"title": gap.title, "steps": list(gap.steps), "done_when": gap.done_when},
        "owner": gap.owner,
        "due": gap.due.isoformat(),
        "status": gap.answer.status,
        **_sources(gap.answer),
    }


def _sources(answer: ReportAnswer) -> dict[str, Any]:
    standards = [asdict(clause) | {"as_of": clause.as_of.isoformat()} for clause in answer.standards]
    return {"guidance": [_passage(passage) for passage in answer.guidance], "standards": standards}


def _passage(passage: Passage) -> dict[str, Any]:
    source = passage.source
    return {
        "passage_id": passage.id,
        "document": passage.document,
        "section": passage.section,
        "language": passage.language,
        "source": {"title": source.title, "publisher": source.publisher, "year": source.year},
    }


def _rounded(value: float | None, digits: int = 2) -> float | None:
    return None if value is None else round(value, digits)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
