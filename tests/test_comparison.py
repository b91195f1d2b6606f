"""What changed between two assessments of the same questionnaire."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.catalogue import load_questionnaires
from assistant.comparison import KINDS, compare_reports
from assistant.questionnaire import Question
from assistant.report import Report, build_report
from assistant.scoring import AnswerSheet, Response
from assistant.settings import load_settings

DAY = date(2026, 3, 2)
SETTINGS = load_settings({})
FORMS = load_questionnaires(SETTINGS)
FORM = FORMS["continuity"]
SINGLE = [question for question in FORM.questions if question.scored and not question.shown_all and not question.shown_any]
QUESTION = next(question for question in SINGLE if question.not_applicable and len(question.options) > 2)
WORST, MIDDLE, BEST = QUESTION.options[0].id, QUESTION.options[1].id, QUESTION.options[-1].id


def report(answers: dict[str, str], name: str = "continuity", scope: str = "full") -> Report:
    responses = {question: Response(option, DAY, na_reason="no reason to") for question, option in answers.items()}
    return build_report(SETTINGS, FORMS[name], AnswerSheet("made", DAY, scope=scope, responses=responses), "es")  # type: ignore[arg-type]


def kind(before: str, after: str) -> str:
    """How the move of one question from one answer to another counts; empty answers are not given."""
    then, now = ({QUESTION.id: option} if option else {} for option in (before, after))
    changes = compare_reports(report(then), report(now)).changes
    return changes[0].kind if changes else ""


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (WORST, BEST, "closed"),
        (WORST, MIDDLE, "better"),
        (MIDDLE, WORST, "worse"),
        (BEST, MIDDLE, "new"),
        ("", WORST, "new"),
        (WORST, "", "lost"),
        (WORST, "not_applicable", "lost"),
        ("unknown", BEST, "closed"),
        ("unknown", WORST, "better"),
        (WORST, "unknown", "worse"),
        (BEST, "unknown", "new"),
        (MIDDLE, MIDDLE, ""),
        (BEST, "", ""),
        ("", "", ""),
    ],
)
def test_a_move_counts_as_what_it_is(before: str, after: str, expected: str) -> None:
    assert kind(before, after) == expected


def test_a_change_names_the_question_and_both_answers_in_words() -> None:
    change = compare_reports(report({QUESTION.id: WORST}), report({QUESTION.id: BEST})).of_kind("closed")[0]
    assert change.question == QUESTION.text["es"]
    assert (change.before, change.after) == (QUESTION.options[0].label["es"], QUESTION.options[-1].label["es"])


def test_a_scope_that_differs_is_said() -> None:
    full, quick = report({QUESTION.id: WORST}), report({QUESTION.id: WORST}, scope="quick")
    assert compare_reports(full, full).same_scope
    assert not compare_reports(quick, full).same_scope


def test_different_questionnaires_do_not_compare() -> None:
    with pytest.raises(ValueError):
        compare_reports(report({}), report({}, "readiness"))


def options(question: Question) -> st.SearchStrategy[str]:
    return st.sampled_from([option.id for option in question.options] + ["unknown", ""])


ANSWERS = st.fixed_dictionaries({question.id: options(question) for question in SINGLE[:6]}).map(
    lambda given: {name: option for name, option in given.items() if option}
)


@settings(max_examples=10, deadline=None)
@given(ANSWERS, ANSWERS)
def test_every_gap_then_or_now_is_counted_once_and_a_mirror_turns_it_round(first: dict[str, str], second: dict[str, str]) -> None:
    then, now = report(first), report(second)
    forth, back = compare_reports(then, now), compare_reports(now, then)
    gaps = {gap.answer.question_id for gap in (*then.gaps, *now.gaps)}
    assert sum(len(forth.of_kind(name)) for name in KINDS) + forth.unchanged == len(gaps)
    names = {name: {change.question_id for change in forth.of_kind(name)} for name in KINDS}
    mirrored = {name: {change.question_id for change in back.of_kind(name)} for name in KINDS}
    assert names["better"] == mirrored["worse"]
    assert names["closed"] | names["lost"] == mirrored["new"]
