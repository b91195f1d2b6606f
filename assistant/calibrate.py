"""Fits the relevance gate and the follow-up detector of an embedding model to labelled questions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from assistant.gate import FEATURES, VECTOR_SCALE, Verdict, gate_features
from assistant.retrieval import GuideRetriever, Reach, Search, find_passages
from assistant.weights import Weights

SEED = 20261122
GATE_C = 0.1  # inverse regularisation; 0.03 to 1 measured alike on the held-out third
FOLLOW_UP_C = 100.0
HISTORY_SHARE = 0.3  # of the questions outside the guide are also seen behind a question inside it


@dataclass(frozen=True, slots=True)
class Labelled:
    """A question with the verdict it should get."""

    question: str
    history: tuple[str, ...]
    language: str
    verdict: Verdict


def read_labelled(rows: Iterable[dict[str, Any]]) -> list[Labelled]:
    """Question rows as the sets hold them: no `kind` is answerable, `injection` is to be refused, other kinds are outside."""
    labels = {None: Verdict.ANSWER, "injection": Verdict.REFUSED}
    return [Labelled(r["question"], tuple(r.get("history", ())), r["lang"], labels.get(r.get("kind"), Verdict.NOT_COVERED)) for r in rows]


def calibrate(retriever: GuideRetriever, questions: Sequence[Labelled]) -> Weights:
    """Fit both regressions; deterministic for the same questions, guide and model."""
    follow_up, follow_up_bias = _fit_follow_up(retriever, questions)
    rng = np.random.default_rng(SEED)
    inside = [q.question for q in questions if q.verdict is Verdict.ANSWER and not q.history]
    outside = [q for q in questions if q.verdict is not Verdict.ANSWER and not q.history]
    lent = [Labelled(q.question, (str(rng.choice(inside)),), q.language, q.verdict) for q in outside if rng.random() < HISTORY_SHARE]
    rows = [*questions, *lent]
    searches = [_search(retriever, row, follow_up, follow_up_bias) for row in rows]
    vectors = np.stack([search.vector for search in searches]) * VECTOR_SCALE
    features = np.array([gate_features(search, retriever.open_index()) for search in searches])
    mean, spread = features.mean(axis=0), features.std(axis=0)
    scale = np.where(spread < 1e-3, 1.0, spread)  # a feature that never varies says nothing
    model = _regression(GATE_C).fit(np.hstack([vectors, (features - mean) / scale]), [row.verdict.value for row in rows])
    return Weights(
        model=retriever.embeddings.name,
        calibrated_on=len(questions),
        gate_classes=list(model.classes_),
        gate=model.coef_.tolist(),
        gate_bias=model.intercept_.tolist(),
        feature_names=list(FEATURES),
        feature_mean=mean.tolist(),
        feature_scale=scale.tolist(),
        follow_up=follow_up.tolist(),
        follow_up_bias=follow_up_bias,
        loss_across=loss_across(retriever, outside),
    )


def loss_across(retriever: GuideRetriever, outside: Sequence[Labelled]) -> float:
    """What a cosine loses when question and passage are in different languages, on questions that no passage answers; 0 for a single language."""
    index, vectors = retriever.open_index(), retriever.embeddings.questions([q.question for q in outside])
    best = [{side: find_passages(index, (), vector, side, reach=Reach.OWN)[2].sums[0] for side in index.languages} for vector in vectors]
    drops = [sums[q.language] - sums[side] for q, sums in zip(outside, best, strict=True) for side in sums if side != q.language in sums]
    return float(np.mean(drops)) / 2 if drops else 0.0  # a sum is of two cosines


def _fit_follow_up(retriever: GuideRetriever, questions: Sequence[Labelled]) -> tuple[Any, float]:
    """Does a question lean on the one before? Learned from answerable follow-ups against questions without history."""
    rows = [q for q in questions if q.verdict is Verdict.ANSWER or not q.history]
    model = _regression(FOLLOW_UP_C, class_weight="balanced")
    model.fit(retriever.embeddings.questions([q.question for q in rows]), [bool(q.history) for q in rows])
    return model.coef_[0], float(model.intercept_[0])


def _search(retriever: GuideRetriever, row: Labelled, follow_up: Any, bias: float) -> Search:
    vector = retriever.embeddings.questions([row.question])[0]
    if row.history and (row.verdict is Verdict.ANSWER or float(vector @ follow_up) + bias >= 0):
        return retriever.search_follow_up(row.question, vector, row.history, row.language)
    return retriever.search(row.question, (), row.language)


def _regression(strength: float, **options: Any) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=strength, max_iter=5000, **options)
