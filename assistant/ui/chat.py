"""The chat page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from assistant.errors import AssistantError
from assistant.i18n import explain
from assistant.models import Answer
from assistant.storage import Message
from assistant.ui.answers import asked, newest, question_anchor, question_buttons, read_out, show_answer, show_exchange
from assistant.ui.browser import land_on
from assistant.ui.interview_start import setup_place, show_setup, show_starts, starting, wishes_start
from assistant.ui.session import QUESTION, conversation_id, language, open_conversation, store, waiting_question, words
from assistant.ui.startup import STALE_INDEX, offer_preparation, ready_assistant, show_preparation, show_weak_model
from assistant.ui.topics import example_questions, topics

if TYPE_CHECKING:
    from assistant.answer import Assistant

TITLE_CHARS = 80
DRAFT, UNANSWERED, UNSAVED = "draft", "unanswered", "unsaved"


def show_chat() -> None:
    """The open conversation, or the first screen; then the question that was just asked."""
    messages = opened_messages()
    assistant = ready_assistant()
    if DRAFT in st.session_state:
        st.session_state["typed"] = st.session_state.pop(DRAFT)
    with st.bottom:
        progress = st.container()
        typed = st.chat_input(words("chat.placeholder"), key="typed", disabled=assistant is None)
    question = waiting_question() or typed
    if question and assistant and wishes_start(assistant, question):
        question = None
    if not messages and not question and not starting():
        show_welcome()
    for message in messages:
        show_exchange(message, last=message is messages[-1] and not question)
    land_on(*(setup_place() if starting() and not question else landing_place(messages, question)))
    if question and assistant:
        ask(assistant, question, messages)
    elif question:
        show_waiting(question)
    elif starting():
        show_setup()
    else:
        show_weak_model()
        show_trouble()
    if assistant is None:
        with progress:
            show_preparation()


def opened_messages() -> list[Message]:
    """Messages of the open conversation; one that is gone is closed with a word."""
    current = conversation_id()
    if current is None:
        return []
    if store().conversation(current) is None:
        open_conversation(None)
        st.warning(words("chat.gone"))
        return []
    open_conversation(current)
    return store().messages(current)


def landing_place(messages: list[Message], question: str | None) -> tuple[str, str]:
    """The id to scroll to, the newest question's, and a key that changes with it."""
    if question:
        return question_anchor(UNANSWERED), f"asking-{len(messages)}"
    if messages:
        return question_anchor(str(messages[-1].id)), f"message-{messages[-1].id}"
    return "", "welcome"


def show_welcome() -> None:
    """What the assistant does, its limit, and questions to begin with."""
    with st.container(key="welcome"):
        st.title(words("welcome.title"), anchor=False)
        st.markdown(words("welcome.line", topics=len(topics())))
        st.html(f'<p class="kicker">{words("welcome.examples")}</p>')
        question_buttons(example_questions(), "example")
        show_starts()


def show_waiting(question: str) -> None:
    """A question asked before the assistant is ready: it is answered as soon as that is so."""
    with newest(), asked(question, UNANSWERED):
        st.caption(words("start.waiting"))


def ask(assistant: Assistant, question: str, messages: list[Message]) -> None:
    """Answer a question, keep it, read it out, and run the page again; what fails is said there."""
    for name in (QUESTION, UNANSWERED, UNSAVED):
        st.session_state.pop(name, None)
    try:
        with newest(), asked(question, UNANSWERED):
            read_out(assistant.stream(question, [message.answer.question for message in messages], language()), keep)
    except AssistantError as error:
        st.session_state.update({DRAFT: question, UNANSWERED: error})
    st.rerun()


def keep(answer: Answer) -> str:
    """Store an answer in the open conversation, begun if there is none; returns its key in the page."""
    try:
        current = conversation_id() or store().start_conversation(title_of(answer.question)).id
        message = store().add_message(current, answer)
    except AssistantError as error:
        st.session_state[UNSAVED] = (answer, error)
        return UNSAVED
    open_conversation(current)
    return str(message.id)


def title_of(question: str) -> str:
    """A conversation's first title: its first question, shortened at a word."""
    text = " ".join(question.split())
    return text if len(text) <= TITLE_CHARS else text[:TITLE_CHARS].rsplit(" ", 1)[0] + "…"


def show_trouble() -> None:
    """A question that failed, with a way on; an answer that could not be kept."""
    if UNSAVED in st.session_state:
        answer, error = st.session_state[UNSAVED]
        with newest(), asked(answer.question, UNSAVED):
            show_answer(answer, UNSAVED)
            st.error(words("chat.unsaved", reason=explain(error, language())))
    if UNANSWERED in st.session_state:
        failed: AssistantError = st.session_state[UNANSWERED]
        st.error(explain(failed, language()))
        if failed.key in STALE_INDEX:
            offer_preparation()
