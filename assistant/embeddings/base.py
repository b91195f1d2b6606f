"""What every embedding engine offers."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
WORD = re.compile(r"[^\W_]+(?:[.,:/\-'’][^\W_]+)*|[%€$]")


@dataclass(frozen=True, slots=True)
class Wording:
    """A text's words, the state of each in its context, and that of the whole."""

    words: tuple[str, ...]
    vectors: Vectors  # (words, levels x dimension): the states of some layers side by side, each of length 1, the last layer's last
    vector: Vectors  # (dimension,), of length 1


class TextEmbeddings(Embeddings):
    """A LangChain `Embeddings` that also speaks numpy: rows are unit vectors, so a dot product is a cosine."""

    name: str  # identifies the model; index and relevance gate are kept with it
    dimension: int

    @abstractmethod
    def questions(self, texts: Sequence[str]) -> Vectors:
        """Embed questions: (n, dimension) float32, rows of length 1."""

    @abstractmethod
    def passages(self, texts: Sequence[str]) -> Vectors:
        """Embed passages: (n, dimension) float32, rows of length 1."""

    @abstractmethod
    def passages_with_sentences(self, passages: Sequence[tuple[str, Sequence[str]]]) -> list[Vectors]:
        """Embed (heading, sentences) passages in one run each: row 0 the passage, then a row a sentence.

        A sentence's row is the mean of its tokens' states within the passage ("late chunking"), so it keeps the context
        that a list item alone has lost, and costs nothing more.
        """

    def wordings(self, heading: str, sentences: Sequence[str]) -> list[Wording] | None:
        """Heading and sentences word by word, from one run over all of them; None from an engine that gives no token states."""
        return None

    def embed_query(self, text: str) -> list[float]:
        """LangChain's name for one question."""
        return [float(x) for x in self.questions([text])[0]]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """LangChain's name for passages."""
        return [[float(x) for x in row] for row in self.passages(texts)]


def unit(rows: Vectors) -> Vectors:
    """Rows scaled to length 1."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Vectors = (rows / np.maximum(lengths, 1e-12)).astype(np.float32)
    return scaled


def pool_spans(states: Vectors, offsets: Sequence[tuple[int, int]], spans: Sequence[tuple[int, int]]) -> Vectors:
    """Mean of the token states (tokens, dimension) that touch each character span, as unit rows."""
    starts, ends = np.array([a for a, _ in offsets]), np.array([b for _, b in offsets])
    rows = []
    for start, end in spans:
        touched = (ends > start) & (starts < end) & (ends > starts)
        rows.append(states[touched].mean(axis=0) if touched.any() else states.mean(axis=0))
    return unit(np.stack(rows)) if rows else np.zeros((0, states.shape[1]), np.float32)


def join_sentences(prefix: str, heading: str, sentences: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    """The text that is embedded for a passage, and the character spans of its heading and of each sentence."""
    text, spans = f"{prefix}{heading}", [(len(prefix), len(prefix) + len(heading))]
    for sentence in sentences:
        spans.append((len(text) + 1, len(text) + 1 + len(sentence)))
        text += f" {sentence}"
    return text, spans
