"""Where an assessment stands: pure functions; the formulas are printed in every report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import fsum

from assistant.models import Scope, Status
from assistant.questionnaire import NOT_APPLICABLE, UNKNOWN, Answers, Question, Questionnaire, accepts, chosen, visible_questions

CUTS = (20, 40, 60, 80)  # scores at which the level rises
CAP_FAILED, CAP_PARTIAL = 1, 3  # highest level with a must at 0 or unknown, with a must below full
KNOWN_ENOUGH = 0.6  # coverage below which the level is provisional


@dataclass(frozen=True, slots=True)
class Response:
    """A person's answer to one question: an option id, `unknown`, `not_applicable`, or a value where there are no options."""

    option: str
    answered: date
    note: str = ""
    owner: str = ""
    due: date | None = None
    status: Status = "open"
    na_reason: str = ""


@dataclass(frozen=True, slots=True)
class AnswerSheet:
    """Everything that was answered about one service; `date` is the day it stands for, `profile` and `responses` go by question id."""

    title: str
    date: date
    supplier: str = ""
    scope: Scope = "full"
    profile: Answers = field(default_factory=dict)
    responses: Mapping[str, Response] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts behind progress and coverage; both None where nothing applies."""

    applicable: int
    answered: int
    known: int

    @property
    def progress(self) -> float | None:
        """Answered of applicable, 0 to 1."""
        return self.answered / self.applicable if self.applicable else None

    @property
    def coverage(self) -> float | None:
        """Answered by knowledge of applicable, 0 to 1: "I don't know" does not count."""
        return self.known / self.applicable if self.applicable else None


@dataclass(frozen=True, slots=True)
class SectionScore:
    """One section from 0 to 100; None is "not assessed". `low` and `high` take what is open as all worst and all best."""

    id: str
    weight: int
    score: float | None
    low: float | None
    high: float | None
    tally: Tally


@dataclass(frozen=True, slots=True)
class Score:
    """The whole assessment; `level_reason` names the musts that cap the level, `uncapped_level` is the level without caps."""

    scope: Scope
    overall: float | None
    low: float | None
    high: float | None
    level: int | None
    uncapped_level: int | None
    level_reason: tuple[str, ...]
    tally: Tally
    sections: tuple[SectionScore, ...]

    @property
    def provisional(self) -> bool:
        """Whether too little is known for the level to stand."""
        return self.level is not None and (self.tally.coverage or 0) < KNOWN_ENOUGH


def state_of(question: Question, response: Response | None) -> str:
    """`answered`, `unknown`, `not_applicable` or `unanswered`; an answer that the question cannot have is no answer."""
    if response is None or not accepts(question, response.option):
        return "unanswered"
    given = chosen(response.option)
    if given == {NOT_APPLICABLE}:
        return NOT_APPLICABLE if response.na_reason.strip() else "unanswered"
    return UNKNOWN if given == {UNKNOWN} else "answered"


def points(question: Question, response: Response | None) -> float | None:
    """The answer's score from 0 to 1, unknown 0; None where it has none."""
    state = state_of(question, response)
    if not question.scored or response is None or state in ("unanswered", NOT_APPLICABLE):
        return None
    option = question.option(response.option)
    return 0.0 if option is None else option.score


def asked(questionnaire: Questionnaire, sheet: AnswerSheet) -> tuple[Question, ...]:
    """The questions that the assessment's own answers leave visible in its scope."""
    given: dict[str, str | Sequence[str]] = {name: response.option for name, response in sheet.responses.items()}
    return visible_questions(questionnaire, {**sheet.profile, **given}, sheet.scope)


def score_assessment(questionnaire: Questionnaire, sheet: AnswerSheet) -> Score:
    """Sections, overall, interval, level and what caps it."""
    questions = asked(questionnaire, sheet)
    sections = tuple(
        _section_score(section.id, section.weight, [q for q in questions if q.section_id == section.id], sheet.responses)
        for section in questionnaire.sections
    )
    overall = _mean((section.weight, section.score) for section in sections)
    uncapped = None if overall is None else sum(round(overall, 2) >= cut for cut in CUTS)  # as shown
    cap, reason = _cap(questions, sheet.responses, uncapped)
    return Score(
        scope=sheet.scope,
        overall=overall,
        low=_mean((section.weight, section.low) for section in sections),
        high=_mean((section.weight, section.high) for section in sections),
        level=None if uncapped is None else min(uncapped, cap),
        uncapped_level=uncapped,
        level_reason=reason,
        tally=count_answers(questions, sheet.responses),
        sections=sections,
    )


def _section_score(section_id: str, weight: int, questions: Sequence[Question], responses: Mapping[str, Response]) -> SectionScore:
    rows = [(question, responses.get(question.id)) for question in questions]
    bounded = [(q, r, points(q, r)) for q, r in rows if q.scored and state_of(q, r) != NOT_APPLICABLE]
    return SectionScore(
        id=section_id,
        weight=weight,
        score=_percent((q.weight, s) for q, _, s in bounded),
        low=_percent((q.weight, s or 0.0) for q, _, s in bounded),
        high=_percent((q.weight, s if s is not None and state_of(q, r) == "answered" else 1.0) for q, r, s in bounded),
        tally=count_answers(questions, responses),
    )


def count_answers(questions: Iterable[Question], responses: Mapping[str, Response]) -> Tally:
    """Progress and coverage of these questions; what does not apply counts nowhere."""
    states = [state for q in questions if (state := state_of(q, responses.get(q.id))) != NOT_APPLICABLE]
    known = states.count("answered")
    return Tally(len(states), known + states.count(UNKNOWN), known)


def _percent(pairs: Iterable[tuple[int, float | None]]) -> float | None:
    mean = _mean(pairs)
    return None if mean is None else 100 * mean


def _mean(pairs: Iterable[tuple[int, float | None]]) -> float | None:
    """Weighted mean of what has a value; exact sums, so that the order of the pairs does not show."""
    valued = [(weight, value) for weight, value in pairs if value is not None]
    return fsum(weight * value for weight, value in valued) / sum(weight for weight, _ in valued) if valued else None


def _cap(questions: Iterable[Question], responses: Mapping[str, Response], uncapped: int | None) -> tuple[int, tuple[str, ...]]:
    """The highest level that the musts allow, and those that hold it: failed ones always, partial ones when they lower it."""
    scores = {q.id: points(q, responses.get(q.id)) for q in questions if q.criticality == "must"}
    failed = tuple(name for name, score in scores.items() if score == 0)
    if failed:
        return CAP_FAILED, failed
    partial = tuple(name for name, score in scores.items() if score is not None and score < 1)
    if partial and uncapped is not None and uncapped > CAP_PARTIAL:
        return CAP_PARTIAL, partial
    return len(CUTS), ()
