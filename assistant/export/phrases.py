"""Words that every format shares: where a passage stands and comes from, which clauses, which figures."""

from __future__ import annotations

from collections.abc import Iterable

from assistant.i18n import format_date, format_number, in_language, tr
from assistant.models import Passage, Source
from assistant.report import Clause, Report, ReportAnswer, ReportHeader


def place(passage: Passage) -> str:
    """Where a passage stands: document › section."""
    return f"{passage.document} › {passage.section}"


def origin_line(passage: Passage, language: str) -> str:
    """Where a passage's facts come from, with its page and with its language where that is another one."""
    page = (tr("export.page_number", language, page=passage.page),) if passage.page is not None else ()
    return in_language(" · ".join((_source_line(passage.source, language), *page)), passage.language, language)


def citations(answer: ReportAnswer, language: str) -> tuple[str, ...]:
    """What an answer rests on in the guide, one line an origin: the places, then where their facts come from."""
    groups: dict[str, list[str]] = {}
    for passage in answer.guidance:
        groups.setdefault(origin_line(passage, language), []).append(place(passage))
    return tuple(f"{'; '.join(places)}. {origin}" for origin, places in groups.items())


def clause_lines(clauses: Iterable[Clause]) -> tuple[str, ...]:
    """One line a standard: its title, its clauses, and how to treat it where the source is secondary."""
    groups: dict[tuple[str, str], list[str]] = {}
    for clause in clauses:
        groups.setdefault((clause.title, clause.note), []).append(clause.clause)
    return tuple(f"{title}: {', '.join(names)}" + (f" ({note.rstrip('.')})" if note else "") for (title, note), names in groups.items())


def figure(value: float | None, header: ReportHeader, language: str) -> str:
    """A score from 0 to 100 with one decimal, "not assessed" where there is none."""
    return tr("export.not_assessed", language) if value is None else tenths(value, header.locale)


def tenths(value: float, locale: str) -> str:
    """A number below a thousand with exactly one decimal, so that columns line up."""
    return f"{value:.1f}".replace(".", decimal_mark(locale))


def decimal_mark(locale: str) -> str:
    """What stands between units and tenths: a comma or a point."""
    return format_number(1.5, locale, 1)[1]


def share(value: float | None, header: ReportHeader, language: str) -> str:
    """A share from 0 to 1 as a percentage."""
    return tr("export.not_assessed", language) if value is None else tr("export.percent", language, value=format_number(100 * value, header.locale))


def scored(score: float | None, low: float | None, high: float | None, header: ReportHeader, language: str) -> str:
    """A score of a hundred, with its interval where that is wider than a point."""
    value, bounds = figure(score, header, language), (figure(low, header, language), figure(high, header, language))
    if score is None:
        return value
    if bounds[0] == bounds[1]:
        return tr("export.of_hundred", language, value=value)
    return tr("export.of_hundred_between", language, value=value, low=bounds[0], high=bounds[1])


def summary_lines(report: Report, language: str) -> tuple[str, ...]:
    """The result in sentences: score and interval, progress and coverage, gaps."""
    header, score = report.header, report.score
    shares = {name: share(getattr(header, name), header, language) for name in ("progress", "coverage")}
    counts = {"count": len(report.gaps), "closed": sum(gap.closed for gap in report.gaps), "musts": sum(gap.failed_must for gap in report.gaps)}
    lines = [tr("export.shares_line", language, **shares), tr("export.gaps_line", language, **counts)]
    if score.overall is not None:
        lines.insert(0, tr("export.overall_line", language, score=scored(score.overall, score.low, score.high, header, language)))
    return tuple(lines)


def facts(report: Report, language: str) -> tuple[tuple[str, str], ...]:
    """What every file says of itself, as label and value."""
    header = report.header
    values = {
        "title": header.title,
        "supplier": header.supplier,
        "questionnaire": header.questionnaire,
        "questionnaire_version": str(header.questionnaire_version),
        "scope": header.scope,
        "date": format_date(header.date, header.locale, "long"),
        "coverage": share(header.coverage, header, language),
        "language": tr("language_name", header.language),
        "edition": header.guide_edition,
        "product": f"{header.product} {header.product_version}",
    }
    return tuple((tr(f"export.{name}", language), value) for name, value in values.items() if value)


def _source_line(source: Source, language: str) -> str:
    named = tr(f"ui.source_kinds.{source.kind}", language, title=source.title)
    year = tr("ui.undated", language) if source.year is None else str(source.year)
    return " · ".join((named, source.publisher or tr("ui.unnamed_publisher", language), year))
