"""The interview: what is asked next, what is kept, and that every path through it ends in the score that storage recomputes."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from assistant.embeddings import TextEmbeddings
from assistant.errors import AssistantError
from assistant.free_text import Kind, asks, propose_option, read_text, recognise_start
from assistant.i18n import explain, languages
from assistant.interview import (
    END,
    Catalogue,
    Interview,
    accept_version,
    annotate,
    back,
    current_card,
    extend,
    give_reply,
    load_catalogue,
    next_open,
    open_interview,
    progress,
    related_questionnaire,
    remaining,
    review_skipped,
    skip,
    start_interview,
    whats_new,
)
from assistant.models import Assessment, Citation, Passage, Scope, Sentence, Source, StoredAnswer
from assistant.questionnaire import NOT_APPLICABLE, UNKNOWN, Question
from assistant.replies import answer_sheet, of_profile, reply_of
from assistant.scoring import AnswerSheet, Response, score_assessment
from assistant.settings import load_settings
from assistant.storage import Store, open_store

DATA = Path(__file__).parent / "data"
WALKS, STORED_WALKS = 200, 5  # in memory, and with the real storage
TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(load_settings({}))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(open_store(load_settings({"RESGUARDO_HOME": str(tmp_path)}))) as opened:
        yield opened


def lines(name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def begin(store: Store, catalogue: Catalogue, name: str = "continuity", scope: Scope = "quick", title: str = "Nóminas") -> Interview:
    return start_interview(store, catalogue, name, title, "Acme", scope)


def version(interview: Interview) -> int:
    answer = interview.answers.get(interview.position)
    return answer.version if answer else 0


def reply(store: Store, interview: Interview, option: str, na_reason: str = "") -> Interview:
    return give_reply(store, interview, interview.position, option, version(interview), na_reason)


def question_at(interview: Interview) -> Question:
    return next(question for question in interview.questions if question.id == interview.position)


def any_reply(question: Question, chance: random.Random) -> str:
    if question.type == "multi":
        return ",".join(option.id for option in chance.sample(question.options, chance.randint(1, len(question.options))))
    if question.options:
        return chance.choice(question.options).id
    return {"duration": "4 h", "number": "3", "date": "2026-03-31"}[question.type]


def first_replies(store: Store, interview: Interview, until: str = END) -> Interview:
    while interview.position != END and not interview.position.startswith(until):
        interview = reply(store, interview, any_reply(question_at(interview), random.Random(1)))
    return interview


def step(store: Store, interview: Interview, given: dict[str, tuple[str, str]], chance: random.Random) -> Interview:
    """One thing that a person may do; `given` keeps what a pure record of it would."""
    kind = chance.choices(["answer", "unknown", "na", "back", "skip", "pause"], [10, 2, 2, 2, 2, 1])[0]
    if interview.position == END:
        kind = chance.choice(["back", "review"]) if interview.open_questions else chance.choice(["back", "extend"])
        if kind == "extend":
            return extend(store, interview)
        return back(store, interview) if kind == "back" else review_skipped(store, interview)
    question = question_at(interview)
    if kind == "back":
        return back(store, interview)
    if kind == "skip":
        return skip(store, interview)
    if kind == "pause":
        reopened = open_interview(store, interview.catalogue, interview.assessment.id)
        assert reopened.position == END or reopened.position in {waiting.id for waiting in reopened.open_questions}
        return reopened
    value, reason = any_reply(question, chance), ""
    if kind == "unknown":
        value = UNKNOWN
    elif kind == "na" and question.not_applicable:
        value, reason = NOT_APPLICABLE, "No hay ninguno"
    given[question.id] = (value, reason)
    return reply(store, interview, value, reason)


def recorded(interview: Interview, given: dict[str, tuple[str, str]]) -> AnswerSheet:
    responses = {name: Response(value, TODAY, na_reason=reason) for name, (value, reason) in given.items() if not of_profile(name)}
    profile = {name: value for name, (value, _) in given.items() if of_profile(name)}
    return AnswerSheet("Nóminas", TODAY, "Acme", interview.assessment.scope, profile, responses)


class Memory:
    """The part of the store that an interview uses, kept in memory."""

    def __init__(self) -> None:
        self.rows: dict[str, Assessment] = {}
        self.kept: dict[str, dict[str, StoredAnswer]] = {}

    def start_assessment(self, title: str, supplier: str, name: str, version: int, scope: Scope, locale: str) -> Assessment:
        moment = datetime.now(UTC)
        row = Assessment(str(len(self.rows)), title, supplier, name, version, scope, locale, None, moment, moment, False, 1)
        self.rows[row.id], self.kept[row.id] = row, {}
        return row

    def assessments(self, archived: bool = False) -> list[Assessment]:
        return []

    def assessment(self, assessment_id: str) -> Assessment:
        return self.rows[assessment_id]

    def answers(self, assessment_id: str) -> dict[str, StoredAnswer]:
        return dict(self.kept[assessment_id])

    def update_assessment(self, assessment_id: str, version: int | None, **changes: Any) -> Assessment:
        self.rows[assessment_id] = replace(self.rows[assessment_id], **changes)
        return self.rows[assessment_id]

    def save_answers(self, assessment_id: str, answers: list[StoredAnswer]) -> None:
        assert not answers

    def save_answer(self, assessment_id: str, answer: StoredAnswer, expected_version: int | None) -> StoredAnswer:
        current = self.kept[assessment_id].get(answer.question_id)
        assert (current.version if current else 0) == expected_version
        saved = replace(answer, version=(expected_version or 0) + 1, answered=datetime(2026, 11, 22, tzinfo=UTC))
        self.kept[assessment_id][answer.question_id] = saved
        return saved


@pytest.mark.parametrize("name", ["readiness", "continuity", "data-protection"])
def test_every_random_walk_ends_and_scores_as_a_pure_record_of_it_does(catalogue: Catalogue, name: str) -> None:
    walk(cast(Store, Memory()), catalogue, name, WALKS)


@pytest.mark.parametrize("name", ["readiness", "continuity", "data-protection"])
def test_random_walks_score_the_same_from_storage(store: Store, catalogue: Catalogue, name: str) -> None:
    walk(store, catalogue, name, STORED_WALKS)


def walk(store: Store, catalogue: Catalogue, name: str, walks: int) -> None:
    for seed in range(walks):
        chance = random.Random(f"{name}-{seed}")
        interview = begin(store, catalogue, name, chance.choice(["quick", "full"] if seed % 10 == 0 else ["quick"]), f"Servicio {seed}")
        given: dict[str, tuple[str, str]] = {}
        for _ in range(chance.randint(5, 40)):
            interview = step(store, interview, given, chance)
            card = current_card(interview, {})
            assert (card is None) == (interview.position == END)
        for _ in range(300):
            if not interview.open_questions:
                break
            interview = review_skipped(store, interview) if interview.position == END else interview
            given[interview.position] = (any_reply(question_at(interview), chance), "")
            interview = reply(store, interview, given[interview.position][0])
        assert not interview.open_questions
        stored = answer_sheet(interview.assessment, store.answers(interview.assessment.id), TODAY)
        assert {name: response.option for name, response in stored.responses.items()} == {
            name: value for name, (value, _) in given.items() if not of_profile(name)
        }
        assert score_assessment(interview.questionnaire, stored) == score_assessment(interview.questionnaire, recorded(interview, given))


def test_the_profile_comes_first_and_is_asked_once_for_each_service(store: Store, catalogue: Catalogue) -> None:
    first = begin(store, catalogue)
    assert of_profile(first.position)
    first_replies(store, first, until="continuity.")
    second = begin(store, catalogue, "readiness", title=" nóminas ")
    assert second.position.startswith("readiness.")
    assert of_profile(begin(store, catalogue, "readiness", title="Otro servicio").position)


def test_every_answer_is_there_when_the_store_is_opened_again_and_it_goes_on_at_the_next_open_question(tmp_path: Path, catalogue: Catalogue) -> None:
    settings = load_settings({"RESGUARDO_HOME": str(tmp_path)})
    with closing(open_store(settings)) as store:
        interview = first_replies(store, begin(store, catalogue), until="continuity.bcp")
        expected, answers, assessment_id = interview.position, interview.answers, interview.assessment.id
        back(store, back(store, interview))
    with closing(open_store(settings)) as store:
        resumed = open_interview(store, catalogue, assessment_id)
        assert resumed.position == expected
        assert resumed.answers == answers


def test_back_reaches_the_first_question_and_skip_the_end(store: Store, catalogue: Catalogue) -> None:
    interview = begin(store, catalogue)
    first = interview.position
    assert back(store, interview).position == first
    for _ in interview.questions:
        interview = skip(store, interview)
    assert interview.position == END and current_card(interview, {}) is None
    assert len(interview.open_questions) == len(interview.questions)
    assert review_skipped(store, interview).position == first
    assert back(store, interview).position == interview.questions[-1].id


def test_skipped_questions_wait_behind_the_last_one(store: Store, catalogue: Catalogue) -> None:
    interview = begin(store, catalogue)
    skipped = interview.position
    interview = first_replies(store, skip(store, interview))
    assert interview.position == END
    assert [question.id for question in interview.open_questions] == [skipped]
    assert next_open(interview) == skipped


def test_a_quick_scan_goes_on_with_the_full_questionnaire_and_keeps_its_answers(store: Store, catalogue: Catalogue) -> None:
    quick = first_replies(store, begin(store, catalogue))
    more, answered = remaining(quick), progress(quick).answered
    full = extend(store, quick)
    assert more > 10 and remaining(full) == 0 and (full.assessment.scope, full.answers) == ("full", quick.answers)
    assert full.position == full.open_questions[0].id and len(full.open_questions) == more
    assert (progress(full).answered, progress(full).applicable) == (answered, answered + more)
    assert open_interview(store, catalogue, quick.assessment.id).assessment.scope == "full"
    assert remaining(extend(store, full)) == 0


def test_progress_counts_only_what_applies(store: Store, catalogue: Catalogue) -> None:
    interview = first_replies(store, begin(store, catalogue, "data-protection", "full"), until="data-protection.")
    before = progress(interview)
    assert before.applicable == len(interview.scored_questions)
    while not question_at(interview).not_applicable:
        interview = skip(store, interview)
    interview = reply(store, interview, NOT_APPLICABLE, "No hay")
    assert progress(interview).applicable == before.applicable - 1


def test_an_answer_that_changes_what_applies_changes_the_total(store: Store, catalogue: Catalogue) -> None:
    interview = begin(store, catalogue, "data-protection", "full")
    totals = {len(interview.scored_questions)}
    for option in ("none", "core"):
        while interview.position != "profile.ai":
            interview = skip(store, interview)
        interview = back(store, reply(store, interview, option))
        totals.add(len(interview.scored_questions))
    assert len(totals) > 1


def test_not_applicable_needs_a_reason_and_a_reply_must_be_possible(store: Store, catalogue: Catalogue) -> None:
    interview = first_replies(store, begin(store, catalogue, "data-protection", "full"), until="data-protection.")
    while not question_at(interview).not_applicable:
        interview = skip(store, interview)
    for option, key in ((NOT_APPLICABLE, "na_reason_missing"), ("invented", "reply_not_possible")):
        with pytest.raises(AssistantError) as caught:
            reply(store, interview, option, " ")
        assert caught.value.key == key
        assert all(explain(caught.value, language) for language in languages())
    assert store.answers(interview.assessment.id) == interview.answers


def test_a_second_window_does_not_write_over_the_first(store: Store, catalogue: Catalogue) -> None:
    first = begin(store, catalogue)
    second = open_interview(store, catalogue, first.assessment.id)
    reply(store, first, "support")
    with pytest.raises(AssistantError) as caught:
        reply(store, second, "bpo")
    assert caught.value.key == "stale_row"
    kept = store.answers(first.assessment.id)["profile.service"]
    assert reply_of(kept) == "support" and caught.value.values["current"] == kept


def test_a_note_waits_for_its_answer_and_stays_with_it(store: Store, catalogue: Catalogue) -> None:
    interview = first_replies(store, begin(store, catalogue), until="continuity.")
    name = interview.position
    interview = annotate(store, interview, name, 0, " Falta el acta ", "Ana", TODAY)
    assert interview.position == name and name in {question.id for question in interview.open_questions}
    interview = reply(store, interview, UNKNOWN)
    kept = store.answers(interview.assessment.id)[name]
    assert (kept.note, kept.owner, kept.due, reply_of(kept)) == ("Falta el acta", "Ana", TODAY, UNKNOWN)


def test_a_newer_version_keeps_the_answers_and_says_what_is_new(store: Store, catalogue: Catalogue) -> None:
    interview = first_replies(store, begin(store, catalogue))
    assert whats_new(interview) is None
    old = catalogue.questionnaires["continuity"]
    sections = tuple(
        replace(section, questions=tuple(newer(question, at=(s, q)) for q, question in enumerate(section.questions)))
        for s, section in enumerate(old.sections)
    )
    newer_catalogue = Catalogue(catalogue.profile, {"continuity": replace(old, version=2, sections=sections)})
    resumed = open_interview(store, newer_catalogue, interview.assessment.id)
    news = whats_new(resumed)
    assert news is not None and news.version == 2
    assert [question.id for question in news.added] == ["continuity.impact.brand_new"]
    assert [question.id for question in news.reopened] == ["continuity.impact.bia"]
    assert resumed.answers == interview.answers
    assert {question.id for question in resumed.open_questions} == {"continuity.impact.brand_new", "continuity.impact.bia"}
    assert whats_new(accept_version(store, resumed)) is None


def newer(question: Question, at: tuple[int, int]) -> Question:
    """The first question is another one, and the one on impact analysis has other options."""
    if at == (0, 0):
        return replace(question, id="continuity.impact.brand_new", criticality="must", since=2)
    if question.id == "continuity.impact.bia":
        return replace(question, options=tuple(replace(option, id=f"new_{option.id}") for option in question.options))
    return question


def test_a_card_resolves_its_guidance(store: Store, catalogue: Catalogue) -> None:
    interview = first_replies(store, begin(store, catalogue), until="continuity.")
    wanted = question_at(interview).guidance[0]
    card = current_card(interview, {wanted: passage(wanted)})
    assert card is not None and [found.id for found in card.guidance] == [wanted]


def passage(name: str) -> Passage:
    return Passage(name, name.partition("#")[0], "Tema", "Sección", "es", (Sentence("Una frase."),), Source("Guía", None, None, "own"))


def test_the_questionnaire_on_an_answers_topic_is_suggested_and_none_for_others(catalogue: Catalogue) -> None:
    cited = [Citation(1, passage("analisis-impacto#pasos"), "Una frase.")]
    assert related_questionnaire(catalogue, cited) == "continuity"
    assert related_questionnaire(catalogue, [Citation(1, passage("otro#tema"), "Una frase.")]) is None
    assert related_questionnaire(catalogue, []) is None


def test_free_text_is_read_as_measured(catalogue: Catalogue, embeddings: TextEmbeddings) -> None:
    every = {question.id: question for part in (catalogue.profile, *catalogue.questionnaires.values()) for question in part.questions}
    verdicts: Counter[str] = Counter()
    for row in lines("free_text.jsonl"):
        reading = read_text(str(row["text"]), every[str(row["question"])], str(row["language"]), embeddings)
        read = reading.value if reading.kind is Kind.REPLY else str(reading.kind)
        expected = row["expect"]
        assert isinstance(expected, list)
        right = any(set(read.split(",")) == set(option.split(",")) for option in expected)
        verdicts["right" if right else "unsure" if read == "unsure" else "wrong"] += 1
    assert verdicts.total() >= 115
    assert verdicts["wrong"] <= 3
    assert verdicts["right"] >= 109


def test_wishes_to_begin_are_recognised_and_questions_never_are(embeddings: TextEmbeddings) -> None:
    rows = lines("starts.jsonl")
    found = [recognise_start(str(row["text"]), str(row["language"]), embeddings) for row in rows]
    assert [row["text"] for row, start in zip(rows, found, strict=True) if start != row["expect"]] == []


def test_no_question_of_the_chats_own_sets_begins_an_assessment(embeddings: TextEmbeddings) -> None:
    rows = lines("questions_in.jsonl") + lines("questions_out.jsonl")
    started = [row["question"] for row in rows if recognise_start(str(row["question"]), str(row.get("language", "es")), embeddings)]
    assert len(started) <= len(rows) // 500, started


@pytest.mark.parametrize(("text", "expected"), [("sí, lo probamos en marzo pero no hay acta", {"claimed", "partial"}), ("no lo sé", {UNKNOWN})])
def test_a_yes_with_a_but_is_neither_best_nor_worst(catalogue: Catalogue, embeddings: TextEmbeddings, text: str, expected: set[str]) -> None:
    question = catalogue.questionnaires["continuity"].find("continuity.drp.restore_test")
    assert question is not None and propose_option(text, question, "es", embeddings) in expected


@pytest.mark.parametrize("text", ["¿qué es RTO?", "qué es un BIA", "what is RTO?", "explíqueme eso"])
def test_a_question_is_never_read_as_an_answer(text: str) -> None:
    assert asks(text, "en" if text.isascii() and "what" in text else "es")


def test_answers_count_on_the_day_they_were_given_where_the_company_is(store: Store, catalogue: Catalogue) -> None:
    interview = first_replies(store, begin(store, catalogue))
    sheet = answer_sheet(interview.assessment, interview.answers, TODAY)
    assert {response.answered for response in sheet.responses.values()} == {datetime.now(UTC).date()}
