"""Start an assessment: which questionnaire, how much of it, for which service of which supplier."""

from __future__ import annotations

from typing import get_args

import streamlit as st

from assistant.i18n import tr
from assistant.interview import start_interview
from assistant.models import Assessment, Scope
from assistant.questionnaire import Questionnaire, visible_questions
from assistant.ui.assessments_data import catalogue, questionnaires
from assistant.ui.markup import label
from assistant.ui.pages import ASSESSMENT_PARAM, chat_page, review_page
from assistant.ui.session import language, locale, open_interview_in_chat, store, words

NAME_CHARS = 120


def show_start(expanded: bool) -> None:
    """The fields of a new assessment, and the two ways to answer it."""
    with st.expander(words("assessments.new"), expanded=expanded, icon=":material/add:", key="start"):
        code = language()
        title = st.text_input(words("assessments.service"), key="start-service", max_chars=NAME_CHARS, placeholder=words("assessments.service_hint"))
        supplier = st.text_input(words("assessments.supplier"), key="start-supplier", max_chars=NAME_CHARS)
        every = questionnaires()
        chosen = st.radio(
            words("assessments.questionnaire"),
            list(every),
            format_func=lambda name: label(every[name].title[code]),
            captions=[label(questionnaire.intro[code].partition(". ")[0]) for questionnaire in every.values()],
            key="start-questionnaire",
        )
        scope = st.radio(words("assessments.scope"), get_args(Scope), format_func=lambda name: scope_label(every[chosen], name), key="start-scope")
        with st.container(horizontal=True, gap="small"):
            in_chat = st.button(words("assessments.start_chat"), icon=":material/forum:", type="primary", key="start-chat")
            in_form = st.button(words("assessments.start_form"), icon=":material/edit_note:", key="start-form")
        if (in_chat or in_form) and not (title or "").strip():
            st.warning(words("assessments.name_it"))
        elif in_chat or in_form:
            begin(start(every[chosen], scope, title, supplier), in_chat)


def scope_label(questionnaire: Questionnaire, scope: Scope) -> str:
    """A scope with its number of questions, at most, and its minutes."""
    count = len(visible_questions(questionnaire, {}, scope))
    return words("assessments.scope_size", scope=tr(f"scopes.{scope}", language()), count=count, minutes=questionnaire.minutes[scope])


def start(questionnaire: Questionnaire, scope: Scope, title: str, supplier: str) -> Assessment:
    """A new assessment in the store; what the profile of the same service already says is taken over."""
    service, provider = (" ".join(text.split()) for text in (title, supplier))
    return start_interview(store(), catalogue(), questionnaire.id, service, provider, scope, locale()).assessment


def begin(assessment: Assessment, in_chat: bool) -> None:
    """Go where it is answered."""
    for name in ("start-service", "start-supplier"):
        st.session_state.pop(name, None)
    address = {ASSESSMENT_PARAM: assessment.id}
    if in_chat:
        open_interview_in_chat(assessment.id)
        st.switch_page(chat_page(), query_params=address)
    st.switch_page(review_page(), query_params=address)
