"""Figures of an assessment as HTML: bars that are tables too, so that what is seen can also be read."""

from __future__ import annotations

import streamlit as st

from assistant.comparison import Change, SectionShift
from assistant.i18n import format_number, tr_list
from assistant.report import Report, ReportGap, ReportSection
from assistant.scoring import CAP_FAILED, CUTS, Tally
from assistant.ui.markup import html_text
from assistant.ui.session import language, locale, words
from assistant.ui.theme import STATIC

NAMED = 5  # questions that hold the level down before "and more"
IMPACTS = (("high", 0.4), ("medium", 0.15), ("low", 0.0))  # share of the weightiest gap there can be, from which on
WEIGHTIEST = 15  # weight 5, a must, nothing in place


def load_style() -> None:
    """The style sheet of these pages."""
    st.html(STATIC / "assessments.css")


def number(value: float | None, digits: int = 0) -> str:
    """A figure as people write it in their country, a dash where there is none."""
    return "–" if value is None else format_number(value, locale(), digits)


def percent(share: float | None) -> str:
    """A share from 0 to 1 as a percentage."""
    return words("results.percent", value=number(None if share is None else 100 * share))


def progress_html(tally: Tally, text: str) -> str:
    """How many questions are answered, as a bar and in words, and where the assessment stands."""
    bar = f'<div class="track"><div class="fill" style="width:{100 * (tally.progress or 0):.1f}%"></div></div>'
    done = words("assessments.progress", answered=tally.answered, applicable=tally.applicable)
    return f'<p class="facts"><strong>{html_text(text)}</strong><br>{done}</p>{bar}'


def level_html(report: Report) -> str:
    """The level, its reason, the score with its interval, progress and coverage."""
    score, header = report.score, report.header
    steps = "".join(f'<span class="{"on" if score.level is not None and step <= score.level else ""}"></span>' for step in range(len(CUTS) + 1))
    parts = [f'<p class="level">{html_text(report.level_label)}</p><div class="steps" aria-hidden="true">{steps}</div>']
    if score.overall is not None:
        values = {"score": number(score.overall, 1), "low": number(score.low, 1), "high": number(score.high, 1)}
        parts.append(f'<p class="score">{words("results.interval", **values)}</p>')
    shares = {"progress": percent(header.progress), "coverage": percent(header.coverage)}
    parts.append(f'<p class="facts">{words("results.shares", **shares)}</p>')
    if score.provisional:
        parts.append(f"<p>{words('results.provisional')}</p>")
    return f'<section class="standing">{"".join(parts)}{reason_html(report)}</section>'


def reason_html(report: Report) -> str:
    """The essential questions that hold the level down, by name."""
    if not report.level_reason:
        return ""
    failed = any(answer.score == 0 for answer in report.answers if answer.question_id in report.score.level_reason)
    items = [f"<li>{html_text(question)}</li>" for question in report.level_reason]
    more = ""
    if rest := items[NAMED:]:
        more = f"<details><summary>{words('results.more_reasons', count=len(rest))}</summary><ul>{''.join(rest)}</ul></details>"
    text = words("results.failed", level=CAP_FAILED) if failed else words("results.partial")
    return f"<p><strong>{text}</strong></p><ul>{''.join(items[:NAMED])}</ul>{more}"


def sections_html(sections: tuple[ReportSection, ...]) -> str:
    """A bar for each section, in a table with its figures; the pale part of a bar is what is not known yet."""
    heads = "".join(f'<th scope="col">{words(f"results.columns.{name}")}</th>' for name in ("section", "score", "between", "coverage"))
    rows = "".join(_section_row(section) for section in sections)
    return f'<table class="bars"><caption>{words("results.sections_note")}</caption><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'


def _section_row(section: ReportSection) -> str:
    low, high = section.low or 0, section.high or 0
    band = f'<div class="fill" style="width:{low:.1f}%"></div><div class="band" style="left:{low:.1f}%;width:{high - low:.1f}%"></div>'
    mark = "" if section.score is None else f'<div class="tick" style="left:min({section.score:.1f}%, 100% - 3px)"></div>'
    bar = f'<div class="track" aria-hidden="true">{band}{mark}</div>'
    between = "–".join(dict.fromkeys((number(section.low), number(section.high))))  # one figure where nothing is open
    return (
        f'<tr><th scope="row">{html_text(section.title)}{bar}</th>'
        f"<td>{number(section.score)}</td><td>{between}</td><td>{percent(section.coverage)}</td></tr>"
    )


def impact_of(gap: ReportGap) -> str:
    """How much closing a gap changes: `high`, `medium` or `low`."""
    share = gap.parts.weight * gap.parts.criticality * gap.parts.shortfall / WEIGHTIEST
    return next(name for name, least in IMPACTS if share >= least)


def matrix_html(gaps: tuple[ReportGap, ...], shown: frozenset[int]) -> str:
    """Impact against effort: each gap's rank in its cell, a link where the gap is in the list below."""
    efforts = tr_list("efforts", language())
    heads = "".join(f'<th scope="col">{html_text(effort)}</th>' for effort in efforts)
    rows = []
    for impact, _ in IMPACTS:
        cells = "".join(_cell(gaps, impact, effort, shown) for effort in range(1, len(efforts) + 1))
        rows.append(f'<tr><th scope="row">{words(f"results.impacts.{impact}")}</th>{cells}</tr>')
    corner = f'<td class="corner">{words("results.matrix_corner")}</td>'
    caption = f"<caption>{words('results.matrix_note')}</caption>"
    return f'<table class="matrix">{caption}<thead><tr>{corner}{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


def _cell(gaps: tuple[ReportGap, ...], impact: str, effort: int, shown: frozenset[int]) -> str:
    here = [gap for gap in gaps if gap.effort == effort and impact_of(gap) == impact]
    return f"<td>{' '.join(_chip(gap, gap.rank in shown) for gap in here) or '–'}</td>"


def _chip(gap: ReportGap, linked: bool) -> str:
    name = html_text(words("results.gap_name", rank=gap.rank, title=gap.title))
    if linked:
        return f'<a class="mark chip" href="#{gap_anchor(gap)}" title="{name}" aria-label="{name}">{gap.rank}</a>'
    return f'<span class="chip quiet" title="{name}">{gap.rank}</span>'


def gap_anchor(gap: ReportGap) -> str:
    """The id of a gap in the page."""
    return f"brecha-{gap.answer.question_id.replace('.', '-')}"


def shifts_html(sections: tuple[SectionShift, ...]) -> str:
    """Each section's score then and now."""
    heads = "".join(f'<th scope="col">{words(f"results.columns.{name}")}</th>' for name in ("section", "then", "now", "difference"))
    rows = [
        f'<tr><th scope="row">{html_text(s.title)}</th>'
        f"<td>{number(s.before)}</td><td>{number(s.after)}</td><td>{difference(s.before, s.after)}</td></tr>"
        for s in sections
    ]
    return f'<table class="bars"><thead><tr>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


def difference(before: float | None, after: float | None, digits: int = 0) -> str:
    """How far a figure moved, with its sign."""
    if before is None or after is None:
        return "–"
    moved = round(after, digits) - round(before, digits)
    return ("+" if moved > 0 else "") + number(moved, digits)


def changes_html(changes: tuple[Change, ...]) -> str:
    """Questions with their answers then and now."""
    none = words("results.not_asked")
    return "".join(
        f'<p class="change">{html_text(change.question)}<br><span>{html_text(change.before or none)}</span> → '
        f"<strong>{html_text(change.after or none)}</strong></p>"
        for change in changes
    )
