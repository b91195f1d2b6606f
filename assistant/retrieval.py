"""Hybrid retrieval: dense vectors of passages and of the questions they answer, fused with BM25."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from numpy.typing import NDArray
from pydantic import ConfigDict

from assistant.embeddings import TextEmbeddings
from assistant.errors import AssistantError
from assistant.i18n import by_preference
from assistant.index import Index, IndexStore
from assistant.language import detect_language
from assistant.lexical import analyse
from assistant.models import Hit, Passage
from assistant.weights import Weights

# Measured on the 678 questions of tests/data/questions_in.jsonl without history, share whose first / first three passages hold an
# expected one, es and en: dense weight 0.9 0.74/0.86 and 0.72/0.82, 0.7 0.78/0.91 and 0.75/0.87, 0.5 0.82/0.92 and 0.79/0.90,
# 0.3 0.82/0.92 and 0.78/0.92. Within the dense leg passage vectors alone find 0.62, question vectors alone 0.61, their sum 0.71.
DENSE_WEIGHT = 0.5
NEAREST_PASSAGES = 40
NEAREST_ASKS = 60
LEXICAL = 20
HITS = 12
HISTORY = 3  # earlier questions that a follow-up may lean on
# Measured on the 122 follow-ups of questions_in.jsonl, first passage expected: question alone 0.38, with the one before 0.75, blended
# 0.7 / 0.3 with the question alone 0.77, and passages of the document that answered the one before raised by 0.6: 0.83.
BLEND = 0.7
SAME_DOCUMENT = 0.6
FOLLOW_UP = 0.3  # probability from which history is read: recall 0.96 on own follow-ups, 3 % of the others
Vector = NDArray[np.float32]
Condense = Callable[[str, Sequence[str], str], str | None]  # question, earlier questions, language


class Reach(StrEnum):
    """Which part of the guide a search looks at."""

    OWN = "own"  # what there is in the question's language
    OTHER = "other"  # passages that this language lacks, in the languages that have them
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Evidence:
    """How well the guide matches a question: what the relevance gate looks at."""

    passage: float  # cosine of the nearest passage
    ask: float  # cosine of the nearest question that the guide answers
    sums: tuple[float, ...]  # passage + ask cosines of the candidates, best first
    lexical: float  # best BM25 score


@dataclass(frozen=True, slots=True)
class Search:
    """One retrieval: what was asked, how it was read, what was found."""

    question: str
    query: str  # the question, led by what it refers to when it is a follow-up
    language: str  # of the question
    follow_up: bool
    vector: Vector  # of the question alone
    query_vector: Vector
    hits: tuple[Hit, ...]  # best first
    asks: dict[str, str]  # passage id -> the question it answers that is nearest to this one
    evidence: Evidence
    index: Index  # where it was found: the one in use may already be another


class GuideRetriever(BaseRetriever):
    """LangChain retriever over the index in use; `search` says more than the documents that `invoke` returns."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    store: IndexStore
    embeddings: TextEmbeddings
    weights: Weights | None = None
    condense: Condense | None = None  # makes one question of a follow-up; where it gives none, the two are read together
    top: int = 5

    def search(self, question: str, history: Sequence[str] = (), language: str | None = None, reach: Reach = Reach.ALL) -> Search:
        """Find passages for a question, in its language where the guide has them; `history` holds earlier questions, oldest first.

        Raises AssistantError `index_model` when the index was built with another embedding model.
        """
        language = language or detect_language(question, history)
        vector: Vector = self.embeddings.questions([question])[0]
        if history and self._refers_back(vector):
            return self.search_follow_up(question, vector, history[-HISTORY:], language, reach)
        index = self.open_index()
        hits, asks, evidence = find_passages(index, analyse(question, language), vector, language, reach=reach)
        return Search(question, question, language, False, vector, vector, hits, asks, evidence, index)

    def search_follow_up(self, question: str, vector: Vector, history: Sequence[str], language: str, reach: Reach = Reach.ALL) -> Search:
        """Find passages for a question that leans on the one before: both are read together, where the last answer was found."""
        before = self.model_copy(update={"condense": None}).search(history[-1], history[:-1], language, reach)
        condensed = self.condense(question, history, language) if self.condense else None
        query = condensed or f"{before.query} {question}"
        together: Vector = self.embeddings.questions([query])[0]
        blended = BLEND * together + (1 - BLEND) * vector
        query_vector = (blended / np.linalg.norm(blended)).astype(np.float32)
        document = before.hits[0].passage.document_id if before.hits else ""
        terms = analyse(f"{query} {question}", language)
        index = self.open_index()
        hits, asks, evidence = find_passages(index, terms, query_vector, language, document, reach)
        return Search(question, query, language, True, vector, query_vector, hits, asks, evidence, index)

    def elsewhere(self, search: Search, history: Sequence[str]) -> Search | None:
        """The same question put to what its language lacks and others have; None where there is no such thing."""
        if search.language not in search.index.languages or not search_sides(search.index, search.language, Reach.OTHER):
            return None
        return self.search(search.question, history, search.language, Reach.OTHER)

    def open_index(self) -> Index:
        """The index in use, checked against the embedding model."""
        index = self.store.current()
        if index.manifest.model != self.embeddings.name:
            raise AssistantError("index_model", built=index.manifest.model, now=self.embeddings.name)
        return index

    def _refers_back(self, vector: Vector) -> bool:
        if self.weights is None:
            return False
        logit = float(vector @ np.asarray(self.weights.follow_up)) + self.weights.follow_up_bias
        return bool(1 / (1 + np.exp(-logit)) >= FOLLOW_UP)

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun, **_: Any) -> list[Document]:
        return [as_document(hit) for hit in self.search(query).hits[: self.top]]


