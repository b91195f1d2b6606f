"""Everything a report of one assessment says, in words: what the screen shows and every export writes."""

from __future__ import annotations

import importlib.metadata
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from assistant.catalogue import Standard, load_profile, load_standards
from assistant.gaps import Gap, Parts, find_gaps, service_tier
from assistant.guide import find_sections, guide_edition
from assistant.i18n import locale_for, tr, tr_list
from assistant.models import Passage, Status
from assistant.questionnaire import NOT_APPLICABLE, UNKNOWN, Question, Questionnaire, chosen
from assistant.scoring import AnswerSheet, Response, Score, asked, points, score_assessment, state_of
from assistant.settings import ROOT, Settings
from assistant.wording import Note, answer_label, level_label, method_notes

TOP = 6  # actions shown before all the others
CLOSED: tuple[Status, ...] = ("done", "accepted")  # statuses of a gap that asks for nothing more


@dataclass(frozen=True, slots=True)
class ReportHeader:
    """What the report is about and what it was made with; `profile` holds each profile question and its answer in words."""

    title: str
    supplier: str
    questionnaire_id: str
    questionnaire: str
    questionnaire_version: int
    scope: str
    date: date
    language: str
    locale: str
    product: str
    product_version: str
    guide_edition: str
    progress: float | None
    coverage: float | None
    profile: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause of a standard in one language; `note` says how to treat a secondary source, empty for a primary one."""

    id: str
    title: str
    clause: str
    gist: str
    certainty: str
    note: str
    as_of: date


@dataclass(frozen=True, slots=True)
class ReportSection:
    """One section's name and figures, as in `Score.sections` and in the same order."""

    id: str
    title: str
    weight: int
    score: float | None
    low: float | None
    high: float | None
    progress: float | None
    coverage: float | None


@dataclass(frozen=True, slots=True)
class Choice:
    """An answer that a question may have; `score` is None where it has none."""

    id: str
    label: str
    score: float | None


@dataclass(frozen=True, slots=True)
class ReportAnswer:
    """One question that applies and what was answered; `state` is answered, unknown, not_applicable or unanswered."""

    question_id: str
    section_id: str
    section: str
    question: str
    why: str
    evidence: tuple[str, ...]
    state: str
    option: str  # option id or value, empty where unanswered
    answer: str  # in words
    score: float | None
    weight: int
    criticality: str  # must, should or could
    note: str
    owner: str
    due: date | None
    status: Status
    na_reason: str
    answered: date | None
    guidance: tuple[Passage, ...]
    standards: tuple[Clause, ...]
    choices: tuple[Choice, ...]  # "I don't know" and "not applicable" included; empty where no single one is chosen


@dataclass(frozen=True, slots=True)
class ReportGap:
    """One gap with the answer it comes from and what closes it; `owner` falls back to the role's name."""

    rank: int
    answer: ReportAnswer
    title: str
    steps: tuple[str, ...]
    done_when: str
    owner: str
    role: str
    due: date
    effort: int
    effort_label: str
    status_label: str
    priority: float
    parts: Parts
    failed_must: bool
    find_out: bool

    @property
    def closed(self) -> bool:
        """Whether nothing more is asked for."""
        return self.answer.status in CLOSED


@dataclass(frozen=True, slots=True)
class Report:
    """One assessment in one language; `level_label` includes "provisional" where it is, `level_reason` the musts' texts.

    `unused` holds the ids of answers that do not count: out of scope, not visible with this profile, or of another version.
    """

    header: ReportHeader
    score: Score
    level_label: str
    level_reason: tuple[str, ...]
    sections: tuple[ReportSection, ...]
    answers: tuple[ReportAnswer, ...]
    gaps: tuple[ReportGap, ...]
    method: tuple[Note, ...]
    unused: tuple[str, ...]

    @property
    def first(self) -> tuple[ReportGap, ...]:
        """What to do first: the most urgent gaps that are not closed."""
        return tuple(gap for gap in self.gaps if not gap.closed)[:TOP]


def build_report(settings: Settings, questionnaire: Questionnaire, sheet: AnswerSheet, language: str, locale: str | None = None) -> Report:
    """Score an answer sheet and put everything into words; guidance that the language lacks comes in another, and says so."""
    profile, locale = load_profile(settings), locale or locale_for(language, settings.locale)
    questions = asked(questionnaire, sheet)
    score = score_assessment(questionnaire, sheet)
    cited = find_sections(settings.corpus, (ref for question in questions for ref in question.guidance), language)
    clauses = {name: _clause(standard, language) for name, standard in load_standards(settings).items()}
    titles = {section.id: section.title[language] for section in questionnaire.sections}
    answers = {q.id: _answer(q, sheet.responses.get(q.id), titles, cited, clauses, language, locale) for q in questions}
    gaps = find_gaps(questionnaire, sheet, service_tier(profile, sheet.profile))
    return Report(
        header=_header(settings, questionnaire, profile, sheet, score, language, locale),
        score=score,
        level_label=level_label(score, language),
        level_reason=tuple(answers[name].question for name in score.level_reason),
        sections=_sections(score, titles),
        answers=tuple(answers.values()),
        gaps=tuple(_gap(rank, gap, answers[gap.question.id], language) for rank, gap in enumerate(gaps, start=1)),
        method=method_notes(language, locale),
        unused=tuple(name for name in sheet.responses if name not in answers or answers[name].state == "unanswered"),
    )


