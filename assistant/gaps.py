"""What to do first: every gap with its action, owner role, due date and priority; pure functions, the formula is printed in every report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from assistant.i18n import Localised, languages, tr, tr_list
from assistant.questionnaire import UNKNOWN, Action, Answers, Question, Questionnaire, chosen
from assistant.scoring import AnswerSheet, Response, asked, state_of

CRITICALITY = {"must": 3, "should": 2, "could": 1}
EFFORT = {1: 1.0, 2: 1.25, 3: 1.5, 4: 2.0}  # hours, days, weeks, months -> what the priority is divided by
STRICTEST_TIER = 2.0
FIND_OUT_EFFORT, FIND_OUT_DAYS = 1, 14


@dataclass(frozen=True, slots=True)
class Parts:
    """The factors of a gap's priority."""

    weight: int
    criticality: int
    shortfall: float  # 1 - score of the option
    tier: float
    effort: float

    @property
    def priority(self) -> float:
        """The product: weight * criticality * shortfall * tier / effort."""
        return self.weight * self.criticality * self.shortfall * self.tier / self.effort


@dataclass(frozen=True, slots=True)
class Gap:
    """An answer below full, or not known, and what closes it."""

    question: Question
    response: Response
    action: Action
    parts: Parts
    failed_must: bool
    find_out: bool  # the answer is not known: the action is to find out
    due: date
    effort: int

    @property
    def priority(self) -> float:
        """The product of its parts; failed musts come before it."""
        return self.parts.priority


def service_tier(profile: Questionnaire, answers: Answers) -> float:
    """How much every gap weighs, from the profile's options that carry a tier; unknown takes the strictest."""
    tiers = {(question.id, option.id): option.tier for question in profile.questions for option in question.options if option.tier}
    given = [tier for (question_id, option_id), tier in tiers.items() if option_id in chosen(answers.get(question_id))]
    return max(given or tiers.values(), default=STRICTEST_TIER)


def find_gaps(questionnaire: Questionnaire, sheet: AnswerSheet, tier: float) -> tuple[Gap, ...]:
    """Every answer below full or unknown: failed musts first, then by priority, earlier due date, id."""
    gaps = [gap for question in asked(questionnaire, sheet) if (gap := _gap(question, sheet.responses.get(question.id), tier))]
    return tuple(sorted(gaps, key=lambda gap: (not gap.failed_must, -gap.priority, gap.due, gap.question.id)))


def find_out_action(question: Question) -> Action:
    """What to do about "I don't know": whom to ask, for which proof; a question without options says it itself."""
    if question.action and not question.options:
        return question.action
    words = {
        language: {
            "question": question.text[language],
            "role": tr(f"roles.{question.owner_role}", language),
            "evidence": "; ".join(question.evidence[language] if question.evidence else ()),
        }
        for language in languages()
    }
    return Action(
        title=Localised({code: tr("find_out.title", code, **values) for code, values in words.items()}),
        steps=Localised({code: tuple(step.format(**values) for step in tr_list("find_out.steps", code)) for code, values in words.items()}),
        done_when=Localised({code: tr("find_out.done_when", code) for code in words}),
    )


def _gap(question: Question, response: Response | None, tier: float) -> Gap | None:
    if response is None or (state := state_of(question, response)) not in (UNKNOWN, "answered"):
        return None
    find_out, option = state == UNKNOWN, question.option(response.option)
    score = 0.0 if find_out else option.score if option else None
    if score is None or score >= 1:
        return None
    effort, days = (FIND_OUT_EFFORT, FIND_OUT_DAYS) if find_out else (question.effort, question.due_days)
    action = find_out_action(question) if find_out else (option and option.action) or question.action
    if action is None:
        return None
    return Gap(
        question=question,
        response=response,
        action=action,
        parts=Parts(question.weight, CRITICALITY[question.criticality], 1 - score, tier, EFFORT[effort]),
        failed_must=question.criticality == "must" and score == 0,
        find_out=find_out,
        due=response.due or response.answered + timedelta(days=days),
        effort=effort,
    )
