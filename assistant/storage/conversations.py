"""Conversations and their messages: kept, searched, rated, deleted with undo."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import get_args

from sqlalchemy import exists, or_, select, update

from assistant.errors import AssistantError
from assistant.models import Answer
from assistant.storage.codec import encode
from assistant.storage.owned import OwnedRows, now
from assistant.storage.records import Conversation, Message, Rating
from assistant.storage.tables import ConversationRow, MessageRow

SEARCH_CHARS = 200


class Conversations(OwnedRows):
    """One owner's conversations."""

    def conversations(self, search: str = "") -> list[Conversation]:
        """Newest first; with `search`, those whose title or messages hold all its words, whatever their case and accents."""
        query = select(ConversationRow).where(self._mine(ConversationRow), ConversationRow.deleted.is_(None))
        for word in set(_fold(search[:SEARCH_CHARS]).split()):
            said = exists().where(MessageRow.conversation_id == ConversationRow.id, MessageRow.searchable.contains(word, autoescape=True))
            query = query.where(or_(ConversationRow.searchable.contains(word, autoescape=True), said))
        with self._reading() as session:
            rows = session.scalars(query.order_by(ConversationRow.updated.desc(), ConversationRow.id))
            return [row.record() for row in rows]

    def conversation(self, conversation_id: str) -> Conversation | None:
        """One conversation; None when there is none or it is deleted."""
        with self._reading() as session:
            row = self._find(session, ConversationRow, conversation_id)
            return row.record() if row else None

    def start_conversation(self, title: str) -> Conversation:
        """A new conversation without messages."""
        with self._writing() as session:
            row = ConversationRow(**self._new(title=title, searchable=_fold(title)))
            session.add(row)
            session.flush()
            session.refresh(row)
            return row.record()

    def add_message(self, conversation_id: str, answer: Answer) -> Message:
        """Keep a question with its answer. Raises AssistantError `row_gone` when the conversation is deleted."""
        moment = now()
        row = MessageRow(
            conversation_id=conversation_id,
            answer=encode(answer),
            searchable=_fold(f"{answer.question}\n{answer.text}"),
            created=moment,
            reasons=[],
            comment="",
            **self._marks,
        )
        with self._writing() as session:
            self._change(session, ConversationRow, conversation_id, None, {}, updated=moment)
            session.add(row)
            session.flush()
            session.refresh(row)
            return row.record()

    def messages(self, conversation_id: str) -> list[Message]:
        """A conversation's messages, oldest first."""
        query = select(MessageRow).join(ConversationRow, MessageRow.conversation_id == ConversationRow.id)
        query = query.where(ConversationRow.id == conversation_id, ConversationRow.deleted.is_(None), self._mine(ConversationRow))
        with self._reading() as session:
            return [row.record() for row in session.scalars(query.order_by(MessageRow.id))]

    def rename_conversation(self, conversation_id: str, title: str, version: int) -> Conversation:
        """Give a new title. Raises AssistantError `stale_row`, `row_gone`."""
        with self._writing() as session:
            return self._change(session, ConversationRow, conversation_id, version, {"title": title}, searchable=_fold(title)).record()

    def delete_conversation(self, conversation_id: str) -> None:
        """Hide it until it is restored or purged. Raises AssistantError `row_gone`."""
        self._set_deleted(ConversationRow, conversation_id, now())

    def restore_conversation(self, conversation_id: str) -> None:
        """Undo the deletion. Raises AssistantError `row_gone` when it was purged."""
        self._set_deleted(ConversationRow, conversation_id, None)

    def rate(self, message_id: int, rating: Rating | None, reasons: Iterable[str] = (), comment: str = "") -> Message:
        """Keep what the person thinks of an answer; None takes it back. Raises AssistantError `row_gone`."""
        if rating not in (None, *get_args(Rating)):
            raise ValueError(rating)
        values = {"rating": rating, "reasons": list(reasons), "comment": comment}
        with self._writing() as session:
            session.execute(update(MessageRow).where(MessageRow.id == message_id, self._mine(MessageRow)).values(**values))
            row = session.scalars(select(MessageRow).where(MessageRow.id == message_id, self._mine(MessageRow))).one_or_none()
            if row is None:
                raise AssistantError("row_gone")
            return row.record()


def _fold(text: str) -> str:
    """Without case, accents and width, so that "continuidád" finds "Continuidad"."""
    return "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))
