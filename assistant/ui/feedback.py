"""Thumbs with reasons under an answer."""

from __future__ import annotations

import streamlit as st

from assistant.storage import Message, Rating
from assistant.ui.session import store, words

THUMBS: tuple[Rating, ...] = ("down", "up")  # the order of st.feedback's values
REASONS = ("unsupported", "off_topic", "incomplete", "unclear", "outdated")
REFUSAL_REASONS = ("covered", "misread", "unclear")


def show_thumbs(message: Message) -> None:
    """Thumbs; a choice is kept at once."""
    kept = THUMBS.index(message.rating) if message.rating else None
    value = st.feedback("thumbs", key=f"thumbs-{message.id}", default=kept)
    rating = None if value is None else THUMBS[value]
    if rating != message.rating:
        store().rate(message.id, rating, message.reasons if rating == "down" else (), message.comment)
        st.rerun()


def show_reasons(message: Message) -> None:
    """What was wrong with an answer that got a thumb down."""
    if message.rating != "down":
        return
    offered = REASONS if message.answer.found else REFUSAL_REASONS
    with st.container(key=f"reasons-{message.id}"):
        reasons = st.pills(
            words("feedback.why"),
            offered,
            selection_mode="multi",
            default=[reason for reason in message.reasons if reason in offered],
            format_func=lambda reason: words(f"feedback.reasons.{reason}"),
            key=f"why-{message.id}",
        )
        comment = st.text_input(words("feedback.comment"), value=message.comment, key=f"comment-{message.id}", max_chars=1000)
    if (tuple(reasons), comment) != (message.reasons, message.comment):
        store().rate(message.id, "down", reasons, comment or "")
    if reasons or comment:
        st.caption(words("feedback.thanks"))
