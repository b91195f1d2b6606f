"""The result page: where an assessment stands, why, what to do first, what changed, and its files."""

from __future__ import annotations

import streamlit as st

from assistant.i18n import tr
from assistant.report import Report
from assistant.ui.assessments import open_in_chat
from assistant.ui.assessments_data import Opened, opened_assessment, report_of
from assistant.ui.assessments_html import level_html, load_style, matrix_html, sections_html
from assistant.ui.browser import land_on
from assistant.ui.markup import html_text, label
from assistant.ui.pages import ASSESSMENT_PARAM, assessments_page, review_page
from assistant.ui.results_compare import show_comparison
from assistant.ui.results_files import show_downloads
from assistant.ui.results_gaps import listed_gaps, show_gaps
from assistant.ui.results_import import show_import
from assistant.ui.session import language, words


def show_result() -> None:
    """The result of the assessment that the address names."""
    load_style()
    st.page_link(assessments_page(), label=words("results.back"), icon=":material/arrow_back:")
    opened = opened_assessment()
    if opened is None:
        land_on("", "no-result")
        st.warning(words("results.gone"))
        return
    land_on("", f"result-{opened.assessment.id}")
    report = report_of(opened)
    st.set_page_config(page_title=f"{opened.assessment.title} · {tr('app.name', language())}")
    show_head(opened, report)
    if not opened.answers:
        st.html(f'<p class="empty">{words("results.empty")}</p>')
        return
    show_standing(report)
    show_gaps(opened, report)
    show_comparison(opened, report)
    show_downloads(opened, report)
    show_import(opened)


def show_head(opened: Opened, report: Report) -> None:
    """What is assessed, and the ways to answer more."""
    header = report.header
    st.title(label(opened.assessment.title), anchor=False)
    facts = " · ".join(html_text(fact) for fact in (header.supplier, header.questionnaire, header.scope) if fact)
    st.html(f'<p class="facts">{facts}</p>')
    with st.container(horizontal=True, gap="small"):
        if st.button(words("results.open_chat"), icon=":material/forum:", key="result-chat"):
            open_in_chat(opened.assessment.id)
        if st.button(words("results.open_form"), icon=":material/edit_note:", key="result-form"):
            st.switch_page(review_page(), query_params={ASSESSMENT_PARAM: opened.assessment.id})


def show_standing(report: Report) -> None:
    """Level, sections, and impact against effort."""
    st.html(level_html(report))
    st.header(words("results.sections"), anchor=False)
    st.html(sections_html(report.sections))
    if report.gaps:
        st.header(words("results.matrix"), anchor=False)
        st.html(matrix_html(report.gaps, frozenset(gap.rank for gap in listed_gaps(report))))
