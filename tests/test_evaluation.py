"""How answers are measured."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from assistant.errors import AssistantError
from assistant.evaluation import below_floors, evaluate, read_floors, table
from assistant.models import Answer, Citation, CitedSentence, Passage, Reason, Sentence, Source

TEXT = "El plan de continuidad se prueba al menos una vez al año."
PASSAGE = Passage("plan#pruebas", "plan", "Plan", "Pruebas", "es", (Sentence(TEXT),), Source("Guía", None, None, "own"))
ROW = {"id": "a1", "lang": "es", "style": "direct", "question": "¿Cada cuánto se prueba?", "facts": ["una vez al ano", "simulacro"], "min_facts": 1}


def found(text: str = TEXT, shown: str = "") -> Answer:
    citation = Citation(1, PASSAGE, TEXT)
    return Answer("?", "es", True, shown or f"{text} [1]", (CitedSentence(text, (1,)),), (citation,), elapsed_ms=12.0)


def refusal(text: str = "La guía no cubre esa pregunta.", language: str = "es") -> Answer:
    return Answer("?", language, False, text, reason=Reason.NOT_COVERED)


def report_of(answer: Answer | AssistantError, **row: Any) -> dict[str, Any]:
    def ask(question: str, history: tuple[str, ...], language: str) -> Answer:
        if isinstance(answer, AssistantError):
            raise answer
        return answer

    assistant: Any = SimpleNamespace(ask=ask, settings=SimpleNamespace(language="es"))
    return evaluate(assistant, [{key: value for key, value in (ROW | row).items() if value is not None}])


def test_enough_facts_make_an_answer_right_accents_and_case_aside() -> None:
    report = report_of(found())
    assert report["answered"] == report["answered es"] == report["answered direct"] == {"n": 1, "ok": 1, "lang": 1, "facts": 0.5, "accepted": 1}
    assert report["missed"] == []
    assert report["elapsed_ms"] == {"p50": 12.0, "p95": 12.0}


def test_too_few_facts_are_a_miss() -> None:
    report = report_of(found(), min_facts=2)
    assert report["answered"]["ok"] == 0
    assert report["missed"] == ["a1"]


def test_facts_count_in_cited_sentences_only() -> None:
    answer = Answer("?", "es", True, TEXT, (CitedSentence(TEXT, ()),))
    assert report_of(answer)["answered"]["ok"] == 0


def test_an_answer_above_the_limit_of_words_is_a_miss() -> None:
    report = report_of(found(shown=f"{TEXT} [1] " + "palabra " * 220))
    assert report["answered"] | {"facts": 0.5, "ok": 0} == report["answered"]


def test_a_refused_question_of_the_guide_is_a_miss_and_not_accepted() -> None:
    report = report_of(refusal())
    assert (report["answered"]["ok"], report["answered"]["accepted"]) == (0, 0)


def test_follow_ups_are_a_group_of_their_own() -> None:
    assert report_of(found(), history=["¿Qué es el plan?"])["answered follow-up"]["n"] == 1


@pytest.mark.parametrize(("passages", "ok"), [(["plan#pruebas"], 1), (["plan"], 1), (["otro#pruebas"], 0)])
def test_expected_passages_are_right_when_one_is_cited(passages: list[str], ok: int) -> None:
    assert report_of(found(), facts=None, min_facts=None, passages=passages)["answered"]["ok"] == ok


@pytest.mark.parametrize(("answer", "ok"), [(refusal(), 1), (found(), 0)])
def test_a_row_without_facts_is_right_when_refused_under_its_kind(answer: Answer, ok: int) -> None:
    report = report_of(answer, facts=None, min_facts=None, kind="near")
    assert report["refused near"]["ok"] == ok
    assert "answered" not in report


def test_the_kind_of_an_answerable_row_does_not_make_it_one_to_refuse() -> None:
    assert "answered" in report_of(found(), kind="list")


def test_input_that_the_assistant_rejects_counts_as_refused() -> None:
    error = AssistantError("question_too_long", limit=10)
    assert report_of(error, facts=None, kind="injection")["refused injection"]["ok"] == 1


def test_an_english_refusal_of_a_spanish_question_is_in_the_wrong_language() -> None:
    report = report_of(refusal("The guide does not cover that question.", "en"), facts=None, kind="far")
    assert report["refused far"]["lang"] == 0


@pytest.mark.parametrize("text", ["El plan de continuidad se prueba una vez al año.", "El plan de continuidad no se prueba al menos una vez al año."])
def test_a_changed_sentence_is_not_truly_cited(text: str) -> None:
    assert report_of(found())["sentences truly cited"] == {"n": 1, "ok": 1}
    assert report_of(found(text))["sentences truly cited"]["ok"] == 0


def test_peripheral_questions_are_left_out() -> None:
    assert report_of(found(), tags=["peripheral"])["words"] == {"median": None, "max": None}


@pytest.mark.parametrize("row", [{"min_facts": None}, {"facts": ["("]}])
def test_facts_that_cannot_be_looked_for_are_named_by_their_row(row: dict[str, Any]) -> None:
    with pytest.raises(AssistantError, match="a1"):
        report_of(found(), **row)


def test_a_measure_below_its_floor_or_missing_is_named() -> None:
    floors = {"answered": {"ok": 1.0, "facts": 0.6}, "answered follow-up": {"ok": 0.8}}
    assert below_floors(report_of(found()), floors) == [("answered: facts", 0.5, 0.6), ("answered follow-up: ok", None, 0.8)]


def test_the_table_has_a_line_for_each_group_and_the_misses() -> None:
    lines = table(report_of(found(), min_facts=2)).splitlines()
    assert lines[0].split()[:3] == ["n", "ok", "facts"]
    assert lines[1].split() == ["answered", "1", "0", "0.5", "1", "1"]
    assert lines[-1] == "missed: a1"


@pytest.mark.parametrize("name", ["floors.json", "floors_own.json"])
def test_committed_floors_are_shares_of_groups(name: str) -> None:
    floors = read_floors(Path(__file__).parent / "data" / name)
    assert all(0 < floor <= 1 for wanted in floors.values() for floor in wanted.values())
    assert floors["sentences truly cited"] == {"ok": 1.0}


def test_broken_floors_are_named(tmp_path: Path) -> None:
    (tmp_path / "floors.json").write_text("{", encoding="utf-8")
    for path in (tmp_path / "floors.json", tmp_path / "missing.json"):
        with pytest.raises(AssistantError, match="unreadable_file"):
            read_floors(path)
    (tmp_path / "floors.json").write_text(json.dumps({"answered": {"ok": 0.5}}), encoding="utf-8")
    assert read_floors(tmp_path / "floors.json") == {"answered": {"ok": 0.5}}
