"""Answers in words: labels of the reader's language, values as their country writes them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.catalogue import load_questionnaires
from assistant.questionnaire import UNKNOWN, accepts
from assistant.settings import load_settings
from assistant.wording import answer_label

QUESTIONS = load_questionnaires(load_settings({}))["continuity"].questions
DURATION = next(question for question in QUESTIONS if question.type == "duration")


@pytest.mark.parametrize(
    ("answer", "spanish", "english"),
    [("4 h", "4 h", "4 h"), ("1.5 d", "1,5 d", "1.5 d"), ("1,5 d", "1,5 d", "1.5 d"), ("1500 min", "1500 min", "1500 min"), ("soon", "soon", "soon")],
)
def test_a_duration_is_written_as_in_the_country_and_can_be_typed_back(answer: str, spanish: str, english: str) -> None:
    labels = [answer_label(DURATION, answer, language) for language in ("es", "en")]
    assert labels == [spanish, english]
    assert all(accepts(DURATION, label) == accepts(DURATION, answer) for label in labels)


@pytest.mark.parametrize(
    ("kind", "answer", "label"),
    [("number", "12.5", "12,5"), ("number", "40", "40"), ("date", "2026-03-31", "31 mar 2026"), ("date", "31/3", "31/3")],
)
def test_numbers_and_days_follow_the_locale(kind: str, answer: str, label: str) -> None:
    assert answer_label(replace(DURATION, type=kind), answer, "es", "es-ES") == label


def test_the_locale_wins_over_the_languages_usual_one() -> None:
    assert answer_label(DURATION, "1.5 d", "es", "es-MX") == "1.5 d"
    assert answer_label(replace(DURATION, type="date"), "2026-03-31", "en", "en-US") == "Mar 31, 2026"


def test_options_and_the_answers_that_every_question_has_are_in_the_readers_language() -> None:
    question = next(question for question in QUESTIONS if question.scored)
    assert answer_label(question, question.options[0].id, "en") == question.options[0].label["en"]
    assert [answer_label(question, answer, language) for answer in (UNKNOWN, "") for language in ("es", "en")] == [
        "No lo sé",
        "I don't know",
        "Sin responder",
        "Not answered",
    ]
