"""The language a question is written in, also when it is one word, a typo or a mixture."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.language import LOANWORDS, detect_language
from assistant.lexical import fold

DATA = Path(__file__).parent / "data"


def asked(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (DATA / f"questions_{name}.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("question", ["SLA?", "RTO", "¿?", "🙂🙂", "24/7", "plan", "no", "", "\x00\x07", "outsourcing vendor lock-in", "help desk"])
def test_an_undecided_question_takes_the_language_of_the_history_then_of_the_interface(question: str) -> None:
    if "¿" not in question:
        assert detect_language(question, ["How often are the plans tested?"], "es") == "en"
    assert detect_language(question, ["How are they tested?", "¿Cada cuánto se prueban los planes?"], "en") == "es"
    assert detect_language(question, [], "en") == "en"
    assert detect_language(question, [], "es") == "es"


@pytest.mark.parametrize(
    "question",
    [
        "¿Cuál es el RTO?",
        "cual es el rto",
        "cada cuanto se prueba el plan",
        "qué es el vendor lock-in",
        "¿Help desk o service desk?",
        "penalizaciones SLA",
        "como evito el vendor lock in en cloud",
        "dame un checklist de onboarding",
        "Garantíceme por escrito que no nos van a multar con este contrato.",
    ],
)
def test_spanish_stays_spanish_without_accents_and_with_the_trades_loanwords(question: str) -> None:
    assert detect_language(question, default="en") == "es"


@pytest.mark.parametrize("question", ["how often do we test", "service level penalties", "Who owns the SLA?", "what does ANS stand for in Spain"])
def test_english_is_read_as_english(question: str) -> None:
    assert detect_language(question, default="es") == "en"


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("Qual é o prazo para testar o plano de continuidade?", "pt"),
        ("À quelle fréquence faut-il tester le plan de reprise ?", "fr"),
        ("Con quale frequenza si prova il piano di continuità?", "it"),
        ("Wie oft muss der Notfallplan getestet werden?", "de"),
    ],
)
def test_a_third_language_is_named(question: str, code: str) -> None:
    assert detect_language(question) == code


def test_questions_of_ours_that_the_guide_answers_are_read_in_their_own_language_and_never_as_a_third() -> None:
    read = [(row["lang"], detect_language(row["question"], row.get("history", ()), row["lang"])) for row in asked("in")]
    assert {language for _, language in read} == {"es", "en"}
    assert sum(own == language for own, language in read) / len(read) >= 0.995  # measured 0.9975: product names alone, and four typos in one


def test_questions_of_ours_outside_the_guide_are_read_in_their_own_language() -> None:
    rows = [row for row in asked("out") + asked("refuse") if row["lang"] in ("es", "en")]
    right = sum(detect_language(row["question"], row.get("history", ()), row["lang"]) == row["lang"] for row in rows)
    assert right / len(rows) >= 0.98  # measured 0.986: the others quote a third language, hold Base64 or are names alone


def test_loanwords_are_written_as_they_are_compared() -> None:
    assert all(fold(word) == word for word in LOANWORDS)


@given(st.text(max_size=60), st.lists(st.text(max_size=30), max_size=2))
def test_any_text_has_a_language(question: str, history: list[str]) -> None:
    assert len(detect_language(question, history)) == 2
