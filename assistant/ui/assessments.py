"""The assessments page: start one, go on with one, duplicate, rename, archive, delete with undo."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from assistant.errors import AssistantError
from assistant.i18n import explain, format_date, format_number, tr
from assistant.models import Assessment
from assistant.scoring import Score, score_assessment
from assistant.ui.assessments_data import load_opened, questionnaires
from assistant.ui.assessments_html import load_style, progress_html
from assistant.ui.assessments_start import show_start
from assistant.ui.browser import land_on
from assistant.ui.interview_moves import POSITION
from assistant.ui.markup import html_text, label
from assistant.ui.pages import ASSESSMENT_PARAM, chat_page, result_page, review_page
from assistant.ui.session import interview_id, language, local, locale, open_interview_in_chat, store, words
from assistant.wording import level_label

Kind = Literal["primary", "secondary"]
DELETED, TITLE_CHARS = "deleted-assessment", 120
ACTIONS = ("rename", "duplicate", "archive", "delete")
ARCHIVED_ACTIONS = ("unarchive", "rename", "duplicate", "delete")


def show_assessments() -> None:
    """Every assessment at work, what to do with it, and the way to a new one."""
    load_style()
    land_on("", "assessments")
    st.title(words("assessments.title"), anchor=False)
    st.markdown(words("assessments.line"))
    at_work, archived = store().assessments(), store().assessments(archived=True)
    show_undo()
    if not at_work:
        st.html(f'<p class="empty">{words("assessments.empty")}</p>')
    show_start(expanded=not at_work and not archived)
    for assessment in at_work:
        show_row(assessment)
    if archived and st.toggle(words("assessments.show_archived", count=len(archived)), key="show-archived"):
        for assessment in archived:
            show_row(assessment)


def show_row(assessment: Assessment) -> None:
    """One assessment: what it is about, how far it is, where it stands, and what can be done."""
    with st.container(border=True, gap="xsmall", key=f"assessment-{assessment.id}"):
        with st.container(horizontal=True, wrap=False, vertical_alignment="top"):
            st.subheader(label(assessment.title), anchor=False)
            action = show_menu(assessment)
        if assessment.questionnaire_id in questionnaires():
            score = score_assessment(questionnaires()[assessment.questionnaire_id], load_opened(assessment).sheet)
            st.html(facts_html(assessment) + progress_html(score.tally, standing(score)))
            show_ways(assessment, score)
        else:
            st.caption(words("assessments.no_questionnaire", name=label(assessment.questionnaire_id)))
    if action:
        act(assessment, action)


def show_menu(assessment: Assessment) -> str | None:
    """The menu of one assessment; returns what was chosen."""
    chosen: str | None = st.menu_button(
        label(words("conversations.actions", title=assessment.title)),
        ARCHIVED_ACTIONS if assessment.archived else ACTIONS,
        format_func=lambda name: words(f"assessments.{name}"),
        icon=":material/more_horiz:",
        type="tertiary",
        key=f"menu-{assessment.id}",
    )
    return chosen


def facts_html(assessment: Assessment) -> str:
    """Supplier, questionnaire, scope, and when it was last changed."""
    code = language()
    changed = words("assessments.changed", date=format_date(local(assessment.updated), locale()))
    facts = (assessment.supplier, questionnaires()[assessment.questionnaire_id].title[code], tr(f"scopes.{assessment.scope}", code), changed)
    return f'<p class="facts">{" · ".join(html_text(fact) for fact in facts if fact)}</p>'


def standing(score: Score) -> str:
    """Level and score in words."""
    if score.overall is None:
        return level_label(score, language())
    return f"{level_label(score, language())} · {words('results.points', score=format_number(score.overall, locale(), 1))}"


def show_ways(assessment: Assessment, score: Score) -> None:
    """Buttons to the chat, the result and the form; the one that comes next stands out."""
    done = score.tally.progress == 1
    chat_kind: Kind = "secondary" if done else "primary"
    result_kind: Kind = "primary" if done else "secondary"
    with st.container(horizontal=True, gap="small"):
        begun = "continue" if score.tally.answered else "begin"
        if st.button(words(f"assessments.{begun}"), icon=":material/forum:", type=chat_kind, key=f"chat-{assessment.id}"):
            open_in_chat(assessment.id)
        if st.button(words("nav.result"), icon=":material/monitoring:", type=result_kind, key=f"result-{assessment.id}"):
            st.switch_page(result_page(), query_params={ASSESSMENT_PARAM: assessment.id})
        if st.button(words("nav.review"), icon=":material/edit_note:", key=f"form-{assessment.id}"):
            st.switch_page(review_page(), query_params={ASSESSMENT_PARAM: assessment.id})


def open_in_chat(assessment_id: str, question_id: str | None = None) -> None:
    """Go on with an assessment in the chat, at one question where it is named."""
    open_interview_in_chat(assessment_id)
    if question_id:
        st.session_state.setdefault(POSITION, {})[assessment_id] = question_id
    st.switch_page(chat_page(), query_params={ASSESSMENT_PARAM: assessment_id})


def act(assessment: Assessment, action: str) -> None:
    """Do what the menu says."""
    if action in ("rename", "duplicate"):
        st.dialog(words(f"assessments.{action}"))(show_names)(assessment, action)
        return
    if action == "delete":
        store().delete_assessment(assessment.id)
        st.session_state[DELETED] = assessment
        if interview_id() == assessment.id:
            open_interview_in_chat(None)
    elif action == "archive":
        store().archive_assessment(assessment.id)
    else:
        store().unarchive_assessment(assessment.id)
    st.rerun()


def show_names(assessment: Assessment, action: str) -> None:
    """The form for the names of a renamed or of a new, duplicated assessment."""
    copied = action == "duplicate"
    if copied:
        st.markdown(words("assessments.duplicate_line"))
    with st.form("names", border=False):
        title = st.text_input(
            words("assessments.service"),
            value=words("assessments.copy", title=assessment.title)[:TITLE_CHARS] if copied else assessment.title,
            max_chars=TITLE_CHARS,
        )
        supplier = st.text_input(words("assessments.supplier"), value=assessment.supplier, max_chars=TITLE_CHARS)
        saved = st.form_submit_button(words("conversations.save"), type="primary")
    if not saved or not (title or "").strip():
        return
    names = {"title": " ".join(title.split()), "supplier": " ".join(supplier.split())}
    try:
        target = store().duplicate_assessment(assessment.id, names["title"]) if copied else assessment
        store().update_assessment(target.id, target.version, title=names["title"], supplier=names["supplier"])
    except AssistantError as error:
        st.error(explain(error, language()))
        return
    st.rerun()


def show_undo() -> None:
    """What was deleted last, and the way back."""
    deleted: Assessment | None = st.session_state.get(DELETED)
    if deleted is None:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="undo-assessment"):
        st.markdown(words("conversations.deleted", title=label(deleted.title)))
        if st.button(words("conversations.undo"), icon=":material/undo:", key="undo-assessment-delete"):
            st.session_state.pop(DELETED)
            store().restore_assessment(deleted.id)
            st.rerun()
