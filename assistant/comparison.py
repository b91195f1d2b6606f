"""Two assessments of the same questionnaire side by side: what was closed, what is new, what went better or worse. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.questionnaire import UNKNOWN
from assistant.report import Report, ReportAnswer, ReportGap

KINDS = ("closed", "better", "new", "worse", "lost")  # `lost`: a gap then, not assessed now; never counted as closed


@dataclass(frozen=True, slots=True)
class Change:
    """One question whose answer moved; the answers are in words, empty where the question was not asked."""

    question_id: str
    question: str
    kind: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class SectionShift:
    """One section's score then and now; None is "not assessed"."""

    id: str
    title: str
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the later report differs from the earlier one; `same_scope` is False where one of them asked fewer questions."""

    changes: tuple[Change, ...]
    sections: tuple[SectionShift, ...]
    unchanged: int  # gaps that stand as they stood
    same_scope: bool

    def of_kind(self, kind: str) -> tuple[Change, ...]:
        """The changes of one kind, in the questionnaire's order."""
        return tuple(change for change in self.changes if change.kind == kind)


def compare_reports(earlier: Report, later: Report) -> Comparison:
    """What changed from one report to another. Raises ValueError when they are of different questionnaires."""
    if earlier.header.questionnaire_id != later.header.questionnaire_id:
        raise ValueError(earlier.header.questionnaire_id, later.header.questionnaire_id)
    then, now = {a.question_id: a for a in earlier.answers}, {a.question_id: a for a in later.answers}
    open_then, open_now = _gaps(earlier), _gaps(later)
    order = list(dict.fromkeys([*now, *then]))
    kinds = {name: _kind(open_then.get(name), open_now.get(name), now.get(name)) for name in order}
    before = {section.id: section.score for section in earlier.sections}
    return Comparison(
        changes=tuple(_change(name, kind, then.get(name), now.get(name)) for name, kind in kinds.items() if kind in KINDS),
        sections=tuple(SectionShift(s.id, s.title, before.get(s.id), s.score) for s in later.sections),
        unchanged=sum(kind == "unchanged" for kind in kinds.values()),
        same_scope=earlier.score.scope == later.score.scope,
    )


def _gaps(report: Report) -> dict[str, ReportGap]:
    return {gap.answer.question_id: gap for gap in report.gaps}


def _kind(then: ReportGap | None, now: ReportGap | None, answer: ReportAnswer | None) -> str:
    if then is None:
        return "new" if now else "none"
    if now is None:
        return "closed" if answer and answer.state == "answered" else "lost"
    shortfall_then, shortfall_now = then.parts.shortfall, now.parts.shortfall
    if shortfall_now == shortfall_then:
        return "unchanged" if (then.answer.state == UNKNOWN) == (now.answer.state == UNKNOWN) else _learnt(now)
    return "better" if shortfall_now < shortfall_then else "worse"


def _learnt(now: ReportGap) -> str:
    """A gap at 0 both times: knowing it is better than not knowing, forgetting it is worse."""
    return "worse" if now.answer.state == UNKNOWN else "better"


def _change(name: str, kind: str, then: ReportAnswer | None, now: ReportAnswer | None) -> Change:
    shown = now or then
    assert shown is not None
    return Change(name, shown.question, kind, then.answer if then else "", now.answer if now else "")
