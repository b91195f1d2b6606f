"""What may be asked: questionnaires as frozen values, which questions apply, and which answers a question accepts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from assistant.i18n import Localised
from assistant.models import Scope

UNKNOWN, NOT_APPLICABLE = "unknown", "not_applicable"  # answers that every question has; never written as options
HOURS = {"min": 1 / 60, "h": 1.0, "d": 24.0}
DURATION = re.compile(r"(\d+(?:[.,]\d+)?)\s*(min|h|d)")

LocalText = Localised[str]
LocalList = Localised[tuple[str, ...]]  # as many lines in each language
Answers = Mapping[str, str | Sequence[str]]  # question id -> option id; several in a sequence or with commas between


@dataclass(frozen=True, slots=True)
class Action:
    """What closes a gap: what to do, how, and when it is done."""

    title: LocalText
    steps: LocalList
    done_when: LocalText


@dataclass(frozen=True, slots=True)
class Option:
    """An observable state; `score` runs from 0 worst to 1 best, `tier` weighs every gap, `action` replaces the question's own."""

    id: str
    label: LocalText
    score: float | None = None
    action: Action | None = None
    tier: float | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """Met when the question is answered with one of the options."""

    question: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """One question; on a profile question only the first fields are set."""

    id: str
    section_id: str
    type: str  # single, multi, number, duration (hours) or date; only single is scored
    text: LocalText
    why: LocalText
    options: tuple[Option, ...]
    shown_all: tuple[Condition, ...] = ()
    shown_any: tuple[Condition, ...] = ()
    evidence: LocalList | None = None
    weight: int = 0
    criticality: str = "must"  # so that a profile is asked in every scope
    not_applicable: bool = False
    guidance: tuple[str, ...] = ()
    standards: tuple[str, ...] = ()
    action: Action | None = None
    owner_role: str = ""
    due_days: int = 0
    effort: int = 1
    since: int = 1  # version of the questionnaire that brought it

    @property
    def scored(self) -> bool:
        """Whether its options carry scores."""
        return self.type == "single" and self.weight > 0

    def option(self, option_id: str) -> Option | None:
        """The option with that id, if it has one."""
        return next((option for option in self.options if option.id == option_id), None)


@dataclass(frozen=True, slots=True)
class QSection:
    """Questions on one theme."""

    id: str
    title: LocalText
    weight: int
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """One file of questions; `minutes` by scope."""

    id: str
    version: int
    scored: bool
    title: LocalText
    intro: LocalText
    minutes: dict[str, int]
    sections: tuple[QSection, ...]

    @property
    def questions(self) -> tuple[Question, ...]:
        """All questions in their order."""
        return tuple(question for section in self.sections for question in section.questions)

    def find(self, question_id: str) -> Question | None:
        """The question with that id, if it has one."""
        return next((question for question in self.questions if question.id == question_id), None)


def visible_questions(questionnaire: Questionnaire, answers: Answers, scope: Scope = "full") -> tuple[Question, ...]:
    """The questions that apply to these answers (the profile's and this questionnaire's); quick keeps the musts.

    A condition on a question that is unanswered or "I don't know" counts as met; on a question that does not apply, as unmet.
    """
    shown: dict[str, bool] = {}
    for question in questionnaire.questions:
        shown[question.id] = _applies(question, answers, shown)
    return tuple(q for q in questionnaire.questions if shown[q.id] and (scope == "full" or q.criticality == "must"))


def chosen(answer: str | Sequence[str] | None) -> frozenset[str]:
    """The option ids of an answer."""
    parts = answer.split(",") if isinstance(answer, str) else answer or ()
    return frozenset(part.strip() for part in parts if part.strip())


def accepts(question: Question, answer: str | Sequence[str]) -> bool:
    """Whether the answer is one that the question can have; `not_applicable` only where it is offered."""
    given = chosen(answer)
    if given == {UNKNOWN}:
        return True
    if given == {NOT_APPLICABLE}:
        return question.not_applicable
    if question.options:
        return bool(given) and given <= {option.id for option in question.options} and (question.type == "multi" or len(given) == 1)
    return isinstance(answer, str) and measure(question, answer) is not None


def measure(question: Question, answer: str) -> float | date | None:
    """The value of a number, of a duration ("30 min", "4 h", "2 d") in hours, or of an ISO date; None where it is none."""
    try:
        if question.type == "date":
            return date.fromisoformat(answer)
        if question.type == "number":
            return float(answer.replace(",", "."))
    except ValueError:
        return None
    match = DURATION.fullmatch(answer.strip())
    return float(match[1].replace(",", ".")) * HOURS[match[2]] if match else None


def _applies(question: Question, answers: Answers, shown: Mapping[str, bool]) -> bool:
    met = [_met(condition, answers, shown) for condition in question.shown_any]
    return all(_met(condition, answers, shown) for condition in question.shown_all) and (not met or any(met))


def _met(condition: Condition, answers: Answers, shown: Mapping[str, bool]) -> bool:
    given = chosen(answers.get(condition.question))
    return shown.get(condition.question, True) and (not given or UNKNOWN in given or not given.isdisjoint(condition.options))
