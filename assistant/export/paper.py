"""A report as it is printed: every figure and date already in words, the same in PDF, Word and Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from assistant.export.phrases import citations, clause_lines, facts, figure, origin_line, scored, share, summary_lines, tenths
from assistant.i18n import format_date, format_number, list_order, strings, tr
from assistant.report import Clause, Report, ReportAnswer, ReportGap, ReportHeader, ReportSection

SHORT = 70  # characters of a title that are repeated on each page
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class PaperAnswer:
    """One question with its answer, note and basis."""

    question: str
    answer: str
    points: str
    importance: str
    note: str
    na_reason: str
    guidance: tuple[str, ...]
    clauses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PaperGap:
    """One row of the checklist."""

    rank: str
    title: str
    steps: tuple[str, ...]
    done_when: str
    owner: str
    due: str
    status: str
    effort: str
    priority: str
    section: str
    failed_must: bool
    closed: bool
    answer: PaperAnswer


@dataclass(frozen=True, slots=True)
class PaperSection:
    """One section's figures, in words and as numbers for its bar, with its answers."""

    title: str
    weight: str
    score: str
    interval: str
    coverage: str
    line: str
    value: float | None
    low: float | None
    high: float | None
    answers: tuple[PaperAnswer, ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """A whole report in words; `words` holds the labels by key."""

    language: str
    locale: str
    brand: str
    title: str
    facts: tuple[tuple[str, str], ...]
    imprint: str
    footer: str
    level: str
    lines: tuple[str, ...]
    reasons: tuple[str, ...]
    profile: tuple[tuple[str, str], ...]
    sections: tuple[PaperSection, ...]
    gaps: tuple[PaperGap, ...]
    first: tuple[PaperGap, ...]
    guidance: tuple[tuple[str, str, str], ...]  # document, its sections, origin
    standards: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...]  # title, its clauses: number, gist and how sure, date checked
    method: tuple[tuple[str, str], ...]
    words: dict[str, str]

    @property
    def chart_text(self) -> str:
        """What the bar chart shows, in words."""
        return self.words["chart_alt"].format(sections=" ".join(f"{section.title}: {section.line}." for section in self.sections))

    @property
    def first_note(self) -> str:
        """What stands above the first actions, or in their place."""
        return self.words["no_gaps" if not self.gaps else "first_note" if self.first else "all_closed"]


def clean_report(report: Report) -> Report:
    """The report without characters that no file format can hold in what people typed."""
    answers = {answer.question_id: _clean_answer(answer) for answer in report.answers}
    header = replace(report.header, title=_line(report.header.title), supplier=_line(report.header.supplier))
    gaps = tuple(replace(gap, answer=answers[gap.answer.question_id], owner=_line(gap.owner)) for gap in report.gaps)
    return replace(report, header=header, answers=tuple(answers.values()), gaps=gaps)


def lay_out(report: Report, language: str) -> Paper:
    """Everything that a printed report says, in its order."""
    header, asked = report.header, {answer.section_id for answer in report.answers}
    answers = {answer.question_id: _answer(answer, header, language) for answer in report.answers}
    gaps = {gap.rank: _gap(gap, answers[gap.answer.question_id], header, language) for gap in report.gaps}
    return Paper(
        language=language,
        locale=header.locale,
        brand=header.product,
        title=header.title or header.questionnaire,
        facts=facts(report, language),
        imprint=" · ".join(text for text in (header.questionnaire, _short(header.title), format_date(header.date, header.locale)) if text),
        footer=" · ".join(f"{label}: {value}" for label, value in facts(report, language)[-2:]),
        level=report.level_label,
        lines=summary_lines(report, language),
        reasons=report.level_reason,
        profile=header.profile,
        sections=tuple(_section(section, report, answers, language) for section in report.sections if section.id in asked),
        gaps=tuple(gaps.values()),
        first=tuple(gaps[gap.rank] for gap in report.first),
        guidance=guidance_list(report.answers, language),
        standards=tuple((title, tuple(_clause(c, header) for c in group)) for title, group in standards_list(report.answers)),
        method=tuple((note.title, note.text) for note in report.method),
        words={key.removeprefix("export."): str(text) for key, text in strings(language).items() if key.startswith("export.")},
    )


