"""An assessment in the chat: one question at a time as a card, answered with a click or in one's own words."""

from __future__ import annotations

import streamlit as st

from assistant.errors import AssistantError
from assistant.i18n import explain
from assistant.interview import Interview, accept_version, current_card, extend, open_interview, progress, remaining, review_skipped, whats_new
from assistant.models import Passage
from assistant.replies import of_profile
from assistant.ui.assessments_data import catalogue
from assistant.ui.browser import land_on
from assistant.ui.interview_card import show_card
from assistant.ui.interview_moves import CHANGE, GONE, POSITION, TROUBLE, act, leave
from assistant.ui.interview_text import hear, show_aside, show_reading
from assistant.ui.markup import html_text, label
from assistant.ui.pages import ASSESSMENT_PARAM, result_page, review_page
from assistant.ui.session import interview_id, language, open_interview_in_chat, store, waiting_question, words
from assistant.ui.startup import ready_assistant, show_preparation
from assistant.ui.theme import ICON, STATIC
from assistant.ui.topics import topics


def show_interview() -> None:
    """The assessment that is open in the chat: where it stands, what was said, the question that waits."""
    st.html(STATIC / "interview.css")
    interview = opened()
    assistant = ready_assistant()
    with st.bottom:
        preparing = st.container()
        typed = st.chat_input(words("interview.placeholder"), key="typed-reply", disabled=assistant is None)
    text = waiting_question() or typed
    show_head(interview)
    if text and assistant:
        hear(assistant, interview, text)
    card = current_card(interview, passages())
    show_notices(interview)
    aside = show_aside()
    if card is None:
        show_end(interview, aside)
    else:
        with st.chat_message("assistant", avatar=ICON):
            show_reading(interview, card)
            show_card(card, aside)
    if assistant is None:
        with preparing:
            show_preparation()


def opened() -> Interview:
    """The open assessment; one that is gone is closed with a word."""
    assessment_id = interview_id() or ""
    positions: dict[str, str] = st.session_state.setdefault(POSITION, {})
    try:
        interview = open_interview(store(), catalogue(), assessment_id, positions.get(assessment_id))
    except AssistantError as error:
        st.session_state[GONE] = error
        leave()
        st.rerun()
    positions[assessment_id] = interview.position
    open_interview_in_chat(assessment_id)
    return interview


def passages() -> dict[str, Passage]:
    """Every section of the guide by its id."""
    return {passage.id: passage for topic in topics().values() for passage in topic.passages}


def show_head(interview: Interview) -> None:
    """What is assessed, and how far it is: the profile's questions first, then those that count."""
    assessment = interview.assessment
    profile = of_profile(interview.position)
    tally = progress(interview, profile)
    share = 100 * tally.answered / tally.applicable if tally.applicable else 100.0
    text = words("interview.progress_profile" if profile else "interview.progress", answered=tally.answered, applicable=tally.applicable)
    name = " · ".join(html_text(part) for part in (interview.questionnaire.title[language()], assessment.title, assessment.supplier) if part)
    st.html(
        f'<div class="head"><h1>{name}</h1><div class="bar" role="progressbar" aria-label="{words("interview.bar")}" aria-valuemin="0"'
        f' aria-valuemax="{tally.applicable}" aria-valuenow="{tally.answered}"><div style="width:{share:.1f}%"></div></div><p>{text}</p></div>'
    )


def show_notices(interview: Interview) -> None:
    """What the last answer changed, what another window changed, what a newer version brings."""
    if error := st.session_state.pop(TROUBLE, None):
        st.warning(explain(error, language()), icon=":material/sync_problem:")
    if change := st.session_state.pop(CHANGE, 0):
        total = progress(interview).applicable
        st.info(words("interview.more" if change > 0 else "interview.fewer", count=abs(change), total=total), icon=":material/alt_route:")
    news = whats_new(interview)
    if news is None:
        return
    with st.container(border=True, key="news"):
        st.markdown(words("interview.news", version=news.version, added=len(news.added), reopened=len(news.reopened)))
        listed = [f"- {label(question.text[language()])}" for question in news.added + news.reopened]
        st.markdown("\n".join(listed))
        st.button(words("interview.news_seen"), on_click=act, args=(interview.assessment.id, accept_version), key="news-seen")


def show_end(interview: Interview, aside: bool) -> None:
    """Nothing waits, or only what was skipped: to the result, or back to it."""
    skipped = len(interview.open_questions)
    if not aside:
        land_on("pregunta-final", f"end-{interview.assessment.id}", "")
    with st.chat_message("assistant", avatar=ICON), st.container(key="end"):
        st.html(f'<h2 class="asked" id="pregunta-final" tabindex="-1">{words("interview.end_skipped" if skipped else "interview.end")}</h2>')
        st.markdown(words("interview.end_skipped_line", count=skipped) if skipped else words("interview.end_line"))
        with st.container(horizontal=True, gap="small"):
            if skipped:
                arguments = (interview.assessment.id, review_skipped)
                st.button(words("interview.answer_skipped"), type="primary", on_click=act, args=arguments, key="skipped")
            if st.button(words("interview.to_result"), icon=":material/monitoring:", type="secondary" if skipped else "primary", key="to-result"):
                leave()
                st.switch_page(result_page(), query_params={ASSESSMENT_PARAM: interview.assessment.id})
            if more := remaining(interview):
                arguments = (interview.assessment.id, extend)
                st.button(words("interview.extend", count=more), icon=":material/add_task:", on_click=act, args=arguments, key="extend")
            if st.button(words("interview.to_form"), icon=":material/edit_note:", key="to-form"):
                st.switch_page(review_page(), query_params={ASSESSMENT_PARAM: interview.assessment.id})
            st.button(words("interview.to_chat"), icon=":material/forum:", on_click=leave, key="to-chat")
