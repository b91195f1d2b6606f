"""Whether a passage entails a sentence: small networks over the word states of the embedding model, and over what the rules of `verify` found.

Each network lines up the sentence's words with the passage's (Parikh et al. 2016, a decomposable attention model), compares each word with what
stands beside it, in both directions, lets the compared words of both attend to each other, and judges the whole. Trained by
tests/train_entailment.py on tests/data/support_*.jsonl, each network without a fourth of the topics, on which the cut-off was measured. Weights
belong to one embedding model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.claim_cues import SINGLE, keys, labels
from assistant.embeddings import Wording
from assistant.embeddings.session import open_session
from assistant.lexical import analyse, fold
from assistant.weights import SHIPPED

CUES = (*SINGLE, "counted")
KINDS = ("actor", "implied", "side")
FLAGS = len(CUES) + len(KINDS) + 5
OTHERS = 2  # sentences of the passage that are looked at beside the run: those with most words of the sentence
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence and the part of a passage it is held against, as the networks read them: n words and m words, d numbers each.

    The d numbers are unit rows of several layers side by side, see `embeddings.Wording`.
    """

    claim: Floats  # (n, d)
    claim_flags: Floats  # (n, FLAGS)
    source: Floats  # (m, d)
    source_flags: Floats  # (m, FLAGS + 2); the last two say whether a word stands in the run, in the heading
    match: Floats  # (n, m): 2 where both are the same word, 1 where forms of one word or synonyms
    findings: Floats  # what the rules found, and how much is missing


FIELDS = tuple(field.name for field in fields(Pair))


@dataclass(frozen=True, slots=True)
class Word:
    """What is known of a word without its context."""

    folded: str
    keys: frozenset[str]
    flags: tuple[float, ...]
    content: bool


@lru_cache(maxsize=16384)
def read_word(word: str, language: str, first: bool) -> Word:
    """A word's forms, and which cues of `claim_cues` it is."""
    folded = fold(word)
    found = labels(folded, language)
    stem = next(iter(analyse(folded, language)), "")
    flags = [cue in found for cue in CUES]
    flags += [any(label.startswith(kind) for label in found) for kind in KINDS]
    flags += [any(c.isdigit() for c in word), word[0].isupper() and not first, sum(c.isupper() for c in word) > 1, not stem, first]
    return Word(folded, keys(stem, language) if stem else frozenset({folded}), tuple(map(float, flags)), bool(stem))


def read_pair(claim: Wording, heading: Wording, passage: Sequence[Wording], run: Sequence[int], findings: Floats, language: str) -> Pair:
    """What the networks read of a sentence and of the run of a passage's sentences that is nearest to it."""
    mine = _words(claim, language)
    known = frozenset[str]().union(*(word.keys | {word.folded} for word in mine))
    theirs = [_words(sentence, language) for sentence in passage]
    shared = [sum(word.content and bool(known & (word.keys | {word.folded})) for word in words) for words in theirs]
    others = sorted(set(range(len(passage))) - set(run), key=lambda i: -shared[i])[:OTHERS]
    kept = sorted({*run, *others})
    parts = [(heading, _words(heading, language), (0.0, 1.0)), *((passage[i], theirs[i], (float(i in run), 0.0)) for i in kept)]
    source = [word for _, words, _ in parts for word in words]
    return Pair(
        claim.vectors,
        np.array([word.flags for word in mine], np.float32),
        np.vstack([wording.vectors for wording, _, _ in parts]),
        np.array([word.flags + place for _, words, place in parts for word in words], np.float32),
        np.array([[_match(one, other) for other in source] for one in mine], np.float32),
        findings,
    )


def _words(wording: Wording, language: str) -> list[Word]:
    return [read_word(word, language, first=i == 0) for i, word in enumerate(wording.words)]


def _match(one: Word, other: Word) -> int:
    return 2 if one.folded == other.folded else int(not one.keys.isdisjoint(other.keys))


class Entailment:
    """The networks of one embedding model."""

    def __init__(self, path: Path) -> None:
        self._session = open_session(path, threads=0)
        self.threshold = float(self._session.get_modelmeta().custom_metadata_map["threshold"])

    def score(self, pair: Pair) -> float:
        """Mean logit of the networks; what reaches `threshold` is entailed."""
        (score,) = self._session.run(["score"], {name: getattr(pair, name) for name in FIELDS})
        return float(score[0])

    def entails(self, pair: Pair) -> bool:
        """Whether the source entails the claim."""
        return self.score(pair) >= self.threshold


@lru_cache(maxsize=2)  # every answer asks for them
def open_entailment(model: str, folder: Path = SHIPPED) -> Entailment | None:
    """The networks trained for an embedding model, if there are any."""
    path = folder / f"entailment-{model}.onnx"
    return Entailment(path) if "/" not in model and path.exists() else None
