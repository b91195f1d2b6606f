"""Conversations, assessments and preferences, each row with its workspace and owner."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _create_conversations()
    _create_assessments()
    _create_answers()
    op.create_table("preferences", *_owned(True), sa.Column("key", sa.String(64), primary_key=True), sa.Column("value", sa.Text, nullable=False))


def _owned(primary_key: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.String(64), nullable=False, primary_key=primary_key) for name in ("workspace_id", "owner_id")]


def _time(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _titled() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.String(64), primary_key=True),
        *_owned(),
        *_text("title"),
        _time("created"),
        _time("updated"),
        _time("deleted", nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
    ]


def _create_conversations() -> None:
    op.create_table("conversations", *_titled(), *_text("searchable"))
    op.create_index("ix_conversations_workspace_id_owner_id_updated", "conversations", ["workspace_id", "owner_id", "updated"])
    op.create_table(
        "messages",
        sa.Column("id", sa.Integer, primary_key=True),
        *_owned(),
        sa.Column("conversation_id", sa.String(64), sa.ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
        sa.Column("answer", sa.JSON, nullable=False),
        *_text("searchable"),
        _time("created"),
        sa.Column("rating", sa.String(16)),
        sa.Column("reasons", sa.JSON, nullable=False),
        *_text("comment"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_messages_conversation_id", "messages", ["conversation_id"])


def _create_assessments() -> None:
    op.create_table(
        "assessments",
        *_titled(),
        *_text("supplier"),
        sa.Column("questionnaire_id", sa.String(64), nullable=False),
        sa.Column("questionnaire_version", sa.Integer, nullable=False),
        sa.Column("scope", sa.String(16), nullable=False),
        sa.Column("locale", sa.String(16), nullable=False),
        sa.Column("position", sa.String(200)),
        sa.Column("archived", sa.Boolean, nullable=False),
    )
    op.create_index("ix_assessments_workspace_id_owner_id_updated", "assessments", ["workspace_id", "owner_id", "updated"])


def _create_answers() -> None:
    op.create_table(
        "answers",
        sa.Column("assessment_id", sa.String(64), sa.ForeignKey("assessments.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("question_id", sa.String(200), primary_key=True),
        *_owned(),
        sa.Column("option", sa.String(200)),
        sa.Column("options", sa.JSON, nullable=False),
        sa.Column("number", sa.Double),
        sa.Column("day", sa.Date),
        *_text("note", "owner"),
        sa.Column("due", sa.Date),
        sa.Column("status", sa.String(16), nullable=False),
        *_text("na_reason"),
        _time("answered"),
        sa.Column("cleared", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_table(
        "answer_history",
        sa.Column("id", sa.Integer, primary_key=True),
        *_owned(),
        sa.Column("assessment_id", sa.String(64), sa.ForeignKey("assessments.id", ondelete="CASCADE"), nullable=False),
        sa.Column("question_id", sa.String(200), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("answer", sa.JSON, nullable=False),
        _time("recorded"),
        sa.UniqueConstraint("assessment_id", "question_id", "version"),
        sqlite_autoincrement=True,
    )