def find_passages(
    index: Index, terms: Sequence[str], vector: Vector, language: str, document: str = "", reach: Reach = Reach.ALL
) -> tuple[tuple[Hit, ...], dict[str, str], Evidence]:
    """Candidates of the three legs, fused as z-scores; the lexical leg serves only text in the question's own language.

    Passages of `document`, where the question before was answered, are preferred.
    """
    sides = search_sides(index, language, reach)
    similar, asked, home = _nearest(index, sides, vector)
    lexical = index.lexical_scores(language, terms, LEXICAL) if language in sides else {}
    home |= dict.fromkeys(lexical, language)
    ids = list(home)
    if not ids:
        return (), {}, Evidence(0, 0, (), 0)
    # A candidate that a leg did not return is at most as near as the last one it did.
    floor, ask_floor = min(similar.values()), min(similarity for similarity, _ in asked.values()) if asked else 0.0
    dense = np.array([similar.get(i, floor) + (asked[i][0] if i in asked else ask_floor) for i in ids])
    likeness = _standardise(dense)
    words = _standardise(np.array([lexical.get(i, 0.0) for i in ids]))
    own = np.array([home[i] == language for i in ids])
    scores = DENSE_WEIGHT * likeness + (1 - DENSE_WEIGHT) * np.where(own, words, likeness)  # words of two languages cannot be compared
    scores += SAME_DOCUMENT * np.array([i.partition("#")[0] == document for i in ids])
    order = [int(i) for i in np.argsort(-scores, kind="stable")[:HITS]]
    groups = {side: [ids[i] for i in order if home[ids[i]] == side] for side in sides}
    passages = {i: passage for side, group in groups.items() for i, passage in index.passages(side, group).items()}
    asks = {i: ask for side, group in groups.items() for i, ask in index.asks(side, [asked[i][1] for i in group if i in asked]).items()}
    hits = tuple(Hit(passages[ids[i]], float(scores[i]), similar.get(ids[i], floor)) for i in order)
    evidence = Evidence(
        passage=max(similar.values()),
        ask=max((similarity for similarity, _ in asked.values()), default=0.0),
        sums=tuple(float(x) for x in np.sort(dense)[::-1]),
        lexical=max(lexical.values(), default=0.0),
    )
    return hits, {i: asks[asked[i][1]] for i in passages if i in asked}, evidence


def _nearest(
    index: Index, sides: dict[str, list[str] | None], vector: Vector
) -> tuple[dict[str, float], dict[str, tuple[float, str]], dict[str, str]]:
    """Of all languages together: cosines of passages, best questions by passage, and each passage's language."""
    similar, asked, home = dict[str, float](), dict[str, tuple[float, str]](), dict[str, str]()
    for side, among in sides.items():
        near, near_asks = index.nearest(side, vector, NEAREST_PASSAGES, among), index.nearest_asks(side, vector, NEAREST_ASKS, among)
        similar, asked = similar | near, asked | near_asks
        home |= dict.fromkeys((*near, *near_asks), side)
    return similar, asked, home


def search_sides(index: Index, language: str, reach: Reach) -> dict[str, list[str] | None]:
    """Languages to search, each with the passages to look at (None: all): the question's own, and what it lacks in those that have it.

    Every passage is looked at in one language only; a guide that lacks the question's language altogether is searched in the others.
    """
    own = language in index.languages
    sides: dict[str, list[str] | None] = {language: None} if own and reach is not Reach.OTHER else {}
    taken = set(index.manifest.passages.get(language, ()))
    for other in by_preference(index.languages, language) if not own or reach is not Reach.OWN else ():
        lacking = [i for i in index.manifest.passages[other] if i not in taken]
        if lacking and other != language:
            sides[other] = lacking if taken else None
            taken.update(lacking)
    return sides


def _standardise(values: NDArray[np.float64]) -> NDArray[np.float64]:
    spread = float(values.std())
    return (values - values.mean()) / spread if spread > 1e-9 else np.zeros_like(values)


def as_document(hit: Hit) -> Document:
    """A hit as LangChain knows it."""
    return Document(page_content=hit.passage.text, metadata=passage_metadata(hit.passage) | {"score": round(hit.score, 4)})


def passage_metadata(passage: Passage) -> dict[str, str]:
    """What names a passage in every output."""
    return {
        "passage_id": passage.id,
        "document_id": passage.document_id,
        "document": passage.document,
        "section": passage.section,
        "language": passage.language,
    }
