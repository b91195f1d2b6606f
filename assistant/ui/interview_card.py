"""The card of one question: its options as buttons, why it is asked, what proves the answer, and the ways on."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from assistant.i18n import date_pattern, tr, tr_list
from assistant.interview import Card, back, skip
from assistant.models import Passage, StoredAnswer
from assistant.questionnaire import HOURS, NOT_APPLICABLE, UNKNOWN, Question, chosen
from assistant.replies import reply_of
from assistant.ui.browser import land_on
from assistant.ui.citations import origin, passage_title
from assistant.ui.interview_moves import SAVED, act, answer, answer_field, answer_not_applicable, leave, save_details
from assistant.ui.markup import html_text, label, passage_html
from assistant.ui.pages import guide_page, section_address
from assistant.ui.session import interview_id, language, locale, words
from assistant.wording import answer_label

Kind = Literal["primary", "secondary"]
NOTE_CHARS, NAME_CHARS, NOTE_HEIGHT, REASON_HEIGHT = 4000, 120, 90, 68


def show_card(card: Card, aside: bool) -> None:
    """The question with everything that can be done about it; after an aside the page stays where that was answered."""
    question, version = card.question, card.answer.version if card.answer else 0
    anchor = f"pregunta-{question.id}"
    with st.container(key="card", gap="small"):
        st.html(card_html(card, anchor))
        show_replies(card, version)
        with st.container(horizontal=True, gap="xsmall", key="asides"):
            show_why(card)
            show_evidence(question)
            show_details(card, version)
        show_ways(card)
    if not aside:
        land_on(anchor, f"card-{question.id}", "")


def card_html(card: Card, anchor: str) -> str:
    """Section and question; what was saved before it, and whether the question is new."""
    code, kicker = language(), [html_text(card.section[language()])]
    if not card.profile:
        kicker.append(tr(f"criticality.{card.question.criticality}", code))
    if card.added:
        kicker.append(words("interview.new"))
    saved = f'<p class="saved" role="status">{saved_line()}</p>' if SAVED in st.session_state else ""
    return (
        f'{saved}<p class="kicker">{" · ".join(kicker)}</p><h2 class="asked" id="{anchor}" tabindex="-1">{html_text(card.question.text[code])}</h2>'
    )


def saved_line() -> str:
    """The reply that was just saved."""
    from assistant.ui.assessments_data import catalogue

    question_id, reply = st.session_state[SAVED]
    every = (catalogue().profile, *catalogue().questionnaires.values())
    question = next(found for questionnaire in every if (found := questionnaire.find(question_id)))
    return html_text(words("interview.saved", answer=answer_label(question, reply, language(), locale())))


def show_replies(card: Card, version: int) -> None:
    """Options as buttons or a field, then "I don't know" and "not applicable"."""
    question, assessment_id = card.question, interview_id() or ""
    given = chosen(reply_of(card.answer))
    with st.container(gap="xsmall", key="options"):
        if question.type == "single":
            for option in question.options:
                kind = kind_of(option.id in given)
                arguments = (assessment_id, question.id, version, option.id)
                text = label(option.label[language()])
                st.button(text, key=f"option-{question.id}-{option.id}", type=kind, width="stretch", on_click=answer, args=arguments, wrap=True)
        else:
            show_field(question, card.answer, version)
    with st.container(horizontal=True, gap="xsmall", key="others"):
        arguments = (assessment_id, question.id, version, UNKNOWN)
        st.button(tr("answers.unknown", language()), key=f"unknown-{question.id}", type=kind_of(UNKNOWN in given), on_click=answer, args=arguments)
        if question.not_applicable:
            show_not_applicable(card, version)


def show_field(question: Question, given: StoredAnswer | None, version: int) -> None:
    """Several options to tick, or a value to write."""
    key, code, name = f"field-{question.id}", language(), words("interview.value")
    unit_key = f"unit-{question.id}" if question.type == "duration" else ""
    before = reply_of(given)
    if question.type == "multi":
        options = [option.id for option in question.options]
        ticked = [option for option in options if option in chosen(before)]
        st.pills(
            label(question.text[code]),
            options,
            selection_mode="multi",
            default=ticked,
            key=key,
            label_visibility="collapsed",
            format_func=lambda option: label(answer_label(question, option, code)),
        )
    elif question.type == "date":
        st.date_input(name, value=given.day if given else None, key=key, format=date_pattern(locale()))
    else:
        number, _, unit = before.partition(" ")
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            value = float(number.replace(",", ".")) if number and unit in ("", *HOURS) and number[0].isdigit() else None
            st.number_input(name, min_value=0.0, value=value, step=1.0, format="%g", key=key, width=160)
            if unit_key:
                show_unit(unit if unit in HOURS else "h", unit_key)
    arguments = (interview_id() or "", question, version, key, unit_key)
    st.button(words("conversations.save"), key=f"save-{question.id}", type="primary", on_click=answer_field, args=arguments)


def show_unit(unit: str, key: str) -> None:
    """The unit of a duration."""
    names = dict(zip(HOURS, tr_list("ui.interview.units", language()), strict=True))
    st.segmented_control(words("interview.unit"), list(HOURS), default=unit, required=True, format_func=lambda code: names[code], key=key)


def kind_of(chosen: bool) -> Kind:
    """How a button looks: the reply in force stands out."""
    return "primary" if chosen else "secondary"


def show_not_applicable(card: Card, version: int) -> None:
    """The answer "not applicable" with its reason, without which it is not saved."""
    question, key = card.question, f"reason-{card.question.id}"
    with st.popover(tr("answers.not_applicable", language()), key=f"na-{question.id}", type=kind_of(card.state == NOT_APPLICABLE)):
        reason = card.answer.na_reason if card.answer else ""
        st.text_area(words("interview.reason"), reason, height=REASON_HEIGHT, key=key, max_chars=NOTE_CHARS)  # low, or a phone cuts the button
        arguments = (interview_id() or "", question.id, version, key)
        st.button(words("conversations.save"), key=f"na-save-{question.id}", type="primary", on_click=answer_not_applicable, args=arguments)


def show_why(card: Card) -> None:
    """Why the question is asked, with the passages of the guide that say so."""
    with st.popover(words("interview.why"), icon=":material/help:", type="tertiary", key=f"why-{card.question.id}"):
        st.html(f'<p class="why">{html_text(card.question.why[language()])}</p>')
        for passage in card.guidance:
            show_guidance(passage)


def show_guidance(passage: Passage) -> None:
    """One passage, where it comes from and the way to it."""
    title = html_text(passage_title(passage))
    st.html(f'<p class="kicker">{title}</p>{passage_html(passage)}<p class="origin">{html_text(origin(passage))}</p>')
    st.page_link(guide_page(), label=words("open_in_guide"), icon=":material/menu_book:", query_params=section_address(passage))


def show_evidence(question: Question) -> None:
    """What counts as proof."""
    if not question.evidence:
        return
    with st.popover(words("interview.evidence"), icon=":material/verified:", type="tertiary", key=f"proof-{question.id}"):
        items = "".join(f"<li>{html_text(line)}</li>" for line in question.evidence[language()])
        st.html(f'<p class="kicker">{words("interview.evidence_line")}</p><ul class="proof">{items}</ul>')


def show_details(card: Card, version: int) -> None:
    """Note, owner and due date; each is saved when it changes."""
    if card.profile:
        return
    given, key = card.answer or StoredAnswer(card.question.id), f"details-{card.question.id}"
    arguments = (interview_id() or "", card.question.id, version, key)
    name = words("interview.details_filled" if given.note or given.owner or given.due else "interview.details")
    with st.popover(name, icon=":material/edit_note:", type="tertiary", key=f"notes-{card.question.id}"):
        note, owner, due = (words(f"interview.{field}") for field in ("note", "owner", "due"))
        st.text_area(note, given.note, height=NOTE_HEIGHT, key=f"{key}-note", max_chars=NOTE_CHARS, on_change=save_details, args=arguments)
        with st.grid(2, min_column_width=130):  # side by side on a phone too, or the date falls below the edge
            st.text_input(owner, given.owner, key=f"{key}-owner", max_chars=NAME_CHARS, on_change=save_details, args=arguments)
            st.date_input(due, given.due, key=f"{key}-due", format=date_pattern(locale()), on_change=save_details, args=arguments)


def show_ways(card: Card) -> None:
    """Back, skip or on, pause."""
    go_back, go_on = (interview_id() or "", back), (interview_id() or "", skip)
    onward = "skip" if card.state == "unanswered" else "next"
    with st.container(horizontal=True, gap="xsmall", key="ways"):
        st.button(words("interview.back"), icon=":material/arrow_back:", key="way-back", disabled=card.first, on_click=act, args=go_back)
        st.button(words(f"interview.{onward}"), icon=":material/arrow_forward:", key="way-skip", on_click=act, args=go_on)
        st.button(words("interview.pause"), icon=":material/pause:", key="way-pause", on_click=leave)
