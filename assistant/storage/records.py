"""What a conversation is to the rest of the product; the values that other modules know too are in `models`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from assistant.models import Answer

Rating = Literal["up", "down"]


@dataclass(frozen=True, slots=True)
class Conversation:
    """A thread of questions; `updated` is when it was last asked something, `version` counts its titles."""

    id: str
    title: str
    created: datetime
    updated: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Message:
    """One question with its answer as it was shown, and what the person thought of it."""

    id: int
    answer: Answer
    created: datetime
    rating: Rating | None
    reasons: tuple[str, ...]
    comment: str
