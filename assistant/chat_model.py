"""The optional language model: one LangChain chat model with a time limit, one retry, and a rest after a failure.

Whatever goes wrong with it becomes an AssistantError `chat_model_*`; what was known without it is then shown instead.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

from assistant.errors import AssistantError
from assistant.settings import Settings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

log = logging.getLogger(__name__)

PROMPTS = Path(__file__).parent / "prompts"
RETRIES = 1
REST_SECONDS = 30.0  # no further request for so long after one that failed: the next questions are answered at once
FIRST_PIECE = 0.5  # of the time limit, until the first words: a reader must not wait for a model that has not even begun
TOKENS_A_WORD = 3  # of the longest answer: Spanish words take about two, marks and lists the rest
Shape = TypeVar("Shape", bound=BaseModel)
MASK = "•••"
END = None  # closes the queue between the model's thread and its reader


@dataclass(slots=True)
class ChatModel:
    """A chat model as the assistant speaks to it; `failure` and `resting_until` remember the last request that failed."""

    name: str  # "provider:model"
    model: BaseChatModel
    seconds: float  # for one answer
    failure: AssistantError | None = None
    resting_until: float = field(default=0.0)

    def stream(self, system: str, user: str) -> Iterator[str]:
        """The reply as it is written. Raises AssistantError `chat_model_*`, also when the time limit passes in the middle of it."""
        self._check_rested()
        pieces: queue.Queue[str | AssistantError | None] = queue.Queue()
        stopped = threading.Event()
        threading.Thread(target=self._write, args=(system, user, pieces, stopped), name="chat-model", daemon=True).start()
        started = time.monotonic()
        limit = FIRST_PIECE * self.seconds
        try:
            while (piece := self._next(pieces, started + limit)) is not END:
                limit = self.seconds
                yield piece
        finally:
            stopped.set()

    def complete(self, system: str, user: str) -> str:
        """The whole reply. Raises AssistantError `chat_model_*`."""
        return "".join(self.stream(system, user))

    def structured(self, system: str, user: str, shape: type[Shape]) -> Shape | None:
        """The reply as `shape`: by the model's own structured output where it has one; None where that gives nothing usable.

        Raises AssistantError `chat_model_*` when the model cannot be reached.
        """
        self._check_rested()
        from langchain_core.exceptions import ModelError

        try:
            reply = self.model.with_structured_output(shape).invoke(_messages(system, user))
        except ModelError as error:
            raise self._failed(error) from error
        except Exception as error:  # a model without structured output, or one whose output is not of the shape: each provider says it its own way
            log.info("no structured output from %s: %s", self.name, type(error).__name__)
            return None
        return reply if isinstance(reply, shape) else None

    def check(self) -> float:
        """Seconds until the model answers a greeting. Raises AssistantError `chat_model_*`."""
        self.resting_until = 0.0
        started = time.monotonic()
        self.complete("Reply with one word.", "OK?")
        return time.monotonic() - started

    def _write(self, system: str, user: str, pieces: queue.Queue[str | AssistantError | None], stopped: threading.Event) -> None:
        try:
            for chunk in self.model.stream(_messages(system, user)):
                if stopped.is_set():
                    return
                pieces.put(str(chunk.text))
            pieces.put(END)
        except Exception as error:  # each provider has errors of its own; the reader's thread must learn of every one
            if not stopped.is_set():
                pieces.put(self._failed(error))

    def _next(self, pieces: queue.Queue[str | AssistantError | None], deadline: float) -> str | None:
        try:
            piece = pieces.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise self._rest(AssistantError("chat_model_slow", model=self.name, seconds=f"{self.seconds:g}")) from None
        if isinstance(piece, AssistantError):
            raise piece
        return piece

    def _check_rested(self) -> None:
        if self.failure is not None and time.monotonic() < self.resting_until:
            raise self.failure

    def _failed(self, error: Exception) -> AssistantError:
        log.warning("%s failed: %s", self.name, type(error).__name__)  # the message may hold what was sent
        return self._rest(AssistantError(error_key(error), model=self.name, seconds=f"{self.seconds:g}", reason=type(error).__name__))

    def _rest(self, error: AssistantError) -> AssistantError:
        self.failure, self.resting_until = error, time.monotonic() + REST_SECONDS
        return error


def open_chat_model(settings: Settings) -> ChatModel | None:
    """The chat model that the settings name, None where they name none; nothing is sent yet.

    Raises AssistantError `chat_model_setting` when it cannot be made: unknown provider, missing package, missing key.
    """
    if not settings.chat_model:
        return None
    from langchain.chat_models import init_chat_model

    key = settings.chat_model_key.get_secret_value()
    try:
        model = init_chat_model(settings.chat_model, **_options(settings, key))
    except Exception as error:  # each provider says in its own way what is missing
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise AssistantError("chat_model_setting", model=settings.chat_model, reason=reason.replace(key, MASK) if key else reason) from None
    return ChatModel(settings.chat_model, model, settings.chat_model_seconds)


def _options(settings: Settings, key: str) -> dict[str, Any]:
    """What every provider's class is given; those that do not know an option leave it aside."""
    options: dict[str, Any] = {
        "temperature": 0,
        "max_tokens": TOKENS_A_WORD * settings.max_answer_words,
        "timeout": settings.chat_model_seconds,
        "max_retries": RETRIES,
    }
    if settings.chat_model_url:
        options["base_url"] = settings.chat_model_url
        if settings.chat_model.startswith("openai:") and not os.environ.get("OPENAI_API_KEY"):
            options["api_key"] = "none"  # servers of one's own ask for no key, the client for any
    return options | ({"api_key": key} if key else {})


def error_key(error: Exception) -> str:
    """The message for an error of a model provider."""
    from langchain_core import exceptions

    kinds: Sequence[tuple[type[Exception] | tuple[type[Exception], ...], str]] = (
        ((exceptions.ModelAuthenticationError, exceptions.ModelPermissionDeniedError), "chat_model_key"),
        (exceptions.ModelRateLimitError, "chat_model_busy"),
        ((exceptions.ModelTimeoutError, TimeoutError), "chat_model_slow"),
        ((exceptions.ModelConnectionError, ConnectionError), "chat_model_down"),
    )
    known = next((key for kind, key in kinds if isinstance(error, kind)), "")
    name = type(error).__name__.lower()  # Ollama's client raises what its HTTP library does
    return known or ("chat_model_slow" if "timeout" in name else "chat_model_down" if "connect" in name else "chat_model_failed")


@cache
def prompt(name: str, language: str) -> str:
    """A prompt's text; raises FileNotFoundError where a language has none."""
    return (PROMPTS / f"{name}.{language}.md").read_text(encoding="utf-8").strip()


def speaks(language: str) -> bool:
    """Whether there are prompts in a language; in others the extractive answer stands."""
    return (PROMPTS / f"answer.{language}.md").exists()


def _messages(system: str, user: str) -> list[tuple[str, str]]:
    return [("system", system), ("human", user)]
