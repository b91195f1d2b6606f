"""The laws of the score."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from assistant.models import Scope
from assistant.questionnaire import NOT_APPLICABLE, UNKNOWN, Question, Questionnaire
from assistant.scoring import AnswerSheet, Score, score_assessment
from tests.forms import DAY, WORKED, WORKED_SHEET, make_form, make_question, make_sheet

SCORES = st.lists(st.integers(1, 19), max_size=3, unique=True).map(lambda inner: [0, *(value / 20 for value in sorted(inner)), 1])
NEAR = 1e-9


@st.composite
def forms(draw: st.DrawFn) -> Questionnaire:
    sections = {name: draw(st.integers(1, 5)) for name in "abc"[: draw(st.integers(1, 3))]}
    return make_form(
        [
            make_question(
                f"q{i}",
                draw(st.sampled_from(sorted(sections))),
                draw(st.integers(1, 5)),
                draw(st.sampled_from(["must", "should", "could"])),
                scores=draw(SCORES),
            )
            for i in range(draw(st.integers(1, 8)))
        ],
        sections,
    )


@st.composite
def filled(draw: st.DrawFn) -> tuple[Questionnaire, dict[str, str]]:
    form = draw(forms())
    given_answers = {}
    for question in form.questions:
        option = draw(st.sampled_from([None, UNKNOWN, NOT_APPLICABLE, *(option.id for option in question.options)]))
        if option:
            given_answers[question.id] = option
    return form, given_answers


def score(form: Questionnaire, options: dict[str, str], scope: Scope = "full") -> Score:
    return score_assessment(form, make_sheet(options, scope))


def musts(form: Questionnaire) -> list[Question]:
    return [question for question in form.questions if question.criticality == "must"]


def test_the_worked_example_of_the_design() -> None:
    result = score_assessment(WORKED, WORKED_SHEET)
    a, b = result.sections
    assert (a.score, a.low, a.high) == (18.75, 18.75, 18.75)
    assert (b.score, b.low, b.high) == (0, 0, 50)
    assert (result.overall, result.low, result.high) == (14.0625, 14.0625, 26.5625)
    assert (result.tally.answered, result.tally.known, result.tally.applicable) == (4, 3, 5)
    assert (result.tally.progress, result.tally.coverage) == (0.8, 0.6)
    assert (result.level, result.provisional, result.level_reason) == (0, False, ("q1", "q4"))


@given(filled())
def test_bounds_contain_the_score(case: tuple[Questionnaire, dict[str, str]]) -> None:
    result = score(*case)
    parts = [(section.score, section.low, section.high) for section in result.sections]
    for value, low, high in [*parts, (result.overall, result.low, result.high)]:
        if value is not None:
            assert low is not None and high is not None
            assert 0 <= low <= value + NEAR and value <= high + NEAR <= 100 + 2 * NEAR


@given(filled(), st.randoms())
def test_order_does_not_matter(case: tuple[Questionnaire, dict[str, str]], random: object) -> None:
    form, options = case
    names = list(options)
    random.shuffle(names)  # type: ignore[attr-defined]
    mixed = tuple(replace(section, questions=section.questions[::-1]) for section in form.sections[::-1])
    before, after = score(form, options), score(replace(form, sections=mixed), {name: options[name] for name in names})
    assert replace(before, sections=(), level_reason=()) == replace(after, sections=(), level_reason=())
    assert sorted(before.level_reason) == sorted(after.level_reason)
    assert before.sections == after.sections[::-1]


@given(filled(), st.data())
def test_a_better_answer_never_lowers_score_bounds_or_level(case: tuple[Questionnaire, dict[str, str]], data: st.DataObject) -> None:
    form, options = case
    known = [q for q in form.questions if q.option(options.get(q.id, "")) is not None]
    assume(known)
    question = data.draw(st.sampled_from(known))
    ids = [option.id for option in question.options]
    better = data.draw(st.sampled_from(ids[ids.index(options[question.id]) :]))
    before, after = score(form, options), score(form, options | {question.id: better})
    assert before.overall is not None and after.overall is not None and before.level is not None and after.level is not None
    assert after.overall >= before.overall - NEAR and after.level >= before.level
    assert (after.low or 0) >= (before.low or 0) - NEAR and (after.high or 0) >= (before.high or 0) - NEAR


@given(filled(), st.data())
def test_not_applicable_is_neutral(case: tuple[Questionnaire, dict[str, str]], data: st.DataObject) -> None:
    form, options = case
    name = data.draw(st.sampled_from([question.id for question in form.questions]))
    without = make_form([q for q in form.questions if q.id != name], {section.id: section.weight for section in form.sections})
    assert score(form, options | {name: NOT_APPLICABLE}) == score(without, {key: value for key, value in options.items() if key != name})


@given(filled(), st.data())
def test_unknown_is_never_better_than_the_worst_known_option(case: tuple[Questionnaire, dict[str, str]], data: st.DataObject) -> None:
    form, options = case
    question = data.draw(st.sampled_from(form.questions))
    unknown, worst = score(form, options | {question.id: UNKNOWN}), score(form, options | {question.id: question.options[0].id})
    assert unknown.overall is not None and worst.overall is not None and unknown.level is not None and worst.level is not None
    assert unknown.overall <= worst.overall + NEAR and unknown.level <= worst.level
    assert (unknown.tally.coverage or 0) < (worst.tally.coverage or 0) and unknown.tally.progress == worst.tally.progress


@given(filled(), st.data())
def test_an_answer_narrows_the_interval(case: tuple[Questionnaire, dict[str, str]], data: st.DataObject) -> None:
    form, options = case
    open_ones = [q for q in form.questions if q.id not in options]
    assume(open_ones)
    question = data.draw(st.sampled_from(open_ones))
    before = score(form, options)
    after = score(form, options | {question.id: data.draw(st.sampled_from(question.options)).id})
    assert None not in (before.low, before.high, after.low, after.high)
    assert before.low - NEAR <= after.low and after.high <= before.high + NEAR  # type: ignore[operator]


@given(forms())
def test_no_data_never_scores(form: Questionnaire) -> None:
    result = score(form, {})
    assert (result.overall, result.level, result.level_reason, result.provisional) == (None, None, (), False)
    assert all(section.score is None for section in result.sections)
    assert (result.low, result.high, result.tally.progress, result.tally.coverage) == (0, 100, 0, 0)


@given(forms())
def test_where_nothing_applies_nothing_is_shown(form: Questionnaire) -> None:
    result = score(form, {question.id: NOT_APPLICABLE for question in form.questions})
    assert {result.overall, result.low, result.high, result.level, result.tally.progress, result.tally.coverage} == {None}


@given(filled(), st.data())
def test_a_failed_must_caps_the_level_and_is_named(case: tuple[Questionnaire, dict[str, str]], data: st.DataObject) -> None:
    form, options = case
    assume(musts(form))
    question = data.draw(st.sampled_from(musts(form)))
    result = score(form, options | {question.id: data.draw(st.sampled_from([UNKNOWN, question.options[0].id]))})
    assert result.level is not None and result.level <= 1
    assert question.id in result.level_reason


@given(filled())
def test_the_level_is_the_score_cut_and_capped(case: tuple[Questionnaire, dict[str, str]]) -> None:
    form, options = case
    result = score(form, options)
    assume(result.overall is not None and result.level is not None)
    given_musts = {q.id: q.option(options[q.id]) for q in musts(form) if options.get(q.id, NOT_APPLICABLE) != NOT_APPLICABLE}
    points = {name: option.score if option else 0 for name, option in given_musts.items()}
    cap = 1 if 0 in points.values() else 3 if any(value != 1 for value in points.values()) else 4
    assert result.level == min(int(round(result.overall, 2) // 20), 4, cap)  # type: ignore[arg-type]
    assert set(result.level_reason) <= {name for name, value in points.items() if value != 1}


def test_a_partial_must_is_named_when_it_lowers_the_level() -> None:
    form = make_form([make_question("m", weight=1, criticality="must"), make_question("s", weight=5)], {"a": 1})
    high, low = score(form, {"m": "s0.5", "s": "s1"}), score(form, {"m": "s0.5", "s": "s0"})
    assert (high.uncapped_level, high.level, high.level_reason) == (4, 3, ("m",))
    assert (low.level, low.level_reason) == (0, ())


@pytest.mark.parametrize(("known", "provisional"), [(2, True), (3, False)])
def test_below_sixty_percent_coverage_the_level_is_provisional(known: int, provisional: bool) -> None:
    form = make_form([make_question(f"q{i}") for i in range(5)], {"a": 1})
    options = {f"q{i}": "s1" if i < known else UNKNOWN for i in range(5)}
    assert score(form, options).provisional is provisional


@given(filled())
def test_quick_scores_the_musts_alone(case: tuple[Questionnaire, dict[str, str]]) -> None:
    form, options = case
    alone = make_form(musts(form), {section.id: section.weight for section in form.sections})
    assert replace(score(form, options, "quick"), scope="full") == score(alone, options)


def test_zero_is_a_score_and_not_a_missing_one() -> None:
    form = make_form([make_question("a1", "a"), make_question("b1", "b")], {"a": 1, "b": 1})
    assert score(form, {"a1": "s0", "b1": "s1"}).overall == 50
    assert score(form, {"b1": "s1"}).overall == 100


@pytest.mark.parametrize("option", ["gone", "", "s0,s1"])
def test_an_answer_that_the_question_does_not_have_counts_as_none(option: str) -> None:
    form = make_form([make_question("q")], {"a": 1})
    assert score(form, {"q": option}) == score(form, {})


def test_not_applicable_needs_a_reason_and_an_offer() -> None:
    question = make_question("q")
    bare = AnswerSheet("made", DAY, responses={"q": replace(make_sheet({"q": NOT_APPLICABLE}).responses["q"], na_reason=" ")})
    assert score_assessment(make_form([question], {"a": 1}), bare).tally.applicable == 1
    assert score(make_form([replace(question, not_applicable=False)], {"a": 1}), {"q": NOT_APPLICABLE}).tally.applicable == 1


def test_figures_count_as_progress_and_never_as_points() -> None:
    figure = replace(make_question("d"), type="duration", options=())
    form = make_form([make_question("q"), figure], {"a": 1})
    result = score(form, {"q": "s0.5", "d": "4 h"})
    assert (result.overall, result.low, result.high, result.tally.answered, result.tally.known) == (50, 50, 50, 2, 2)
    assert score(form, {"q": "s0.5", "d": UNKNOWN}).tally.known == 1
    assert score(form, {"q": "s0.5", "d": "later"}).tally.answered == 1
