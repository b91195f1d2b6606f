"""What a gap holds, and which comes first."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.catalogue import load_profile
from assistant.gaps import FIND_OUT_DAYS, find_gaps, find_out_action, service_tier
from assistant.i18n import languages
from assistant.questionnaire import UNKNOWN, Action, Questionnaire, visible_questions
from assistant.scoring import AnswerSheet
from assistant.settings import load_settings
from tests.forms import ACTION, DAY, WORKED, WORKED_SHEET, make_form, make_question, make_sheet
from tests.test_questionnaire import QUESTIONNAIRES
from tests.test_scoring import filled

PROFILE = load_profile(load_settings({}))
each = pytest.mark.parametrize("questionnaire", QUESTIONNAIRES.values(), ids=list(QUESTIONNAIRES))


def test_the_worked_example_of_the_design() -> None:
    gaps = find_gaps(WORKED, WORKED_SHEET, 1)
    assert [(gap.question.id, gap.priority) for gap in gaps] == [("q1", 7.5), ("q4", 6.0), ("q5", 4.0), ("q2", 2.4)]


@pytest.mark.parametrize(("effort", "divisor"), [(1, 1), (2, 1.25), (3, 1.5), (4, 2)])
def test_priority_is_the_product_of_its_parts(effort: int, divisor: float) -> None:
    form = make_form([make_question("q", weight=4, criticality="must", effort=effort)], {"a": 1})
    (gap,) = find_gaps(form, make_sheet({"q": "s0.5"}), 1.5)
    assert gap.priority == pytest.approx(4 * 3 * 0.5 * 1.5 / divisor)
    assert (gap.parts.weight, gap.parts.criticality, gap.parts.shortfall, gap.parts.tier, gap.parts.effort) == (4, 3, 0.5, 1.5, divisor)


@given(filled(), st.sampled_from([1, 1.5, 2]))
def test_every_known_shortfall_and_every_unknown_is_a_gap_and_nothing_else(case: tuple[Questionnaire, dict[str, str]], tier: float) -> None:
    form, options = case
    below = {q.id for q in form.questions if (option := q.option(options.get(q.id, ""))) and option.score != 1}
    unknown = {name for name, option in options.items() if option == UNKNOWN}
    gaps = find_gaps(form, make_sheet(options), tier)
    assert {gap.question.id for gap in gaps} == below | unknown
    assert {gap.question.id for gap in gaps if gap.find_out} == unknown


@given(filled(), st.sampled_from([1, 1.5, 2]))
def test_failed_musts_come_first_then_priority_then_date_then_id(case: tuple[Questionnaire, dict[str, str]], tier: float) -> None:
    gaps = find_gaps(case[0], make_sheet(case[1]), tier)
    keys = [(not gap.failed_must, -gap.priority, gap.due, gap.question.id) for gap in gaps]
    assert keys == sorted(keys)
    assert [gap.failed_must for gap in gaps] == [gap.question.criticality == "must" and gap.parts.shortfall == 1 for gap in gaps]


def test_ties_go_to_the_earlier_date_and_then_to_the_id() -> None:
    form = make_form([make_question("c"), make_question("b", due_days=60), make_question("a", due_days=60)], {"a": 1})
    assert [gap.question.id for gap in find_gaps(form, make_sheet(dict.fromkeys("abc", "s0")), 1)] == ["c", "a", "b"]


def test_what_is_not_known_is_found_out_in_fourteen_days_with_little_effort() -> None:
    form = make_form([make_question("q", effort=4, due_days=120)], {"a": 1})
    (gap,) = find_gaps(form, make_sheet({"q": UNKNOWN}), 1)
    assert (gap.find_out, gap.effort, gap.due) == (True, 1, DAY + timedelta(days=14))
    assert FIND_OUT_DAYS == 14
    assert "¿Qué?" in gap.action.title["es"] and "What?" in gap.action.title["en"]
    assert any("Acta" in step for step in gap.action.steps["es"]) and any("Risk" in step for step in gap.action.steps["en"])


def test_a_question_for_a_figure_says_itself_how_to_find_it_out() -> None:
    figure = replace(make_question("d"), type="duration", options=())
    assert find_out_action(figure) == ACTION
    (gap,) = find_gaps(make_form([figure], {"a": 1}), make_sheet({"d": UNKNOWN}), 1)
    assert gap.find_out and find_gaps(make_form([figure], {"a": 1}), make_sheet({"d": "4 h"}), 1) == ()


def test_an_option_may_name_its_own_remedy() -> None:
    own = Action({"es": "Propia", "en": "Own"}, ACTION.steps, ACTION.done_when)
    question = make_question("q")
    options = (question.options[0], replace(question.options[1], action=own), question.options[2])
    form = make_form([replace(question, options=options)], {"a": 1})
    assert find_gaps(form, make_sheet({"q": "s0.5"}), 1)[0].action == own
    assert find_gaps(form, make_sheet({"q": "s0"}), 1)[0].action == ACTION


def test_the_due_date_counts_from_the_day_of_the_answer_unless_one_is_set() -> None:
    form, sheet = make_form([make_question("q", due_days=30)], {"a": 1}), make_sheet({"q": "s0"})
    earlier = replace(sheet.responses["q"], answered=date(2026, 1, 1))
    fixed = replace(earlier, due=date(2027, 1, 1))
    assert [find_gaps(form, AnswerSheet("made", DAY, responses={"q": given}), 1)[0].due for given in (earlier, fixed)] == [
        date(2026, 1, 31),
        date(2027, 1, 1),
    ]


@pytest.mark.parametrize(("answer", "tier"), [("low", 1), ("medium", 1.5), ("high", 2), (UNKNOWN, 2), ("", 2), ("gone", 2)])
def test_an_unknown_tier_is_the_strictest(answer: str, tier: float) -> None:
    assert service_tier(PROFILE, {"profile.criticality": answer}) == tier


def test_without_a_profile_the_tier_is_the_strictest() -> None:
    assert service_tier(PROFILE, {}) == service_tier(make_form([], {}), {}) == 2


@each
def test_every_state_below_full_of_the_published_questions_leads_to_an_action(questionnaire: Questionnaire) -> None:
    for question in visible_questions(questionnaire, {}):
        for option in [UNKNOWN, *(option.id for option in question.options if option.score != 1)]:
            (gap,) = find_gaps(questionnaire, make_sheet({question.id: option}), 1)
            assert all(gap.action.title[language] and gap.action.steps[language] and gap.action.done_when[language] for language in languages())


@each
def test_the_best_answers_leave_no_gap(questionnaire: Questionnaire) -> None:
    best = {question.id: question.options[-1].id for question in questionnaire.questions if question.options}
    assert find_gaps(questionnaire, make_sheet(best), 2) == ()
