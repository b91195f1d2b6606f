"""An assessment under way: which question comes next, what is shown with it, and every answer saved when it is given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from assistant.catalogue import load_profile, load_questionnaires
from assistant.errors import AssistantError
from assistant.models import Assessment, Citation, Passage, Scope, StoredAnswer
from assistant.questionnaire import LocalText, Question, Questionnaire, visible_questions
from assistant.replies import as_response, of_profile, reply_of, with_reply
from assistant.scoring import Tally, count_answers, state_of
from assistant.settings import Settings

if TYPE_CHECKING:
    from assistant.storage import Store

END = "end"  # the position behind the last question


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The questions that may be asked: the profile's, and each questionnaire's by id."""

    profile: Questionnaire
    questionnaires: dict[str, Questionnaire]


@dataclass(frozen=True, slots=True)
class Interview:
    """An assessment with its questions and answers; `position` is the question shown, or END."""

    assessment: Assessment
    catalogue: Catalogue
    answers: Mapping[str, StoredAnswer]
    position: str

    @property
    def questionnaire(self) -> Questionnaire:
        """The questionnaire that is filled in."""
        return self.catalogue.questionnaires[self.assessment.questionnaire_id]

    @property
    def scored_questions(self) -> tuple[Question, ...]:
        """The questionnaire's questions that apply, in the chosen scope."""
        return visible_questions(self.questionnaire, self._given, self.assessment.scope)

    @property
    def questions(self) -> tuple[Question, ...]:
        """All questions that apply: the profile's first."""
        return visible_questions(self.catalogue.profile, self._given) + self.scored_questions

    @property
    def open_questions(self) -> tuple[Question, ...]:
        """Those that have no answer yet."""
        return tuple(question for question in self.questions if self.state(question) == "unanswered")

    @property
    def _given(self) -> dict[str, str]:
        return {name: reply_of(answer) for name, answer in self.answers.items()}

    def state(self, question: Question) -> str:
        """`answered`, `unknown`, `not_applicable` or `unanswered`."""
        answer = self.answers.get(question.id)
        return state_of(question, as_response(answer) if answer else None)


@dataclass(frozen=True, slots=True)
class Card:
    """What is shown for one question; `progress` counts the profile's questions, or the questionnaire's that apply."""

    question: Question
    section: LocalText
    profile: bool
    state: str
    answer: StoredAnswer | None
    progress: Tally
    first: bool  # there is nothing to go back to
    added: bool  # new in a version of the questionnaire that the person has not seen
    guidance: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class News:
    """What a newer version of the questionnaire brings: questions added, and answered ones whose answer is no longer offered."""

    version: int
    added: tuple[Question, ...]
    reopened: tuple[Question, ...]


def load_catalogue(settings: Settings) -> Catalogue:
    """Profile and questionnaires. Raises AssistantError `questionnaire_file`."""
    return Catalogue(load_profile(settings), load_questionnaires(settings))


def start_interview(
    store: Store, catalogue: Catalogue, questionnaire_id: str, title: str, supplier: str = "", scope: Scope = "quick", locale: str = "es-ES"
) -> Interview:
    """A new assessment; what the profile of the same service already says is taken over, so that it is asked once."""
    known = profile_answers(store, title, supplier)
    version = catalogue.questionnaires[questionnaire_id].version
    assessment = store.start_assessment(title.strip(), supplier.strip(), questionnaire_id, version, scope=scope, locale=locale)
    store.save_answers(assessment.id, [replace(answer, version=0) for answer in known])
    return open_interview(store, catalogue, assessment.id)


def profile_answers(store: Store, title: str, supplier: str) -> list[StoredAnswer]:
    """The profile as last answered for the same service of the same supplier."""
    same = _name(title), _name(supplier)
    for assessment in sorted(store.assessments() + store.assessments(archived=True), key=lambda found: found.updated, reverse=True):
        if (_name(assessment.title), _name(assessment.supplier)) == same:
            known = [answer for name, answer in store.answers(assessment.id).items() if of_profile(name) and reply_of(answer)]
            if known:
                return known
    return []


def open_interview(store: Store, catalogue: Catalogue, assessment_id: str, position: str | None = None) -> Interview:
    """The assessment as it is stored, at `position`; without one, at the next open question.

    Raises AssistantError `row_gone`, or `unknown_questionnaire` when its questionnaire is no longer there.
    """
    assessment = store.assessment(assessment_id)
    if assessment is None:
        raise AssistantError("row_gone")
    if assessment.questionnaire_id not in catalogue.questionnaires:
        raise AssistantError("unknown_questionnaire", name=assessment.questionnaire_id, expected=", ".join(catalogue.questionnaires))
    interview = Interview(assessment, catalogue, store.answers(assessment_id), position or assessment.position or "")
    if position == END or position in {question.id for question in interview.questions}:
        return interview
    return replace(interview, position=next_open(interview))


def next_open(interview: Interview, beyond: bool = False) -> str:
    """The open question at the position or after it (`beyond`: after it), else the first open one; END when there is none.

    Beyond the last question comes END also while skipped ones are open.
    """
    order = [question.id for question in interview.questions]
    waiting = {question.id for question in interview.open_questions}
    start = order.index(interview.position) + beyond if interview.position in order else 0
    ahead = [name for name in order[start:] if name in waiting]
    behind = [] if beyond else [name for name in order if name in waiting]
    return (ahead + behind + [END])[0]


