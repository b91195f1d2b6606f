"""Keeps conversations, assessments and preferences; SQLAlchemy is known here alone, and loaded when the store is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistant.models import Assessment, StoredAnswer
from assistant.settings import Settings
from assistant.storage.records import Conversation, Message, Rating

if TYPE_CHECKING:
    from assistant.storage.store import Store

LOCAL = "local"  # workspace and owner until people sign in

__all__ = ["LOCAL", "Assessment", "Conversation", "Message", "Rating", "Store", "StoredAnswer", "open_store"]


def open_store(settings: Settings, workspace: str = LOCAL, owner: str = LOCAL) -> Store:
    """The store of one owner in one workspace, its tables brought up to date; may be shared between threads.

    Raises AssistantError when the database cannot be used: see `database.open_database`.
    """
    from assistant.storage.store import connect

    return connect(settings, workspace, owner)


def __getattr__(name: str) -> Any:
    if name == "Store":
        from assistant.storage.store import Store

        return Store
    raise AttributeError(name)
