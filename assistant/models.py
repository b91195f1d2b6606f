"""The nouns of the product as frozen values; this module imports nothing of ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Literal


class Reason(StrEnum):
    """Why a question has no answer."""

    NOT_COVERED = "not_covered"
    UNCLEAR = "unclear"
    REFUSED = "refused"
    UNSUPPORTED_LANGUAGE = "unsupported_language"
    BAD_INPUT = "bad_input"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact comes from; publisher and year are None where the source does not say."""

    title: str
    publisher: str | None
    year: int | None
    kind: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """One whole sentence of a passage; `item` marks a list item."""

    text: str
    item: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """One citable unit: a section of a topic, or a part of a user's document."""

    id: str  # "<document id>#<anchor>", the same in every language
    document_id: str
    document: str
    section: str
    language: str
    sentences: tuple[Sentence, ...]
    source: Source
    page: int | None = None

    @property
    def text(self) -> str:
        """The passage as plain text, a sentence after the other."""
        return " ".join(sentence.text for sentence in self.sentences)

    @property
    def anchor(self) -> str:
        """The section's anchor within its document."""
        return self.id.partition("#")[2]


@dataclass(frozen=True, slots=True)
class Topic:
    """One file of the guide: its front matter and its sections as passages."""

    id: str
    title: str
    language: str
    topics: tuple[str, ...]
    summary: str
    sources: tuple[Source, ...]
    reviewed: date
    licence: str
    passages: tuple[Passage, ...]
    asks: dict[str, tuple[str, ...]]  # passage id -> questions it answers


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a question; `score` is comparable within one search only, `similarity` is a cosine."""

    passage: Passage
    score: float
    similarity: float


@dataclass(frozen=True, slots=True)
class Citation:
    """What a mark [n] points at: whole, consecutive sentences of one passage, verbatim."""

    n: int
    passage: Passage
    quote: str


@dataclass(frozen=True, slots=True)
class CitedSentence:
    """A sentence shown to the user with the numbers of its citations."""

    text: str
    citations: tuple[int, ...]
    item: bool = False


class Doubt(StrEnum):
    """Why a sentence that a language model wrote is not shown."""

    NO_CITATION = "no_citation"
    UNKNOWN_CITATION = "unknown_citation"
    LANGUAGE = "language"
    MARKUP = "markup"
    FIGURE = "figure"
    NAME = "name"
    ACTOR = "actor"
    NEGATION = "negation"
    STRENGTH = "strength"
    NOT_SAID = "not_said"


@dataclass(frozen=True, slots=True)
class Dropped:
    """A sentence that a language model wrote and that did not pass the check."""

    text: str
    doubt: Doubt


@dataclass(frozen=True, slots=True)
class Answer:
    """A cited answer, or a refusal with its reason and what the guide covers nearby."""

    question: str
    language: str
    found: bool
    text: str  # Markdown with [n] marks
    sentences: tuple[CitedSentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    related: tuple[Passage, ...] = ()
    suggestions: tuple[str, ...] = field(default=())
    reason: Reason | None = None
    engine: str = "extractive"
    elapsed_ms: float = 0.0
    dropped: tuple[Dropped, ...] = ()  # what a language model wrote besides
    notice: str = ""  # key of a message about the language model, where it has not spoken


Scope = Literal["quick", "full"]  # the musts, or every question
Status = Literal["open", "in_progress", "done", "accepted"]  # of the gap that an answer leaves


@dataclass(frozen=True, slots=True)
class Assessment:
    """One questionnaire filled in for one service of one supplier; `position` is the question where the person is."""

    id: str
    title: str
    supplier: str
    questionnaire_id: str
    questionnaire_version: int
    scope: Scope
    locale: str
    position: str | None
    created: datetime
    updated: datetime
    archived: bool
    version: int


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What a person answered to one question, and who closes the gap by when; `answered` and `version` are set by the storage."""

    question_id: str
    option: str | None = None
    options: tuple[str, ...] = ()
    number: float | None = None
    day: date | None = None
    note: str = ""
    owner: str = ""
    due: date | None = None
    status: Status = "open"
    na_reason: str = ""
    answered: datetime = datetime.min.replace(tzinfo=UTC)
    version: int = 0  # 0: not saved yet
