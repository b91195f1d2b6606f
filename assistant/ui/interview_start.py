"""The ways into an assessment: cards on the first screen, a suggestion under an answer, or saying so in the chat."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import streamlit as st

from assistant.errors import AssistantError
from assistant.free_text import recognise_start
from assistant.i18n import explain, languages, tr
from assistant.interview import open_interview, progress, related_questionnaire, start_interview
from assistant.language import detect_language
from assistant.models import Answer, Scope
from assistant.questionnaire import Questionnaire, visible_questions
from assistant.ui.assessments_data import catalogue, questionnaires
from assistant.ui.interview_moves import GONE
from assistant.ui.markup import label
from assistant.ui.session import QUESTION, language, locale, open_interview_in_chat, put_question, store, words
from assistant.ui.theme import ICON, STATIC

if TYPE_CHECKING:
    from assistant.answer import Assistant

STARTING = "starting"  # (questionnaire id or "any", scope, text that asked for it)
TITLE_CHARS = 120
CARD_WIDTH = 200


def starting() -> bool:
    """Whether an assessment is being set up in the chat."""
    return STARTING in st.session_state


def wish(questionnaire_id: str, scope: Scope, text: str = "") -> None:
    """Set up an assessment in the next run."""
    st.session_state[STARTING] = (questionnaire_id, scope, text)


def wishes_start(assistant: Assistant, text: str) -> bool:
    """Whether a text asks to begin an assessment; then it is set up in the next run."""
    if QUESTION in st.session_state:
        return False
    spoken = detect_language(text, (), language())
    found = recognise_start(text, spoken if spoken in languages() else language(), assistant.retriever.embeddings)
    if found is None:
        return False
    wish(found, "quick", text)
    return True


def show_starts() -> None:
    """What goes on, then a card for each questionnaire with its two lengths."""
    st.html(STATIC / "interview.css")
    if GONE in st.session_state:
        st.warning(explain(st.session_state.pop(GONE), language()))
    show_resume()
    st.html(f'<p class="kicker">{words("interview.starts")}</p>')
    with st.grid(3, min_column_width=CARD_WIDTH):
        for questionnaire in questionnaires().values():
            with st.container(border=True, gap="xsmall", key=f"start-{questionnaire.id}"):
                st.markdown(f"**{label(questionnaire.title[language()])}**")
                for scope in get_args(Scope):
                    st.button(
                        scope_words(questionnaire, scope),
                        key=f"start-{questionnaire.id}-{scope}",
                        width="stretch",
                        type="primary" if scope == "quick" else "secondary",
                        on_click=wish,
                        args=(questionnaire.id, scope),
                    )


def show_resume() -> None:
    """The assessment last worked on, where it is unfinished."""
    for assessment in store().assessments()[:1]:
        if assessment.questionnaire_id not in questionnaires():
            return
        interview = open_interview(store(), catalogue(), assessment.id)
        if not interview.open_questions:
            return
        tally = progress(interview)
        name = " · ".join(part for part in (assessment.title, assessment.supplier) if part)
        text = words("interview.resume", title=label(name), answered=tally.answered, applicable=tally.applicable)
        st.button(text, icon=":material/play_arrow:", key="resume", on_click=open_interview_in_chat, args=(assessment.id,), wrap=True)


def scope_words(questionnaire: Questionnaire, scope: Scope) -> str:
    """A length with its minutes."""
    return words(f"interview.{scope}", minutes=questionnaire.minutes[scope])


def setup_place() -> tuple[str, str]:
    """Where the page lands while an assessment is set up, and a key that changes with it."""
    wanted, _, text = st.session_state[STARTING]
    return "preparar", f"setup-{wanted}-{text}"


def show_setup() -> None:
    """Which questionnaire, how much of it, for which service of which supplier."""
    st.html(STATIC / "interview.css")
    wanted, scope, text = st.session_state[STARTING]
    every = questionnaires()
    with st.chat_message("assistant", avatar=ICON), st.container(key="setup"):
        known = wanted in every
        title = words("interview.setup", title=every[wanted].title[language()]) if known else words("interview.setup_any")
        st.html(f'<h2 class="asked" id="preparar">{title}</h2>')
        st.markdown(label(every[wanted].intro[language()]) if known else words("interview.setup_line"))
        with st.form("setup", border=False):
            chosen = wanted if known else choose_questionnaire()
            name = st.text_input(words("assessments.service"), placeholder=words("assessments.service_hint"), max_chars=TITLE_CHARS)
            supplier = st.text_input(words("assessments.supplier"), max_chars=TITLE_CHARS)
            length = st.radio(
                words("assessments.scope"), get_args(Scope), index=get_args(Scope).index(scope), format_func=lambda s: length_words(chosen, s)
            )
            with st.container(horizontal=True, gap="small"):
                begun = st.form_submit_button(words("interview.begin"), type="primary")
                cancelled = st.form_submit_button(words("interview.cancel"))
        if text:
            st.button(words("interview.not_meant"), icon=":material/search:", key="not-meant", on_click=ask_guide, args=(text,))
    if cancelled:
        del st.session_state[STARTING]
        st.rerun()
    if begun:
        begin(chosen, name or "", supplier or "", length)


def choose_questionnaire() -> str:
    """The questionnaire, where the wish did not name one."""
    every = questionnaires()
    return str(st.radio(words("assessments.questionnaire"), list(every), format_func=lambda name: label(every[name].title[language()])))


def length_words(questionnaire_id: str, scope: Scope) -> str:
    """A scope with its number of questions, at most, and its minutes."""
    questionnaire = questionnaires()[questionnaire_id]
    count = len(visible_questions(questionnaire, {}, scope))
    return words("assessments.scope_size", scope=tr(f"scopes.{scope}", language()), count=count, minutes=questionnaire.minutes[scope])


def begin(questionnaire_id: str, title: str, supplier: str, scope: Scope) -> None:
    """Store the assessment and show its first question."""
    if not title.strip():
        st.warning(words("assessments.name_it"))
        return
    title, supplier = " ".join(title.split()), " ".join(supplier.split())
    try:
        interview = start_interview(store(), catalogue(), questionnaire_id, title, supplier, scope, locale())
    except AssistantError as error:
        st.error(explain(error, language()))
        return
    del st.session_state[STARTING]
    open_interview_in_chat(interview.assessment.id)
    st.rerun()


def ask_guide(text: str) -> None:
    """The text was a question after all."""
    del st.session_state[STARTING]
    put_question(text)


def suggest_start(answer: Answer) -> None:
    """Under an answer on a questionnaire's topics: the offer to assess one's own situation."""
    found = related_questionnaire(catalogue(), answer.citations)
    if found is None:
        return
    questionnaire = questionnaires()[found]
    text = words("interview.suggest", title=label(questionnaire.title[language()]), minutes=questionnaire.minutes["quick"])
    st.button(text, icon=":material/checklist:", key="suggest-start", on_click=wish, args=(found, "quick"), wrap=True)
