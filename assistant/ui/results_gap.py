"""Everything behind one gap: steps, question, answer, note, proof, priority, cited guidance, clauses."""

from __future__ import annotations

import streamlit as st

from assistant.i18n import format_date, format_number
from assistant.models import Passage
from assistant.report import Clause, ReportAnswer, ReportGap
from assistant.ui.citations import origin, passage_title
from assistant.ui.markup import html_text, label, passage_html
from assistant.ui.pages import guide_page, section_address
from assistant.ui.session import locale, words


def show_gap(gap: ReportGap, history: str) -> None:
    """What to do, why, and on whose word; `history` is what was answered before."""
    st.html(action_html(gap))
    st.html(f'<div class="gap">{answer_html(gap.answer)}{history}{priority_html(gap)}</div>')
    show_guidance(gap.answer)
    if gap.answer.standards:
        items = "".join(f"<li>{clause_html(clause)}</li>" for clause in gap.answer.standards)
        st.html(f'<div class="gap"><h3>{words("results.clauses")}</h3><ul>{items}</ul></div>')


def action_html(gap: ReportGap) -> str:
    """The steps, and when it is done."""
    steps = "".join(f"<li>{html_text(step)}</li>" for step in gap.steps)
    done = f"<p><strong>{words('results.done_when')}</strong> {html_text(gap.done_when)}</p>"
    return f'<div class="gap"><h3>{words("results.steps")}</h3><ol>{steps}</ol>{done}</div>'


def answer_html(answer: ReportAnswer) -> str:
    """The question, what was answered, why it matters and what counts as proof."""
    given = html_text(answer.answer)
    if answer.answered:
        given += f" ({format_date(answer.answered, locale())})"
    parts = [f"<h3>{html_text(answer.question)}</h3><p><strong>{words('results.answer')}</strong> {given}</p>"]
    if answer.note:
        parts.append(f'<p class="note"><strong>{words("results.note")}</strong> {html_text(answer.note)}</p>')
    parts.append(f"<p>{html_text(answer.why)}</p>")
    if answer.evidence:
        items = "".join(f"<li>{html_text(item)}</li>" for item in answer.evidence)
        parts.append(f"<p><strong>{words('results.evidence')}</strong></p><ul>{items}</ul>")
    return "".join(parts)


def priority_html(gap: ReportGap) -> str:
    """The priority with its parts, as the method multiplies them."""
    values = {name: format_number(getattr(gap.parts, name), locale(), 2) for name in ("weight", "criticality", "shortfall", "tier", "effort")}
    text = words("results.priority", value=format_number(gap.priority, locale(), 2), **values)
    return f'<p class="facts">{text}{" " + words("results.must_first") if gap.failed_must else ""}</p>'


def show_guidance(answer: ReportAnswer) -> None:
    """The passages of the guide that the question rests on, whole, each with its origin and the way to it."""
    if not answer.guidance:
        return
    st.html(f'<div class="gap"><h3>{words("results.guidance")}</h3></div>')
    for passage in answer.guidance:
        st.html(guidance_html(passage))
        st.page_link(guide_page(), label=label(passage_title(passage)), icon=":material/menu_book:", query_params=section_address(passage))


def guidance_html(passage: Passage) -> str:
    """One passage, folded, with its origin."""
    source = f'<p class="origin">{html_text(origin(passage))}</p>'
    summary = f'<summary lang="{passage.language}">{html_text(passage.sentences[0].text)}</summary>'
    return f'<details class="cite">{summary}{passage_html(passage)}{source}</details>'


def clause_html(clause: Clause) -> str:
    """One clause with its gist, the day it was checked, and a warning where the source is secondary."""
    note = f' <span class="secondary">{html_text(clause.note)}</span>' if clause.note else ""
    checked = words("results.as_of", date=format_date(clause.as_of, locale()))
    return f"<strong>{html_text(clause.title)} {html_text(clause.clause)}</strong>. {html_text(clause.gist)} <small>({checked})</small>{note}"
