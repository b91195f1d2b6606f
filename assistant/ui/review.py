"""The form view: one assessment by section, for fast review and correction; it reads the store at each run, as the chat does."""

from __future__ import annotations

import streamlit as st

from assistant.i18n import tr
from assistant.questionnaire import Question, visible_questions
from assistant.scoring import asked, score_assessment, state_of
from assistant.ui.assessments import open_in_chat, standing
from assistant.ui.assessments_data import Opened, opened_assessment, profile
from assistant.ui.assessments_html import load_style, progress_html
from assistant.ui.browser import land_on
from assistant.ui.markup import html_text, label
from assistant.ui.pages import ASSESSMENT_PARAM, assessments_page, result_page
from assistant.ui.review_question import show_question
from assistant.ui.session import language, words


def show_review() -> None:
    """The form of the assessment that the address names."""
    load_style()
    st.page_link(assessments_page(), label=words("results.back"), icon=":material/arrow_back:")
    opened = opened_assessment()
    if opened is None:
        land_on("", "no-form")
        st.warning(words("results.gone"))
        return
    land_on("", f"form-{opened.assessment.id}")
    st.set_page_config(page_title=f"{opened.assessment.title} · {tr('app.name', language())}")
    show_head(opened)
    only_open = st.toggle(words("review.only_open"), key="review-open")
    show_section(opened, "profile", words("review.profile"), visible_questions(profile(), opened.sheet.profile), only_open)
    questions = asked(opened.questionnaire, opened.sheet)
    for section in opened.questionnaire.sections:
        show_section(opened, section.id, section.title[language()], tuple(q for q in questions if q.section_id == section.id), only_open)


def show_head(opened: Opened) -> None:
    """What is assessed, how far it is, and the ways out."""
    st.title(label(opened.assessment.title), anchor=False)
    score = score_assessment(opened.questionnaire, opened.sheet)
    facts = (opened.assessment.supplier, opened.questionnaire.title[language()], tr(f"scopes.{opened.assessment.scope}", language()))
    st.html(f'<p class="facts">{" · ".join(html_text(fact) for fact in facts if fact)}</p>{progress_html(score.tally, standing(score))}')
    with st.container(horizontal=True, gap="small"):
        if st.button(words("assessments.continue"), icon=":material/forum:", key="review-chat"):
            open_in_chat(opened.assessment.id)
        if st.button(words("nav.result"), icon=":material/monitoring:", key="review-result"):
            st.switch_page(result_page(), query_params={ASSESSMENT_PARAM: opened.assessment.id})


def show_section(opened: Opened, section_id: str, title: str, questions: tuple[Question, ...], only_open: bool) -> None:
    """A section's questions, loaded when it is opened, and how many are answered."""
    states = {question.id: state(opened, question) for question in questions}
    if not questions or only_open and "unanswered" not in states.values():
        return
    done = sum(name != "unanswered" for name in states.values())
    with st.container(gap=None, key=f"part-{section_id}"):
        st.html(f'<p class="above">{words("assessments.progress", answered=done, applicable=len(states))}</p>')
        with st.expander(label(title), key=f"section-{opened.assessment.id}-{section_id}", on_change="rerun") as section:
            if section.open:
                for question in questions:
                    if not only_open or states[question.id] == "unanswered":
                        show_question(opened, question)


def state(opened: Opened, question: Question) -> str:
    """Whether a question is answered; the profile's too."""
    if question.id in opened.sheet.profile:
        return "answered"
    return state_of(question, opened.sheet.responses.get(question.id))