def product_version() -> str:
    """The version of the installed package, or of the source tree."""
    try:
        return importlib.metadata.version("resguardo")
    except importlib.metadata.PackageNotFoundError:
        path = ROOT / "pyproject.toml"
        return str(tomllib.loads(path.read_text(encoding="utf-8"))["project"]["version"]) if path.is_file() else "0"


def _header(
    settings: Settings, questionnaire: Questionnaire, profile: Questionnaire, sheet: AnswerSheet, score: Score, language: str, locale: str
) -> ReportHeader:
    given = [(q, ",".join(sorted(chosen(sheet.profile.get(q.id))))) for q in profile.questions]
    return ReportHeader(
        title=sheet.title,
        supplier=sheet.supplier,
        questionnaire_id=questionnaire.id,
        questionnaire=questionnaire.title[language],
        questionnaire_version=questionnaire.version,
        scope=tr(f"scopes.{sheet.scope}", language),
        date=sheet.date,
        language=language,
        locale=locale,
        product=tr("app.name", language),
        product_version=product_version(),
        guide_edition=guide_edition(settings.corpus),
        progress=score.tally.progress,
        coverage=score.tally.coverage,
        profile=tuple((q.text[language], answer_label(q, answer, language, locale)) for q, answer in given),
    )


def _clause(standard: Standard, language: str) -> Clause:
    note = tr("certainty.secondary", language) if standard.certainty != "primary" else ""
    return Clause(standard.id, standard.title[language], standard.clause, standard.gist[language], standard.certainty, note, standard.as_of)


def _sections(score: Score, titles: Mapping[str, str]) -> tuple[ReportSection, ...]:
    return tuple(ReportSection(s.id, titles[s.id], s.weight, s.score, s.low, s.high, s.tally.progress, s.tally.coverage) for s in score.sections)


def _answer(
    question: Question,
    response: Response | None,
    titles: Mapping[str, str],
    cited: Mapping[str, Passage],
    clauses: Mapping[str, Clause],
    language: str,
    locale: str,
) -> ReportAnswer:
    state = state_of(question, response)
    given = Response("", date.min) if response is None or state == "unanswered" else response
    return ReportAnswer(
        question_id=question.id,
        section_id=question.section_id,
        section=titles[question.section_id],
        question=question.text[language],
        why=question.why[language],
        evidence=question.evidence[language] if question.evidence else (),
        state=state,
        option=given.option,
        answer=answer_label(question, given.option, language, locale),
        score=points(question, response),
        weight=question.weight,
        criticality=question.criticality,
        note=given.note,
        owner=given.owner,
        due=given.due,
        status=given.status,
        na_reason=given.na_reason,
        answered=None if state == "unanswered" else given.answered,
        guidance=tuple(cited[ref] for ref in question.guidance if ref in cited),
        standards=tuple(clauses[name] for name in question.standards if name in clauses),
        choices=_choices(question, language),
    )


def _choices(question: Question, language: str) -> tuple[Choice, ...]:
    """What can be chosen from a list; none for a question that asks for a value or for several options."""
    if question.type != "single":
        return ()
    always = [UNKNOWN] + [NOT_APPLICABLE] * question.not_applicable
    scores = {UNKNOWN: 0.0} if question.scored else {}
    named = tuple(Choice(option.id, option.label[language], option.score) for option in question.options)
    return named + tuple(Choice(name, answer_label(question, name, language), scores.get(name)) for name in always)


def _gap(rank: int, gap: Gap, answer: ReportAnswer, language: str) -> ReportGap:
    role = tr(f"roles.{gap.question.owner_role}", language)
    return ReportGap(
        rank=rank,
        answer=answer,
        title=gap.action.title[language],
        steps=gap.action.steps[language],
        done_when=gap.action.done_when[language],
        owner=answer.owner or role,
        role=role,
        due=gap.due,
        effort=gap.effort,
        effort_label=tr_list("efforts", language)[gap.effort - 1],
        status_label=tr(f"statuses.{answer.status}", language),
        priority=gap.priority,
        parts=gap.parts,
        failed_must=gap.failed_must,
        find_out=gap.find_out,
    )
