"""Whether a passage entails a sentence: small networks over the word states of the embedding model, and over what the rules of `verify` found.

Each network lines up the sentence's words with the passage's (Parikh et al. 2016, a decomposable attention model), compares each word with what
stands beside it, in both directions, and judges the whole. Trained by tests/train_entailment.py on tests/data/support_*.jsonl, each network without
a fourth of the topics, on which the cut-off was measured. Weights belong to one embedding model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.claim_cues import SINGLE, keys, labels
from assistant.embeddings import Wording
from assistant.lexical import analyse, fold
from assistant.weights import SHIPPED

CUES = (*SINGLE, "counted")
KINDS = ("actor", "implied", "side")
FLAGS = len(CUES) + len(KINDS) + 5
OTHERS = 2  # sentences of the passage that are looked at beside the run: those with most words of the sentence
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence and the part of a passage it is held against, as the networks read them: n words and m words of dimension d."""

    claim: Floats  # (n, d) unit rows
    claim_flags: Floats  # (n, FLAGS)
    source: Floats  # (m, d) unit rows
    source_flags: Floats  # (m, FLAGS + 2); the last two say whether a word stands in the run, in the heading
    match: Floats  # (n, m): 2 where both are the same word, 1 where forms of one word or synonyms
    findings: Floats  # what the rules found, and how much is missing


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
        with np.load(path) as file:
            arrays = {name: file[name].astype(np.float32) for name in file.files}
        self.threshold = float(arrays.pop("threshold"))
        members = sorted({name.split("/")[0] for name in arrays})
        self._members = [{name.split("/")[1]: value for name, value in arrays.items() if name.startswith(f"{member}/")} for member in members]

    def score(self, pair: Pair) -> float:
        """Mean logit of the networks; what reaches `threshold` is entailed."""
        return float(np.mean([forward(weights, pair) for weights in self._members]))

    def entails(self, pair: Pair) -> bool:
        """Whether the source entails the claim."""
        return self.score(pair) >= self.threshold


def open_entailment(model: str, folder: Path = SHIPPED) -> Entailment | None:
    """The networks trained for an embedding model, if there are any."""
    path = folder / f"entailment-{model}.npz"
    return Entailment(path) if "/" not in model and path.exists() else None


def forward(weights: Mapping[str, Floats], pair: Pair) -> float:
    """One network's logit that the source entails the claim."""
    run, heading = pair.source_flags[:, -2], pair.source_flags[:, -1]
    cosine = pair.claim @ pair.source.T
    same, related = weights["match"]
    scores = weights["attention"][0] * _unit(pair.claim @ weights["query"].T) @ _unit(pair.source @ weights["key"].T).T
    scores += weights["attention"][1] * cosine + same * (pair.match == 2) + related * (pair.match == 1)
    scores += weights["place"][0] * run + weights["place"][1] * heading
    mine, theirs = (rows @ weights["project.weight"].T + weights["project.bias"] for rows in (pair.claim, pair.source))
    there = _compare(
        weights, "claim", (mine, pair.claim_flags), (theirs, pair.source_flags), _softmax(scores),
        (cosine.max(axis=1) * 5 - 4, pair.match.max(axis=1), (pair.match * run).max(axis=1)),
    )  # fmt: skip
    back = _compare(
        weights, "source", (theirs, pair.source_flags), (mine, pair.claim_flags), _softmax(scores.T),
        (cosine.max(axis=0) * 5 - 4, pair.match.max(axis=0), (pair.match == 2).max(axis=0)),
    )[run > 0]  # fmt: skip
    pooled = np.concatenate([there.mean(axis=0), there.max(axis=0), back.mean(axis=0), back.max(axis=0), pair.findings])
    hidden = np.maximum(pooled @ weights["judge.0.weight"].T + weights["judge.0.bias"], 0)
    return float((hidden @ weights["judge.3.weight"].T + weights["judge.3.bias"])[0])


def _compare(
    weights: Mapping[str, Floats], side: str, one: tuple[Floats, Floats], other: tuple[Floats, Floats], attention: Floats, nearness: Sequence[Floats]
) -> Floats:
    """Each word of one text beside what the other has for it."""
    beside = attention @ other[0]
    row = np.hstack([one[0], beside, one[0] - beside, one[0] * beside, one[1], attention @ other[1], np.stack(nearness, axis=1)])
    hidden = np.maximum(row @ weights[f"{side}.0.weight"].T + weights[f"{side}.0.bias"], 0)
    return np.asarray(np.maximum(hidden @ weights[f"{side}.3.weight"].T + weights[f"{side}.3.bias"], 0), np.float32)


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12), np.float32)


def _softmax(scores: Floats) -> Floats:
    exponents = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(exponents / exponents.sum(axis=1, keepdims=True), np.float32)
