"""No function word of one language stands in what is said in the other: answers, refusals, reports, questionnaires and the interface."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import pytest

from assistant.catalogue import load_profile, load_questionnaires
from assistant.export.markdown import markdown_bytes
from assistant.export.paper import lay_out
from assistant.i18n import languages, strings
from assistant.lexical import fold, stop_words
from assistant.models import Topic
from assistant.questionnaire import NOT_APPLICABLE, UNKNOWN, Question
from assistant.report import Report, build_report
from assistant.scoring import AnswerSheet, Response
from assistant.settings import load_settings
from tests.conftest import BatchRun

DAY = date(2026, 11, 22)
FINISHED = ("es", "en")  # languages in which everything is there
# Words of both languages ("ve": he sees), and what is left of contractions ("I'm", "mayn't"), which codes such as ID.AM-04 hold too.
SHARED = {"ve", "am", "ma"}
PHRASES = re.compile(r"show and tell|time and materials")  # of the trade, used as they are
QUOTED = re.compile(r"«[^»]*»|“[^”]*”|\"[^\"]*\"|\([^()]*\)")  # titles, terms and what an abbreviation stands for
WORD = re.compile(r"[^\W\d_]+(?:[-’'][^\W\d_]+)*")


def own_words(language: str) -> frozenset[str]:
    """Function words that only this one of our languages has."""
    others = frozenset[str]().union(*(stop_words(other) for other in languages() if other != language))
    return frozenset(word for word in stop_words(language) - others - SHARED if len(word) > 1)


OWN = {language: own_words(language) for language in languages()}
CAPITAL = r"[A-ZÁÉÍÓÚÑ][\w.&-]*"
INNER = "|".join(sorted(frozenset[str]().union(*OWN.values(), {"y", "e", "a", "o"})))
NAMES = re.compile(rf"{CAPITAL}(?:\s+(?:(?:{INNER})\s+)*(?:{CAPITAL}|\d[\w./-]*))+")  # "Ley de Protección de Datos", "Ley 81 de 2019"


def strays(text: str, language: str) -> list[str]:
    """Function words of another language in a text, outside names and quotations."""
    text = NAMES.sub(" ", PHRASES.sub(" ", QUOTED.sub(" ", text)))
    return [word for word in WORD.findall(text) if any(fold(word) in OWN[other] for other in languages() if other != language)]


def all_strays(lines: list[str], language: str) -> list[tuple[list[str], str]]:
    return [(found, line) for line in lines if (found := strays(line, language))]


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("The plan se prueba every year", "en", ["se"]),
        ("El plan is tested cada año", "es", ["is"]),
        ("The Ley Orgánica de Protección de Datos applies", "en", []),
        ("El Digital Operational Resilience Act pide «tests of the plan» (test of the year) and más", "es", ["and"]),
        ("El vendor lock-in del cloud", "es", []),
    ],
)
def test_a_stray_word_is_found_and_names_and_quotations_are_none(text: str, language: str, found: list[str]) -> None:
    assert strays(text, language) == found


@pytest.mark.parametrize("language", FINISHED)
def test_answers_and_refusals_hold_no_word_of_another_language(batch: BatchRun, language: str) -> None:
    answers = [result for result in batch.results if result["language"] == language]
    assert len(answers) >= 150 and {answer["reason"] for answer in answers} >= {None, "not_covered"}
    lines = [line for answer in answers for line in answer["answer"].split("\n")]
    lines += [f"{passage['document']} › {passage['section']}" for answer in answers for passage in answer["related"]]
    assert all_strays(lines, language) == []


@pytest.mark.parametrize("language", FINISHED)
def test_suggested_questions_hold_no_word_of_another_language(guide: dict[str, list[Topic]], language: str) -> None:
    lines = [ask for topic in guide[language] for asks in topic.asks.values() for ask in asks]
    assert len(lines) > 1000
    assert all_strays(lines, language) == []


@pytest.mark.parametrize("language", FINISHED)
@pytest.mark.parametrize("name", sorted(load_questionnaires(load_settings({}))))
def test_a_report_holds_no_word_of_another_language(name: str, language: str) -> None:
    report = full_report(name, language)
    assert report.gaps and report.level_reason and {"answered", "unknown", "not_applicable"} <= {answer.state for answer in report.answers}
    lines = markdown_bytes(lay_out(report, language)).decode().replace("\\", "").split("\n")
    assert len(lines) > 200
    assert all_strays(lines, language) == []


def full_report(name: str, language: str) -> Report:
    settings = load_settings({})
    questionnaire = load_questionnaires(settings)[name]
    responses = {question.id: reply(question, n) for n, question in enumerate(questionnaire.questions)}
    profile = {question.id: question.options[0].id for question in load_profile(settings).questions}
    return build_report(settings, questionnaire, AnswerSheet("", DAY, "", "full", profile, responses), language)


def reply(question: Question, n: int) -> Response:
    """Every answer that there is, by turns."""
    if question.not_applicable and n % 7 == 0:
        return Response(NOT_APPLICABLE, DAY, na_reason="–")
    if n % 5 == 0 or not question.options:
        return Response(UNKNOWN if question.options else "1.5 d", DAY)
    return Response(question.options[n % len(question.options)].id, DAY)


@pytest.mark.parametrize("language", FINISHED)
def test_the_interface_holds_no_word_of_another_language(language: str) -> None:
    assert all_strays(list(interface_words(language)), language) == []


def interface_words(language: str) -> Iterator[str]:
    for key, value in strings(language).items():
        if not key.startswith("grammar."):
            yield from (re.sub(r"\{\w+\}", "", text) for text in (value if isinstance(value, list) else [value]))


@pytest.mark.parametrize("language", FINISHED)
def test_questionnaires_hold_no_word_of_another_language(language: str) -> None:
    settings = load_settings({})
    lines: list[str] = []
    for part in (load_profile(settings), *load_questionnaires(settings).values()):
        lines += [part.title[language], part.intro[language]]
        for question in part.questions:
            lines += [question.text[language], question.why[language], *(option.label[language] for option in question.options)]
            for action in (question.action, *(option.action for option in question.options)):
                lines += [action.title[language], *action.steps[language], action.done_when[language]] if action else []
            lines += question.evidence[language] if question.evidence else ()
    assert len(lines) > 1000 and all_strays(lines, language) == []
