"""The tables: portable types only, and on every row the workspace and the owner it belongs to."""

from __future__ import annotations

from abc import abstractmethod
from datetime import UTC, date, datetime
from typing import Any, cast

from sqlalchemy import JSON, Date, DateTime, Dialect, Double, ForeignKey, Index, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from assistant.models import Answer, Assessment, Scope, Status, StoredAnswer
from assistant.storage.codec import decode
from assistant.storage.records import Conversation, Message, Rating

NAMES = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, kept in UTC also where the database has no time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC."""
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """From UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)  # type: ignore[no-any-return]


class PlainText(TypeDecorator[str]):
    """Text without what databases refuse: NUL characters and halves of surrogate pairs."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Drop NUL, replace what is not UTF-8."""
        return None if value is None else value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


class Base(DeclarativeBase):
    """All tables, with constraint names that later migrations can refer to."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {str: PlainText, datetime: UtcDateTime, float: Double, date: Date, list[str]: JSON, dict[str, Any]: JSON}


class Owned:
    """A row that a person made."""

    workspace_id: Mapped[str] = mapped_column(String(64), sort_order=-2)
    owner_id: Mapped[str] = mapped_column(String(64), sort_order=-1)


class Titled(Owned):
    """A thing with a name of its own that can be listed, renamed, deleted and brought back."""

    id: Mapped[str] = mapped_column(String(64), primary_key=True, sort_order=-3)
    title: Mapped[str]
    created: Mapped[datetime]
    updated: Mapped[datetime]
    deleted: Mapped[datetime | None]
    version: Mapped[int]

    @abstractmethod
    def record(self) -> Conversation | Assessment:
        """The row as a value."""


class ConversationRow(Titled, Base):
    """One thread of questions."""

    __tablename__ = "conversations"
    __table_args__ = (Index(None, "workspace_id", "owner_id", "updated"),)

    searchable: Mapped[str]

    def record(self) -> Conversation:
        """The row as a value."""
        return Conversation(self.id, self.title, self.created, self.updated, self.version)


class MessageRow(Owned, Base):
    """One question with its answer."""

    __tablename__ = "messages"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True, sort_order=-3)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    answer: Mapped[dict[str, Any]]
    searchable: Mapped[str]
    created: Mapped[datetime]
    rating: Mapped[str | None] = mapped_column(String(16))
    reasons: Mapped[list[str]]
    comment: Mapped[str]

    def record(self) -> Message:
        """The row as a value."""
        rating = cast(Rating | None, self.rating)
        return Message(self.id, decode(Answer, self.answer), self.created, rating, tuple(self.reasons), self.comment)


class AssessmentRow(Titled, Base):
    """One questionnaire filled in for one service."""

    __tablename__ = "assessments"
    __table_args__ = (Index(None, "workspace_id", "owner_id", "updated"),)

    supplier: Mapped[str]
    questionnaire_id: Mapped[str] = mapped_column(String(64))
    questionnaire_version: Mapped[int]
    scope: Mapped[str] = mapped_column(String(16))
    locale: Mapped[str] = mapped_column(String(16))
    position: Mapped[str | None] = mapped_column(String(200))
    archived: Mapped[bool]

    def record(self) -> Assessment:
        """The row as a value."""
        return Assessment(
            id=self.id,
            title=self.title,
            supplier=self.supplier,
            questionnaire_id=self.questionnaire_id,
            questionnaire_version=self.questionnaire_version,
            scope=cast(Scope, self.scope),
            locale=self.locale,
            position=self.position,
            created=self.created,
            updated=self.updated,
            archived=self.archived,
            version=self.version,
        )


class AnswerRow(Owned, Base):
    """The answer in force to one question; a cleared one keeps its place, so that its version is never used again."""

    __tablename__ = "answers"

    assessment_id: Mapped[str] = mapped_column(ForeignKey("assessments.id", ondelete="CASCADE"), primary_key=True, sort_order=-4)
    question_id: Mapped[str] = mapped_column(String(200), primary_key=True, sort_order=-3)
    option: Mapped[str | None] = mapped_column(String(200))
    options: Mapped[list[str]]
    number: Mapped[float | None]
    day: Mapped[date | None]
    note: Mapped[str]
    owner: Mapped[str]
    due: Mapped[date | None]
    status: Mapped[str] = mapped_column(String(16))
    na_reason: Mapped[str]
    answered: Mapped[datetime]
    cleared: Mapped[bool]
    version: Mapped[int]

    def record(self) -> StoredAnswer:
        """The row as a value."""
        return StoredAnswer(
            question_id=self.question_id,
            option=self.option,
            options=tuple(self.options),
            number=self.number,
            day=self.day,
            note=self.note,
            owner=self.owner,
            due=self.due,
            status=cast(Status, self.status),
            na_reason=self.na_reason,
            answered=self.answered,
            version=self.version,
        )


class HistoryRow(Owned, Base):
    """An answer as it stood from `recorded` on."""

    __tablename__ = "answer_history"
    __table_args__ = (UniqueConstraint("assessment_id", "question_id", "version"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True, sort_order=-3)
    assessment_id: Mapped[str] = mapped_column(ForeignKey("assessments.id", ondelete="CASCADE"))
    question_id: Mapped[str] = mapped_column(String(200))
    version: Mapped[int]
    answer: Mapped[dict[str, Any]]
    recorded: Mapped[datetime]


class PreferenceRow(Owned, Base):
    """One choice of one person: language, locale, theme."""

    __tablename__ = "preferences"

    workspace_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    owner_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str]