def current_card(interview: Interview, passages: Mapping[str, Passage]) -> Card | None:
    """What to show now; None at the end. `passages` resolves the guidance by passage id."""
    order = [question.id for question in interview.questions]
    if interview.position not in order:
        return None
    question = interview.questions[order.index(interview.position)]
    profile = of_profile(question.id)
    sections = (interview.catalogue.profile if profile else interview.questionnaire).sections
    return Card(
        question=question,
        section=next(section.title for section in sections if section.id == question.section_id),
        profile=profile,
        state=interview.state(question),
        answer=interview.answers.get(question.id),
        progress=progress(interview, profile),
        first=question.id == order[0],
        added=question.since > interview.assessment.questionnaire_version and not profile,
        guidance=tuple(passages[name] for name in question.guidance if name in passages),
    )


def progress(interview: Interview, profile: bool = False) -> Tally:
    """Answered of applicable, counted as the result counts: what does not apply is in neither number."""
    questions = [question for question in interview.questions if of_profile(question.id) == profile]
    return count_answers(questions, {name: as_response(answer) for name, answer in interview.answers.items()})


def give_reply(
    store: Store, interview: Interview, question_id: str, reply: str, expected_version: int | None, na_reason: str = "", note: str | None = None
) -> Interview:
    """Save a reply, given to the answer at `expected_version`, and go on to the next open question.

    Raises AssistantError `reply_not_possible`, `na_reason_missing`, `stale_row`, `row_gone`.
    """
    question = find_question(interview, question_id)
    answer = with_reply(interview.answers.get(question_id, StoredAnswer(question_id)), question, reply, na_reason)
    saved = _save(store, interview, answer if note is None else replace(answer, note=note), expected_version)
    return _move(store, saved, next_open(replace(saved, position=question_id), beyond=True))


def annotate(
    store: Store, interview: Interview, question_id: str, expected_version: int | None, note: str, owner: str, due: date | None
) -> Interview:
    """Save note, owner and due date beside the answer, or before there is one. Raises as `give_reply`."""
    answer = interview.answers.get(question_id, StoredAnswer(question_id))
    return _save(store, interview, replace(answer, note=note.strip(), owner=owner.strip(), due=due), expected_version)


def skip(store: Store, interview: Interview) -> Interview:
    """Leave the question as it is and go to the next one in order; behind the last comes the end."""
    order = [question.id for question in interview.questions] + [END]
    here = order.index(interview.position) if interview.position in order else -1
    return _move(store, interview, order[min(here + 1, len(order) - 1)])


def back(store: Store, interview: Interview) -> Interview:
    """Go to the question before, answered or not; the first one stays."""
    order = [question.id for question in interview.questions] + [END]
    here = order.index(interview.position) if interview.position in order else 1
    return _move(store, interview, order[max(here - 1, 0)])


def review_skipped(store: Store, interview: Interview) -> Interview:
    """Go to the first question that is still open."""
    return _move(store, interview, next_open(replace(interview, position="")))


def remaining(interview: Interview) -> int:
    """How many questions the full questionnaire would add to a quick scan."""
    full = visible_questions(interview.questionnaire, interview._given, "full")
    return len(full) - len(interview.scored_questions)


def extend(store: Store, interview: Interview) -> Interview:
    """Go on with the full questionnaire, what is answered kept, at the first question that is open."""
    changed = store.update_assessment(interview.assessment.id, interview.assessment.version, scope="full")
    return review_skipped(store, replace(interview, assessment=changed))


def whats_new(interview: Interview) -> News | None:
    """What changed since the version in which the assessment was begun; None when it is the same."""
    since, now = interview.assessment.questionnaire_version, interview.questionnaire.version
    if now <= since:
        return None
    added = tuple(question for question in interview.scored_questions if question.since > since)
    replied = [question for question in interview.open_questions if reply_of(interview.answers.get(question.id))]
    return News(now, added, tuple(replied))


def accept_version(store: Store, interview: Interview) -> Interview:
    """The person has seen what is new: the assessment goes on in the newer version, its old answers kept."""
    changed = store.update_assessment(interview.assessment.id, None, questionnaire_version=interview.questionnaire.version)
    return replace(interview, assessment=changed)


def related_questionnaire(catalogue: Catalogue, citations: Iterable[Citation]) -> str | None:
    """The questionnaire whose questions rest most on the topics cited, the first citation's passage before all; None where none does."""
    cited = [citation.passage for citation in citations]
    if not cited:
        return None
    weight = {
        name: sum(2 * (passage.id in question.guidance) + _on_topic(question, passage) for question in found.questions for passage in cited)
        for name, found in catalogue.questionnaires.items()
    }
    best = max(weight, key=weight.__getitem__)
    return best if any(_on_topic(question, cited[0]) for question in catalogue.questionnaires[best].questions) else None


def find_question(interview: Interview, question_id: str) -> Question:
    """One question of the profile or the questionnaire, also when it does not apply now; KeyError for others."""
    found = interview.catalogue.profile.find(question_id) or interview.questionnaire.find(question_id)
    if found is None:
        raise KeyError(question_id)
    return found


def _save(store: Store, interview: Interview, answer: StoredAnswer, expected_version: int | None) -> Interview:
    saved = store.save_answer(interview.assessment.id, answer, expected_version)
    return replace(interview, answers={**interview.answers, answer.question_id: saved})


def _move(store: Store, interview: Interview, position: str) -> Interview:
    store.update_assessment(interview.assessment.id, None, position=position)
    return replace(interview, position=position)


def _on_topic(question: Question, passage: Passage) -> bool:
    return any(name.partition("#")[0] == passage.document_id for name in question.guidance)


def _name(text: str) -> str:
    return " ".join(text.casefold().split())
