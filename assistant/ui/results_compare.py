"""Two assessments of the same questionnaire side by side."""

from __future__ import annotations

import streamlit as st

from assistant.comparison import KINDS, Comparison, compare_reports
from assistant.i18n import format_date
from assistant.models import Assessment
from assistant.report import Report
from assistant.ui.assessments_data import Opened, load_opened, report_of
from assistant.ui.assessments_html import changes_html, difference, number, shifts_html
from assistant.ui.markup import html_text
from assistant.ui.session import local, locale, store, words


def show_comparison(opened: Opened, report: Report) -> None:
    """Choose an earlier assessment of the same questionnaire and see what changed since."""
    earlier = earlier_assessments(opened.assessment)
    if not earlier:
        return
    st.header(words("results.compare"), anchor=False)
    chosen = st.selectbox(
        words("results.compare_with"),
        list(earlier),
        index=None,
        format_func=lambda name: option_label(earlier[name]),
        placeholder=words("results.compare_hint"),
        key="compare",
    )
    if chosen:
        then = report_of(load_opened(earlier[chosen]))
        show_changes(compare_reports(then, report), then, report)


def earlier_assessments(assessment: Assessment) -> dict[str, Assessment]:
    """Those of the same questionnaire begun before, by id, the latest first; of the same supplier before others."""
    every = store().assessments() + store().assessments(archived=True)
    same = [a for a in every if a.questionnaire_id == assessment.questionnaire_id and a.created < assessment.created]
    same.sort(key=lambda a: (a.supplier == assessment.supplier, a.created), reverse=True)
    return {a.id: a for a in same}


def option_label(assessment: Assessment) -> str:
    """An assessment in the list of earlier ones."""
    parts = (assessment.title, assessment.supplier, format_date(local(assessment.updated), locale()))
    return " · ".join(part for part in parts if part)


def show_changes(comparison: Comparison, then: Report, now: Report) -> None:
    """Level and score then and now, sections, and the questions that moved."""
    st.html(f'<div class="standing">{overall_html(then, now)}</div>')
    if not comparison.same_scope:
        st.info(words("results.other_scope"))
    st.html(shifts_html(comparison.sections))
    for kind in KINDS:
        changes = comparison.of_kind(kind)
        with st.expander(words(f"results.kinds.{kind}", count=len(changes)), key=f"changes-{kind}"):
            st.html(changes_html(changes) or f"<p>{words('results.none')}</p>")
    st.html(f'<p class="facts">{words("results.unchanged", count=comparison.unchanged)}</p>')


def overall_html(then: Report, now: Report) -> str:
    """Both levels and scores on two lines."""
    moved = words("results.moved", value=difference(then.score.overall, now.score.overall, 1))
    return "".join(f"<p>{line}</p>" for line in (_stood("was_then", then), _stood("was_now", now), moved))


def _stood(key: str, report: Report) -> str:
    values = {"score": number(report.score.overall, 1), "coverage": number(100 * (report.header.coverage or 0))}
    return words(f"results.{key}", level=html_text(report.level_label), **values)
