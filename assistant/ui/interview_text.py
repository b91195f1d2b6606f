"""What is typed while a question waits: a reply to confirm, a question of one's own, or a move."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from assistant.errors import AssistantError
from assistant.free_text import Kind, Reading, read_text
from assistant.i18n import languages, tr
from assistant.interview import Card, Interview, back, find_question, skip
from assistant.language import detect_language
from assistant.questionnaire import NOT_APPLICABLE, UNKNOWN, Question
from assistant.ui.answers import asked, question_anchor, show_answer
from assistant.ui.browser import land_on
from assistant.ui.chat import keep, opened_messages
from assistant.ui.interview_moves import ASIDE, PROPOSED, TROUBLE, UNSURE, act, answer, leave, save_details
from assistant.ui.markup import label
from assistant.ui.session import QUESTION, interview_id, language, locale, put_question, words
from assistant.wording import answer_label

if TYPE_CHECKING:
    from assistant.answer import Assistant


def hear(assistant: Assistant, interview: Interview, text: str) -> None:
    """Read a text and run the page again with what follows from it."""
    to_guide = QUESTION in st.session_state
    for name in (QUESTION, PROPOSED, UNSURE, ASIDE):
        st.session_state.pop(name, None)
    at_end = interview.position not in {question.id for question in interview.questions}
    if to_guide or at_end:
        ask_aside(assistant, text)
    else:
        hear_reply(assistant, interview, text)
    st.rerun()


def hear_reply(assistant: Assistant, interview: Interview, text: str) -> None:
    """Propose the reply that a text fits, answer the question that it is, make the move that it asks for, or say that it is unclear."""
    spoken = detect_language(text, (), language())
    question = find_question(interview, interview.position)
    spoken = spoken if spoken in languages() else language()
    reading = read_text(text, question, spoken, assistant.retriever.embeddings)
    if reading.kind is Kind.UNSURE:
        reading = ask_model(assistant, text, question, spoken)
    if reading.kind is Kind.QUESTION:
        ask_aside(assistant, text)
    elif reading.kind is Kind.REPLY:
        st.session_state[PROPOSED] = (question.id, reading.value, text)
    elif reading.kind is Kind.UNSURE:
        st.session_state[UNSURE] = (question.id, text)
    elif reading.value == "pause":
        leave()
    else:
        act(interview.assessment.id, back if reading.value == "back" else skip)


def ask_model(assistant: Assistant, text: str, question: Question, spoken: str) -> Reading:
    """What a language model, where there is one, takes the text for: an option to be confirmed, else still unclear."""
    from assistant.model_tasks import propose_option

    if assistant.chat_model is None or question.type != "single":
        return Reading(Kind.UNSURE)
    options = {option.id: option.label[spoken] for option in question.options} | {UNKNOWN: tr("answers.unknown", spoken)}
    with st.spinner(words("chat.searching")):
        option = propose_option(assistant.chat_model, text, question.text[spoken], options, spoken)
    return Reading(Kind.REPLY, option) if option else Reading(Kind.UNSURE)


def ask_aside(assistant: Assistant, question: str) -> None:
    """Answer a question from the guide and keep it in the conversation; the pending card follows."""
    try:
        with st.spinner(words("chat.searching")):
            found = assistant.ask(question, [message.answer.question for message in opened_messages()], language())
        st.session_state[ASIDE] = (found, keep(found))
    except AssistantError as error:
        st.session_state[TROUBLE] = error


def show_aside() -> bool:
    """The question that was asked in between, with its cited answer; whether there is one."""
    if ASIDE not in st.session_state:
        return False
    found, key = st.session_state[ASIDE]
    with st.container(key="aside"):
        with asked(found.question, key):
            show_answer(found, key)
        st.html(f'<p class="kicker">{words("interview.pending")}</p>')
    land_on(question_anchor(key), f"aside-{key}")
    return True


def show_reading(interview: Interview, card: Card) -> None:
    """How a text was read, to be confirmed; or that it was not understood."""
    question = card.question
    version = card.answer.version if card.answer else 0
    if st.session_state.get(PROPOSED, ("",))[0] == question.id:
        _, reply, text = st.session_state[PROPOSED]
        show_proposal(card, version, reply, text)
    elif st.session_state.get(UNSURE, ("",))[0] == question.id:
        show_unsure(interview.assessment.id, card, version, st.session_state[UNSURE][1])


def show_proposal(card: Card, version: int, reply: str, text: str) -> None:
    """The reply that a text seems to be, with the text as note, or as the reason why it does not apply."""
    arguments: dict[str, object] = {"na_reason": text} if reply == NOT_APPLICABLE else {"note": joined_note(card, text)}
    with st.container(border=True, key="proposal"):
        st.markdown(words("interview.proposal", text=label(text), answer=label(answer_label(card.question, reply, language(), locale()))))
        with st.container(horizontal=True, gap="small"):
            base = (interview_id() or "", card.question.id, version, reply)
            st.button(words("interview.confirm"), type="primary", key="confirm", on_click=answer, args=base, kwargs=arguments)
            st.button(words("interview.choose"), key="choose", on_click=drop, args=(PROPOSED,))


def show_unsure(assessment_id: str, card: Card, version: int, text: str) -> None:
    """The text fits no option clearly: choose one, keep the text as note, or ask the guide."""
    with st.container(border=True, key="unsure"):
        st.markdown(words("interview.unsure", text=label(text)))
        with st.container(horizontal=True, gap="small"):
            st.button(words("interview.as_note"), key="as-note", on_click=save_note, args=(assessment_id, card, version, text))
            st.button(words("interview.as_question"), key="as-question", on_click=put_question, args=(text,))


def save_note(assessment_id: str, card: Card, version: int, text: str) -> None:
    """Keep a text as the question's note; owner and date stay."""
    given = card.answer
    key = f"noted-{card.question.id}"
    fields = {"note": joined_note(card, text), "owner": given.owner if given else "", "due": given.due if given else None}
    st.session_state.update({f"{key}-{name}": value for name, value in fields.items()})
    save_details(assessment_id, card.question.id, version, key)


def joined_note(card: Card, text: str) -> str:
    """The note there is, with a text under it."""
    return "\n".join(part for part in (card.answer.note if card.answer else "", text) if part)


def drop(name: str) -> None:
    """Forget a reading."""
    st.session_state.pop(name, None)
