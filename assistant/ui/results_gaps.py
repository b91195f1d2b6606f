"""The gaps: what to do first, then all; filtered, opened, and edited in place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import get_args

import streamlit as st

from assistant.i18n import date_pattern, format_date, list_order, tr
from assistant.models import Status
from assistant.report import Report, ReportGap
from assistant.ui.answer_history import history_html
from assistant.ui.assessments import open_in_chat
from assistant.ui.assessments_data import Opened
from assistant.ui.assessments_edit import field, field_key, fill, save_field, show_trouble
from assistant.ui.assessments_html import gap_anchor
from assistant.ui.markup import html_text, label
from assistant.ui.results_gap import show_gap
from assistant.ui.session import language, locale, words

ALL = ""  # of a filter that is not set
FILTERS = "gaps"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which gaps are wanted; empty strings want every one."""

    section: str = ALL
    owner: str = ALL
    status: str = ALL
    must: bool = False

    @property
    def active(self) -> bool:
        """Whether anything is filtered."""
        return self != Filter()

    def admits(self, gap: ReportGap) -> bool:
        """Whether a gap is wanted."""
        return (
            self.section in (ALL, gap.answer.section_id)
            and self.owner in (ALL, gap.owner)
            and self.status in (ALL, gap.answer.status)
            and (not self.must or gap.answer.criticality == "must")
        )


def current_filter() -> Filter:
    """The filter as it is set."""
    section, owner, status = (str(field(FILTERS, name) or ALL) for name in ("section", "owner", "status"))
    return Filter(section, owner, status, bool(field(FILTERS, "must")))


def listed_gaps(report: Report) -> tuple[ReportGap, ...]:
    """The gaps that the list shows: the filtered ones, all on demand, else those to do first."""
    wanted = current_filter()
    if wanted.active:
        return tuple(gap for gap in report.gaps if wanted.admits(gap))
    return report.gaps if field(FILTERS, "all") else report.first


def show_gaps(opened: Opened, report: Report) -> None:
    """What to do first, with the way to everything else."""
    st.header(words("results.actions"), anchor=False)
    if not report.gaps:
        st.success(words("results.no_gaps"))
        return
    show_filters(report)
    listed = listed_gaps(report)
    shown = words("results.shown", shown=len(listed), count=len(report.gaps))
    st.html(f'<p class="kicker" role="status">{shown}</p>')
    with st.container(gap="xsmall", key="gaps"):
        for gap in listed:
            show_row(opened, gap)
    if not current_filter().active and len(report.gaps) > len(report.first):
        st.toggle(words("results.show_all", count=len(report.gaps)), key=field_key(FILTERS, "all"))


def show_filters(report: Report) -> None:
    """Filters by section, owner, status, and essential questions."""
    sections = {gap.answer.section_id: gap.answer.section for gap in report.gaps}
    owners = sorted({gap.owner for gap in report.gaps}, key=list_order)
    statuses = {name: tr(f"statuses.{name}", language()) for name in get_args(Status)}
    with st.expander(words("results.filter"), icon=":material/filter_list:", key="filters"):
        with st.grid(3, min_column_width=180):
            _choice("section", sections)
            _choice("owner", {owner: owner for owner in owners})
            _choice("status", statuses)
        st.toggle(words("results.only_musts"), key=field_key(FILTERS, "must"))


def _choice(name: str, options: dict[str, str]) -> None:
    key = field_key(FILTERS, name)
    if st.session_state.get(key, ALL) not in options:
        st.session_state[key] = ALL  # an owner who has no gap any more
    every = words("results.every")
    st.selectbox(words(f"results.columns.{name}"), [ALL, *options], format_func=lambda value: label(options.get(value, every)), key=key)


def show_row(opened: Opened, gap: ReportGap) -> None:
    """One gap: its facts and its action; opened, everything behind it. The action alone is the label: an expander closes when that changes."""
    with st.container(gap=None, key=f"action-{gap.answer.question_id}"):
        st.html(f'<p class="above">{html_text(facts(gap))}</p>')
        with st.expander(f"**{label(gap.title)}**", key=f"gap-{gap.answer.question_id}", on_change="rerun") as row:
            st.html(f'<span id="{gap_anchor(gap)}"></span>')
            if row.open:
                show_editor(opened, gap)
                show_way_back(opened, gap)
                question = opened.questionnaire.find(gap.answer.question_id)
                show_gap(gap, history_html(opened.assessment.id, question) if question else "")


def show_way_back(opened: Opened, gap: ReportGap) -> None:
    """The way to the question, for when its answer has changed."""
    name = gap.answer.question_id
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"again-{name}"):
        if st.button(words("results.answer_again"), icon=":material/forum:", key=f"answer-{name}"):
            open_in_chat(opened.assessment.id, name)
        if gap.answer.status == "done":
            st.html(f'<p class="facts">{words("results.done_line")}</p>', width="content")


def facts(gap: ReportGap) -> str:
    """Rank, owner, due date, and what is special about the gap."""
    parts = [str(gap.rank)]
    if gap.failed_must:
        parts.append(tr("criticality.must", language()))
    parts += [gap.owner, format_date(gap.due, locale())]
    if gap.answer.status != "open":
        parts.append(gap.status_label)
    return " · ".join(parts)


def show_editor(opened: Opened, gap: ReportGap) -> None:
    """Owner, due date and status; each is saved when it changes."""
    question_id, assessment_id = gap.answer.question_id, opened.assessment.id
    row = f"gap-{assessment_id}-{question_id}"
    answer = opened.answer(question_id)
    fill(row, answer, {"owner": answer.owner, "due": gap.due, "status": answer.status})
    show_trouble(row)
    with st.grid(3, min_column_width=160):
        arguments = {name: (assessment_id, row, name) for name in ("owner", "due", "status")}
        st.text_input(
            words("results.columns.owner"),
            key=field_key(row, "owner"),
            placeholder=gap.role,
            max_chars=200,
            on_change=save_field,
            args=arguments["owner"],
        )
        st.date_input(
            words("results.columns.due"),
            key=field_key(row, "due"),
            format=date_pattern(locale()),
            min_value=date(2000, 1, 1),
            max_value=date(2100, 1, 1),
            on_change=save_field,
            args=arguments["due"],
        )
        st.selectbox(
            words("results.columns.status"),
            get_args(Status),
            format_func=lambda name: tr(f"statuses.{name}", language()),
            key=field_key(row, "status"),
            on_change=save_field,
            args=arguments["status"],
        )
