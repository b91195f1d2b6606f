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
from assistant.lexical import analyse
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
    features = (np.array(gate_features(search, index, weights.loss_across)) - weights.feature_mean) / weights.feature_scale
    features = np.nan_to_num(features)  # what cannot be measured counts as average
    logits = np.asarray(weights.gate) @ np.concatenate([search.vector * VECTOR_SCALE, features]) + weights.gate_bias
    exponents = np.exp(logits - logits.max())
    return {Verdict(name): float(p) for name, p in zip(weights.gate_classes, exponents / exponents.sum(), strict=True)}


def gate_features(search: Search, index: Index, loss_across: float = 0.0) -> list[float]:
    """Numbers in the order of FEATURES; across languages NaN for what compares words, and cosines with what they lose there."""
    evidence, sums = search.evidence, search.evidence.sums
    if not search.hits:
        return [0.0] * len(FEATURES)
    side = search.hits[0].passage.language
    same = side == search.language
    lift = 0.0 if same else loss_across
    found = frozenset[str]().union(*(index.terms(hit.passage.language, hit.passage.id) for hit in search.hits[:TOP]))
    frequencies = index.document_frequencies(side)
    terms = set(analyse(search.query, search.language))
    weight = index.rarity(side, terms)
    figures = [term for term in terms if term[0].isdigit()]
    return [
        evidence.passage + lift,
        evidence.ask + lift,
        sums[0] + 2 * lift,
        sums[0] - sums[min(9, len(sums) - 1)],
        float(np.mean(sums[:5])) + 2 * lift,
        math.log1p(evidence.lexical) if same else math.nan,
        sum(weight[term] for term in terms & found) / max(sum(weight.values()), 1e-9) if same else math.nan,
        sum(term not in frequencies for term in terms) / max(len(terms), 1) if same else math.nan,
        float(sum(term not in found for term in figures)),
        float(_unknown_names(search.question, frequencies, side)),
        float(same),
        math.log(1 + len(search.question.split())),
        float(search.follow_up),
    ]


def _unknown_names(question: str, frequencies: dict[str, int], language: str) -> int:
    """Capitalised words behind the first that the guide never uses: firms, products, people, places."""
    names: Sequence[str] = re.findall(r"(?<=[\w,;] )[^\W\d_][\w.-]+", question)
    return sum(not any(term in frequencies for term in analyse(name, language)) for name in names if name[0].isupper())
