"""The gate: calibrated on one part of our questions it judges the other part; what it weighs is kept with the model's name."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.answer import Assistant
from assistant.calibrate import calibrate, read_labelled
from assistant.errors import AssistantError
from assistant.gate import FEATURES, Verdict, gate_features, gate_probabilities, judge
from assistant.lexical import fold
from assistant.retrieval import GuideRetriever
from assistant.settings import ROOT
from assistant.weights import SHIPPED, Weights, file_name, load_weights, save_weights

DATA = Path(__file__).parent / "data"
SHARED = ROOT.parent / "shared" / "eval"
Row = dict[str, Any]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    lines = [line for path in sorted(DATA.glob("questions_*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines()]
    return [row for row in map(json.loads, lines) if row["lang"] in ("es", "en")]


@pytest.fixture(scope="module")
def retriever(assistant: Assistant) -> GuideRetriever:
    return assistant.retriever.model_copy(update={"weights": None})


@pytest.fixture(scope="module")
def weights(retriever: GuideRetriever, rows: list[Row]) -> Weights:
    """Fitted to the training part alone."""
    return calibrate(retriever, read_labelled(row for row in rows if row["split"] == "train"))


@pytest.fixture(scope="module")
def held_out(retriever: GuideRetriever, rows: list[Row], weights: Weights) -> list[tuple[Row, Verdict]]:
    fitted = retriever.model_copy(update={"weights": weights})
    searches = [(row, fitted.search(row["question"], row.get("history", ()), row["lang"])) for row in rows if row["split"] == "test"]
    return [(row, judge(search, search.index, weights)) for row, search in searches]


def share(held_out: list[tuple[Row, Verdict]], kind: str | None, wanted: set[Verdict]) -> float:
    verdicts = [verdict in wanted for row, verdict in held_out if row.get("kind") == kind]
    assert len(verdicts) >= 50
    return float(np.mean(verdicts))


def test_our_questions_are_many_of_every_kind_and_none_is_in_both_parts(rows: list[Row]) -> None:
    assert len(rows) >= 400 and len({row["id"] for row in rows}) == len(rows)
    assert min(Counter(row["style"] for row in rows).values()) >= 100
    assert {(row["lang"], row.get("kind")) for row in rows} == {(lang, kind) for lang in ("es", "en") for kind in (None, "near", "far", "injection")}
    parts = {part: {asked(row) for row in rows if row["split"] == part} for part in ("train", "test")}
    assert parts["train"] & parts["test"] == set()


@pytest.mark.skipif(not SHARED.is_dir(), reason="the judging sets are not beside this checkout")
def test_our_questions_are_not_those_of_the_judging_sets(rows: list[Row]) -> None:
    judging = {asked(json.loads(line)) for path in SHARED.glob("*.jsonl") for line in path.read_text(encoding="utf-8").splitlines()}
    assert len(judging) > 100 and {asked(row) for row in rows} & judging == set()


def asked(row: Row) -> tuple[str, ...]:
    return tuple(" ".join(fold(text).split()).strip("¿?¡!. ") for text in (*row.get("history", ()), row["question"]))


def test_held_out_questions_that_the_guide_answers_are_answered(held_out: list[tuple[Row, Verdict]]) -> None:
    assert share(held_out, None, {Verdict.ANSWER}) >= 0.9  # measured 0.917 to 0.921


@pytest.mark.parametrize(("kind", "floor"), [("near", 0.85), ("far", 0.93), ("injection", 0.9)])  # measured 0.874, 0.966, 0.923
def test_held_out_questions_outside_the_guide_are_not_answered(held_out: list[tuple[Row, Verdict]], kind: str, floor: float) -> None:
    assert share(held_out, kind, {Verdict.NOT_COVERED, Verdict.REFUSED}) >= floor


def test_held_out_attempts_at_misuse_are_told_from_questions_outside_the_guide(held_out: list[tuple[Row, Verdict]]) -> None:
    assert share(held_out, "injection", {Verdict.REFUSED}) >= 0.83  # measured 0.859
    assert share(held_out, "far", {Verdict.NOT_COVERED}) >= 0.9  # measured 0.966


def test_a_question_outside_the_guide_is_not_answered_because_of_what_was_asked_before(
    retriever: GuideRetriever, rows: list[Row], weights: Weights
) -> None:
    fitted = retriever.model_copy(update={"weights": weights})
    outside = [row for row in rows if row["split"] == "test" and row.get("kind") == "far" and "history" not in row]
    before = {"es": "¿Cada cuánto hay que ensayar el plan de continuidad?", "en": "How often are continuity plans rehearsed?"}
    verdicts = []
    for row in outside:
        search = fitted.search(row["question"], [before[row["lang"]]], row["lang"])
        verdicts.append(judge(search, search.index, weights))
    assert len(verdicts) >= 30 and verdicts.count(Verdict.ANSWER) / len(verdicts) <= 0.06  # measured 0.04


def test_calibrating_twice_gives_the_same_weights(retriever: GuideRetriever, rows: list[Row]) -> None:
    some = read_labelled(rows[::40] + [row for row in rows if row.get("history")][:10])
    assert calibrate(retriever, some) == calibrate(retriever, some)


def test_probabilities_of_all_verdicts_sum_to_one(assistant: Assistant) -> None:
    search = assistant.retriever.search("¿Cada cuánto hay que ensayar el plan de continuidad?")
    probabilities = gate_probabilities(search, search.index, assistant.weights)
    assert set(probabilities) == set(Verdict) and sum(probabilities.values()) == pytest.approx(1)
    assert max(probabilities, key=probabilities.__getitem__) is Verdict.ANSWER


def test_every_feature_has_a_name_and_a_weight(assistant: Assistant) -> None:
    search = assistant.retriever.search("¿Cuánto cuesta ISO 22301 según Deloitte en Bogotá?")
    features = dict(zip(FEATURES, gate_features(search, search.index), strict=True))
    assert all(np.isfinite(list(features.values())))
    assert features["own_language"] == 1 and features["follow_up"] == 0 and 0 <= features["coverage"] <= 1
    width = search.vector.size + len(FEATURES)
    assert assistant.weights.feature_names == list(FEATURES) and {len(row) for row in assistant.weights.gate} == {width}
    assert len(assistant.weights.gate) == len(assistant.weights.gate_bias) == len(Verdict)


def test_a_name_that_the_guide_never_uses_is_a_signal(assistant: Assistant) -> None:
    def unknown(question: str) -> float:
        search = assistant.retriever.search(question, language="es")
        return dict(zip(FEATURES, gate_features(search, search.index), strict=True))["unknown_names"]

    assert unknown("¿Qué penalizaciones aplica Xyzcorp en Wakanda?") == 2
    assert unknown("¿Qué penalizaciones aplica el proveedor en un SLA?") == 0


def test_nothing_found_is_not_covered(assistant: Assistant) -> None:
    search = assistant.retriever.search("RTO")
    assert gate_features(replace(search, hits=()), search.index) == [0.0] * len(FEATURES)


def test_weights_are_kept_under_their_models_name_and_the_users_own_come_first(assistant: Assistant, tmp_path: Path) -> None:
    shipped = load_weights("multilingual-e5-small", tmp_path)
    assert shipped.model == "multilingual-e5-small" and shipped.calibrated_on >= 400
    own = replace(shipped, calibrated_on=1)
    path = save_weights(own, tmp_path / "calibration")
    assert path.name == "multilingual-e5-small.json" and load_weights("multilingual-e5-small", tmp_path) == own
    assert file_name("org/model") == "org--model.json" and (SHIPPED / file_name(shipped.model)).exists()


def test_a_model_without_weights_is_named_and_other_weights_never_serve_it(assistant: Assistant, tmp_path: Path) -> None:
    with pytest.raises(AssistantError) as caught:
        load_weights("org/model", tmp_path)
    assert (caught.value.key, caught.value.values["model"]) == ("not_calibrated", "org/model")
    other = save_weights(assistant.weights, tmp_path / "calibration")
    other.rename(other.with_name(file_name("org/model")))
    with pytest.raises(AssistantError, match="not_calibrated"):
        load_weights("org/model", tmp_path)
