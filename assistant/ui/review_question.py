"""One question of the form: its answer, the reason where it does not apply, its note; each is saved when it changes."""

from __future__ import annotations

import streamlit as st

from assistant.assess import SAMPLES
from assistant.i18n import tr
from assistant.questionnaire import NOT_APPLICABLE, UNKNOWN, Question, accepts, chosen
from assistant.replies import reply_of, with_reply
from assistant.ui.answer_history import history_html
from assistant.ui.assessments_data import Opened
from assistant.ui.assessments_edit import clear, field, field_key, fill, save, save_field, seen, show_trouble
from assistant.ui.markup import html_text, label
from assistant.ui.session import language, words
from assistant.wording import answer_label

NOTE_CHARS = 4000


def show_question(opened: Opened, question: Question) -> None:
    """The question with everything that may be said to it."""
    assessment_id, answer = opened.assessment.id, opened.answer(question.id)
    row = f"form-{assessment_id}-{question.id}"
    text = reply_of(answer)
    reply = sorted(chosen(text)) if question.type == "multi" else text or None if question.options else text
    with st.container(border=True, gap="small", key=f"question-{question.id}"):
        fill(row, answer, {"reply": reply, "na_reason": answer.na_reason, "note": answer.note})
        show_trouble(row)
        show_reply(row, question, assessment_id)
        if field(row, "reply") == NOT_APPLICABLE:
            show_reason(row, question, assessment_id)
        st.text_area(
            words("review.note_to", question=question.text[language()]),
            height="content",
            key=field_key(row, "note"),
            placeholder=words("review.note"),
            label_visibility="collapsed",
            max_chars=NOTE_CHARS,
            on_change=save_field,
            args=(assessment_id, row, "note"),
        )
        show_foot(row, question, assessment_id, answered=bool(text))


def show_reply(row: str, question: Question, assessment_id: str) -> None:
    """The field of the answer, as its type asks for."""
    code, arguments, key = language(), (assessment_id, row, question), field_key(row, "reply")
    name = question.text[code]
    if question.type == "multi":
        st.pills(
            name,
            option_ids(question),
            selection_mode="multi",
            format_func=lambda option: answer_label(question, option, code),
            key=key,
            on_change=save_reply,
            args=arguments,
        )
    elif question.options:
        st.radio(
            name,
            option_ids(question),
            index=None,
            format_func=lambda option: answer_label(question, option, code),
            key=key,
            on_change=save_reply,
            args=arguments,
        )
    else:
        st.text_input(name, key=key, placeholder=SAMPLES[question.type], on_change=save_reply, args=arguments)
    if unread := st.session_state.pop(field_key(row, "unread"), ""):
        st.warning(words("review.unread", text=label(unread), example=SAMPLES[question.type]))


def option_ids(question: Question) -> list[str]:
    """What may be chosen: the options, "I don't know", and "not applicable" where it is offered."""
    return [option.id for option in question.options] + [UNKNOWN] + [NOT_APPLICABLE] * question.not_applicable


def show_reason(row: str, question: Question, assessment_id: str) -> None:
    """Why the question does not apply; without it nothing is saved."""
    st.text_area(
        words("review.na_reason"),
        height="content",
        key=field_key(row, "na_reason"),
        max_chars=NOTE_CHARS,
        on_change=save_reply,
        args=(assessment_id, row, question),
    )
    if not (field(row, "na_reason") or "").strip():
        st.warning(words("review.na_needed"))


def show_foot(row: str, question: Question, assessment_id: str, answered: bool) -> None:
    """Why it is asked, what counts as proof, what was answered before, and the ways to "I don't know" and to no answer."""
    code = language()
    proof = "; ".join(question.evidence[code] if question.evidence else ())
    parts = [html_text(question.why[code])] + ([f"<strong>{words('results.evidence')}</strong> {html_text(proof)}"] if proof else [])
    st.html(f'<details class="why"><summary>{words("review.why")}</summary><p>{"</p><p>".join(parts)}</p></details>')
    if history := history_html(assessment_id, question):
        st.html(history)
    with st.container(horizontal=True):
        if not question.options:
            st.button(tr("answers.unknown", code), key=field_key(row, "unknown"), on_click=set_unknown, args=(assessment_id, row, question))
        if answered:
            st.button(words("review.clear"), type="tertiary", key=field_key(row, "clear"), on_click=clear, args=(assessment_id, row))


def save_reply(assessment_id: str, row: str, question: Question) -> None:
    """Save the answer as it is set; "not applicable" waits for its reason, what cannot be read is said and not saved."""
    given = field(row, "reply")
    if question.type == "multi":
        given = ",".join(exclusive(list(given or ()), seen(row).option))
    text, reason = str(given or "").strip(), str(field(row, "na_reason") or "").strip()
    if not text:
        clear(assessment_id, row)
    elif not accepts(question, text):
        st.session_state[field_key(row, "unread")] = text
    elif text != NOT_APPLICABLE or reason:
        save(assessment_id, row, with_reply(seen(row), question, text, reason))
        st.session_state.pop(field_key(row, "reply"), None)


def exclusive(given: list[str], before: str | None) -> list[str]:
    """Choices of which "I don't know" goes with no other: the one that came last wins."""
    if UNKNOWN not in given:
        return given
    return [UNKNOWN] if before != UNKNOWN else [option for option in given if option != UNKNOWN] or [UNKNOWN]


def set_unknown(assessment_id: str, row: str, question: Question) -> None:
    """Answer "I don't know" to a question without options."""
    save(assessment_id, row, with_reply(seen(row), question, UNKNOWN))
    st.session_state.pop(field_key(row, "reply"), None)
