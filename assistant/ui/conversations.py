"""The history of conversations in the sidebar: open, search, rename, delete with undo."""

from __future__ import annotations

from datetime import date

import streamlit as st

from assistant.errors import AssistantError
from assistant.i18n import explain
from assistant.storage import Conversation
from assistant.ui.markup import label
from assistant.ui.pages import chat_page
from assistant.ui.session import (
    CONVERSATION_PARAM,
    QUESTION,
    conversation_id,
    language,
    local,
    open_conversation,
    open_interview_in_chat,
    store,
    words,
)

SHOWN = 20  # conversations before "show more"
SEARCH_FROM = 6  # conversations from which a search field helps
ACTIONS = ("rename", "delete")


def show_conversations(today: date) -> None:
    """New conversation, the undo of a deletion, and what was asked before."""
    if st.button(words("conversations.new"), icon=":material/add:", type="primary", width="stretch", key="new-conversation"):
        go_to(None)
    show_undo()
    every = store().conversations()
    search = search_field() if len(every) >= SEARCH_FROM else ""
    found = store().conversations(search) if search else every
    if not found:
        st.caption(words("conversations.none_found" if search else "conversations.none"))
    limit = len(found) if st.session_state.get("history-all") else SHOWN
    for age, group in by_age(found[:limit], today).items():
        st.html(f'<p class="kicker">{words(f"conversations.{age}")}</p>')
        with st.container(gap="xxsmall", key=f"age-{age}"):
            for conversation in group:
                show_row(conversation)
    if len(found) > limit:
        st.button(words("conversations.more"), type="tertiary", key="history-all")


def search_field() -> str:
    """Words to look for in titles and messages."""
    asked = st.text_input(words("conversations.search"), type="search", key="history-search", placeholder=words("conversations.search_hint"))
    return (asked or "").strip()


def show_row(conversation: Conversation) -> None:
    """One conversation with its menu."""
    is_open = conversation.id == conversation_id()
    with st.container(horizontal=True, wrap=False, gap=None, vertical_alignment="center", key=f"row-{'open-' if is_open else ''}{conversation.id}"):
        if st.button(label(conversation.title), type="tertiary", width="stretch", key=f"open-{conversation.id}"):
            go_to(conversation.id)
        action = st.menu_button(
            label(words("conversations.actions", title=conversation.title)),
            ACTIONS,
            format_func=lambda name: words(f"conversations.{name}"),
            icon=":material/more_horiz:",
            type="tertiary",
            key=f"menu-{conversation.id}",
        )
    if action == "rename":
        st.dialog(words("conversations.rename"))(show_rename)(conversation)
    elif action == "delete":
        delete(conversation)


def show_rename(conversation: Conversation) -> None:
    """The form for a new title."""
    with st.form("rename", border=False):
        title = st.text_input(words("conversations.title"), value=conversation.title, max_chars=120)
        saved = st.form_submit_button(words("conversations.save"), type="primary")
    if not saved or not (title or "").strip():
        return
    try:
        store().rename_conversation(conversation.id, " ".join(str(title).split()), conversation.version)
    except AssistantError as error:
        st.error(explain(error, language()))
        return
    st.rerun()


def delete(conversation: Conversation) -> None:
    """Delete a conversation and remember it for undo."""
    store().delete_conversation(conversation.id)
    st.session_state["deleted"] = conversation
    if conversation.id == conversation_id():
        open_conversation(None)
    st.rerun()


def show_undo() -> None:
    """What was deleted last, and the way back."""
    deleted: Conversation | None = st.session_state.get("deleted")
    if deleted is None:
        return
    with st.container(border=True, key="undo"):
        st.caption(words("conversations.deleted", title=label(deleted.title)))
        if st.button(words("conversations.undo"), icon=":material/undo:", key="undo-delete"):
            st.session_state.pop("deleted")
            store().restore_conversation(deleted.id)
            go_to(deleted.id)


def go_to(conversation: str | None) -> None:
    """Show a conversation, or the first screen, in the chat."""
    open_conversation(conversation)
    open_interview_in_chat(None)
    for name in ("deleted", QUESTION):
        st.session_state.pop(name, None)
    st.switch_page(chat_page(), query_params={CONVERSATION_PARAM: conversation} if conversation else None)


def by_age(conversations: list[Conversation], today: date) -> dict[str, list[Conversation]]:
    """Conversations under "today", "yesterday", "week" and "earlier", in that order; empty ones are left out."""
    groups: dict[str, list[Conversation]] = {"today": [], "yesterday": [], "week": [], "earlier": []}
    for conversation in conversations:
        days = (today - local(conversation.updated).date()).days
        age = "today" if days <= 0 else "yesterday" if days == 1 else "week" if days <= 7 else "earlier"
        groups[age].append(conversation)
    return {age: group for age, group in groups.items() if group}