def guidance_list(answers: Iterable[ReportAnswer], language: str) -> tuple[tuple[str, str, str], ...]:
    """Every document that is cited, once an origin: its title, the sections cited, the origin of their facts."""
    sections: dict[tuple[str, str], dict[str, None]] = {}
    for passage in (passage for answer in answers for passage in answer.guidance):
        sections.setdefault((passage.document, origin_line(passage, language)), {})[passage.section] = None
    rows = ((document, "; ".join(cited), origin) for (document, origin), cited in sections.items())
    return tuple(sorted(rows, key=lambda row: (list_order(row[0]), row[2])))


def standards_list(answers: Iterable[ReportAnswer]) -> tuple[tuple[str, tuple[Clause, ...]], ...]:
    """Every clause that is cited, once, by standard."""
    clauses = {clause.id: clause for answer in answers for clause in answer.standards}
    groups: dict[str, list[Clause]] = {}
    for clause in sorted(clauses.values(), key=lambda clause: (list_order(clause.title), list_order(clause.id))):
        groups.setdefault(clause.title, []).append(clause)
    return tuple((title, tuple(group)) for title, group in groups.items())


def _answer(answer: ReportAnswer, header: ReportHeader, language: str) -> PaperAnswer:
    return PaperAnswer(
        question=answer.question,
        answer=answer.answer,
        points="" if answer.score is None else format_number(answer.score, header.locale, 2),
        importance=tr(f"criticality.{answer.criticality}", language),
        note=answer.note,
        na_reason=answer.na_reason,
        guidance=citations(answer, language),
        clauses=clause_lines(answer.standards),
    )


def _gap(gap: ReportGap, answer: PaperAnswer, header: ReportHeader, language: str) -> PaperGap:
    return PaperGap(
        rank=str(gap.rank),
        title=gap.title,
        steps=gap.steps,
        done_when=gap.done_when,
        owner=gap.owner,
        due=format_date(gap.due, header.locale),
        status=gap.status_label,
        effort=gap.effort_label,
        priority=tenths(gap.priority, header.locale),
        section=gap.answer.section,
        failed_must=gap.failed_must,
        closed=gap.closed,
        answer=answer,
    )


def _clause(clause: Clause, header: ReportHeader) -> tuple[str, str, str]:
    return clause.clause, f"{clause.gist} {clause.note}".strip(), format_date(clause.as_of, header.locale)


def _section(section: ReportSection, report: Report, answers: dict[str, PaperAnswer], language: str) -> PaperSection:
    header = report.header
    low, high = figure(section.low, header, language), figure(section.high, header, language)
    return PaperSection(
        title=section.title,
        weight=str(section.weight),
        score=figure(section.score, header, language),
        interval="" if section.low is None else low if low == high else f"{low} – {high}",
        coverage=share(section.coverage, header, language),
        line=scored(section.score, section.low, section.high, header, language),
        value=section.score,
        low=section.low,
        high=section.high,
        answers=tuple(answers[answer.question_id] for answer in report.answers if answer.section_id == section.id),
    )


def _clean_answer(answer: ReportAnswer) -> ReportAnswer:
    return replace(
        answer,
        answer=_line(answer.answer),
        note=_printable(answer.note),
        owner=_line(answer.owner),
        na_reason=_printable(answer.na_reason),
    )


def _short(text: str) -> str:
    return text if len(text) <= SHORT else f"{text[:SHORT].rstrip()}…"


def _line(text: str) -> str:
    return " ".join(_printable(text).split())


def _printable(text: str) -> str:
    return UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
