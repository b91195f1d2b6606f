"""The lexical leg of an index edition: BM25 of one language, the terms of its passages, and where each passage's sentences lie."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from assistant.lexical import analyse


class LexicalIndex:
    """One language's lexical leg, opened for reading."""

    def __init__(self, folder: Path, language: str) -> None:
        import bm25s

        stored = json.loads((folder / f"lexical-{language}.json").read_text(encoding="utf-8"))
        self.frequencies: dict[str, int] = stored["frequencies"]  # term -> passages that hold it
        self._ids: list[str] = stored["ids"]
        self._first: list[int] = stored["first"]
        self._terms: list[list[str]] = stored["terms"]
        self._position = {passage_id: i for i, passage_id in enumerate(self._ids)}
        self._bm25 = bm25s.BM25.load(str(folder / f"bm25-{language}"))

    def terms(self, passage_id: str) -> frozenset[str]:
        """The analysed terms of one passage."""
        return frozenset(self._terms[self._position[passage_id]])

    def sentence_rows(self, passage_id: str) -> slice:
        """Where the passage's sentences lie among those of its language."""
        position = self._position[passage_id]
        return slice(self._first[position], self._first[position + 1])

    def scores(self, terms: Sequence[str], count: int) -> dict[str, float]:
        """BM25 scores of the best passages for analysed terms, best first; empty where no term is known."""
        known = [term for term in terms if term in self.frequencies]
        if not known:
            return {}
        scores = self._bm25.get_scores(known)
        best = np.argsort(-scores)[:count]
        return {self._ids[i]: float(scores[i]) for i in best if scores[i] > 0}


def write_lexical(folder: Path, language: str, texts: dict[str, str], sentences: Sequence[int]) -> None:
    """Write the lexical leg for texts by passage id; `sentences` counts those of each passage."""
    import bm25s

    logging.getLogger("bm25s").setLevel(logging.WARNING)  # it sets itself to tell every step
    documents = [analyse(text, language) for text in texts.values()]
    bm25 = bm25s.BM25()
    bm25.index(documents, show_progress=False)
    bm25.save(str(folder / f"bm25-{language}"))
    stored = {
        "ids": list(texts),
        "first": np.cumsum([0, *sentences]).tolist(),
        "frequencies": Counter(term for document in documents for term in set(document)),
        "terms": [sorted(set(document)) for document in documents],
    }
    (folder / f"lexical-{language}.json").write_text(json.dumps(stored, ensure_ascii=False), encoding="utf-8")
