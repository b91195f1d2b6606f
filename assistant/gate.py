"""The relevance gate: does the guide answer this question, is it outside, or is it an attempt to misuse the assistant?

A multinomial logistic regression over the question's vector and a few features of what was found. No single cut-off
works: E5's scores are compressed. Calibrated by `python -m assistant calibrate` on tests/data, kept with the model's name.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from assistant.index import Index
from assistant.lexical import analyse, fold
from assistant.retrieval import Search
from assistant.weights import Weights

Vector = NDArray[np.float32]
VECTOR_SCALE = 10.0  # unit vectors beside standardised features; 5 to 20 measured alike
FEATURES = (
    "passage", "ask", "sum", "gap_to_tenth", "mean_of_five", "lexical", "coverage", "unknown", "missing_figures",
    "unknown_names", "own_language", "words", "follow_up",
)  # fmt: skip
# Share right on the held-out third of the own questions (hard look-alikes): answerable / near / far / injection
# at 0.5 0.89 / 0.90 / 0.98 / 0.97, at 0.4 0.92 / 0.86 / 0.95 / 0.97, at 0.3 0.95 / 0.84 / 0.95 / 0.96.
ANSWER_FROM = 0.4  # a refusal of what the guide does answer costs users most
TOP = 3  # passages whose terms count as found


class Verdict(StrEnum):
    """Classes of the gate."""

    ANSWER = "answer"
    NOT_COVERED = "not_covered"
    REFUSED = "refused"


def judge(search: Search, index: Index, weights: Weights) -> Verdict:
    """The most probable class; an answer already from ANSWER_FROM."""
    probabilities = gate_probabilities(search, index, weights)
    if probabilities[Verdict.ANSWER] >= ANSWER_FROM:
        return Verdict.ANSWER
    del probabilities[Verdict.ANSWER]
    return max(probabilities, key=lambda verdict: probabilities[verdict])


def gate_probabilities(search: Search, index: Index, weights: Weights) -> dict[Verdict, float]:
    """Probability of each class, summing to 1."""
    features = (np.array(gate_features(search, index)) - weights.feature_mean) / weights.feature_scale
    logits = np.asarray(weights.gate) @ np.concatenate([search.vector * VECTOR_SCALE, features]) + weights.gate_bias
    exponents = np.exp(logits - logits.max())
    return {Verdict(name): float(p) for name, p in zip(weights.gate_classes, exponents / exponents.sum(), strict=True)}


def gate_features(search: Search, index: Index) -> list[float]:
    """Numbers in the order of FEATURES."""
    evidence, sums = search.evidence, search.evidence.sums
    if not search.hits:
        return [0.0] * len(FEATURES)
    side = search.hits[0].passage.language
    found = frozenset[str]().union(*(index.terms(side, hit.passage.id) for hit in search.hits[:TOP]))
    frequencies = index.document_frequencies(side)
    terms = set(analyse(search.query, search.language))
    weight = {term: math.log(1 + len(index.manifest.passages[side]) / (1 + frequencies.get(term, 0))) for term in terms}
    figures = [term for term in terms if term[0].isdigit()]
    return [
        evidence.passage,
        evidence.ask,
        sums[0],
        sums[0] - sums[min(9, len(sums) - 1)],
        float(np.mean(sums[:5])),
        math.log1p(evidence.lexical),
        sum(weight[term] for term in terms & found) / max(sum(weight.values()), 1e-9),
        sum(term not in frequencies for term in terms) / max(len(terms), 1),
        float(sum(term not in found for term in figures)),
        float(_unknown_names(search.question, frequencies, side)),
        float(side == search.language),
        math.log(1 + len(search.question.split())),
        float(search.follow_up),
    ]


def _unknown_names(question: str, frequencies: dict[str, int], language: str) -> int:
    """Capitalised words behind the first that the guide never uses: firms, products, people, places."""
    names: Sequence[str] = re.findall(r"(?<=[\w,;] )[A-ZÁÉÍÓÚÑ][\w.-]+", question)
    return sum(not any(term in frequencies for term in analyse(name, language)) for name in names if fold(name) != name)
