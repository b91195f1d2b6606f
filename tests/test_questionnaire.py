"""The questionnaires as published: their form, their references, and which questions apply."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from datetime import date
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from assistant.catalogue import Standard, load_profile, load_questionnaires, load_standards
from assistant.embeddings import TextEmbeddings, bundled
from assistant.errors import AssistantError
from assistant.guide import find_sections
from assistant.i18n import Localised, languages, strings
from assistant.models import Scope
from assistant.questionnaire import NOT_APPLICABLE, UNKNOWN, Action, Condition, Question, Questionnaire, accepts, measure, visible_questions
from assistant.settings import ROOT, Settings, load_settings

DATA = Path(__file__).parent / "data"
LEAST = {"readiness": 30, "continuity": 45, "data-protection": 35}
SETTINGS = load_settings({})
QUESTIONNAIRES = load_questionnaires(SETTINGS)
PROFILE = load_profile(SETTINGS)
QUESTIONS = [question for questionnaire in QUESTIONNAIRES.values() for question in questionnaire.questions]
each = pytest.mark.parametrize("questionnaire", QUESTIONNAIRES.values(), ids=list(QUESTIONNAIRES))


@pytest.fixture(scope="module")
def standards() -> dict[str, Standard]:
    return load_standards(SETTINGS)


@pytest.fixture
def knowledge(tmp_path: Path) -> Settings:
    """A copy of the questionnaires that a test may break."""
    shutil.copytree(ROOT / "knowledge" / "questionnaires", tmp_path / "questionnaires")
    return load_settings({"RESGUARDO_KNOWLEDGE": str(tmp_path)})


def ledger() -> dict[str, list[str]]:
    lines = (DATA / "question_ids.txt").read_text(encoding="utf-8").splitlines()
    return {line.split()[0]: line.split()[1:] for line in lines if not line.startswith("#")}


def actions(question: Question) -> Iterator[Action]:
    yield from (action for action in (question.action, *(option.action for option in question.options)) if action)


def words(question: Question, language: str) -> list[str]:
    own = [question.text, question.why, *(option.label for option in question.options)]
    own += [text for action in actions(question) for text in (action.title, action.done_when)]
    lines = [question.evidence or {}, *(action.steps for action in actions(question))]
    return [text[language] for text in own] + [line for part in lines for line in part.get(language, ())]


def test_every_questionnaire_is_long_enough() -> None:
    assert {name: len(QUESTIONNAIRES[name].questions) >= least for name, least in LEAST.items()} == dict.fromkeys(LEAST, True)


@each
def test_a_quick_scan_asks_12_to_18_musts_in_under_ten_minutes(questionnaire: Questionnaire) -> None:
    assert 12 <= sum(question.criticality == "must" for question in questionnaire.questions) <= 18
    assert questionnaire.minutes["quick"] < 10


@each
def test_a_quick_scan_costs_under_forty_interactions(questionnaire: Questionnaire) -> None:
    assert len(PROFILE.questions) + len(visible_questions(questionnaire, {}, "quick")) < 40


@each
def test_ids_say_where_a_question_stands(questionnaire: Questionnaire) -> None:
    assert all(question.id.startswith(f"{questionnaire.id}.{question.section_id}.") for question in questionnaire.questions)


def test_ids_are_never_removed_and_new_ones_are_entered() -> None:
    published = {question.id: [option.id for option in question.options] for question in [*PROFILE.questions, *QUESTIONS]}
    kept = ledger()
    assert published.keys() == kept.keys()
    assert {name: sorted(set(options) - set(published[name])) for name, options in kept.items() if set(options) - set(published[name])} == {}
    assert {name: sorted(set(options) - set(kept[name])) for name, options in published.items() if set(options) - set(kept[name])} == {}


def test_only_single_questions_are_scored_and_at_most_two_ask_for_a_figure() -> None:
    for questionnaire in QUESTIONNAIRES.values():
        assert sum(not question.scored for question in questionnaire.questions) <= 2
    assert not any(question.scored for question in PROFILE.questions)


def test_every_question_has_a_source_a_proof_and_an_action_for_each_state_below_full() -> None:
    for question in QUESTIONS:
        assert question.guidance and question.evidence and question.action, question.id
        assert all(option.action or question.action for option in question.options if option.score != 1), question.id


def test_every_guidance_reference_resolves() -> None:
    cited = {reference for question in QUESTIONS for reference in question.guidance}
    for language in ("es", "en"):
        assert cited - find_sections(SETTINGS.corpus, cited, language).keys() == set()


def test_guidance_falls_back_to_another_language_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "es").mkdir()
    shutil.copy(SETTINGS.corpus / "es" / "continuidad-planes.md", tmp_path / "es")
    found = find_sections(tmp_path, ["continuidad-planes#pruebas", "continuidad-planes#nada", "nada#nada"], "en")
    assert {name: passage.language for name, passage in found.items()} == {"continuidad-planes#pruebas": "es"}


def test_every_clause_is_registered(standards: dict[str, Standard]) -> None:
    assert {clause for question in QUESTIONS for clause in question.standards} - standards.keys() == set()


def test_a_clause_that_is_cited_has_the_name_that_its_law_gives_it_and_not_our_id(standards: dict[str, Standard]) -> None:
    ours = re.compile(r"[a-z]{3,}-[a-z]|\d[a-z]{3,}|^\d{4,}-\d|^[A-Z]{2,}\d*-\d")
    cited = {standards[clause].clause for question in QUESTIONS for clause in question.standards}
    assert sorted(name for name in cited if ours.search(name)) == []


def test_clauses_say_how_sure_they_are(standards: dict[str, Standard]) -> None:
    assert {standard.certainty for standard in standards.values()} == {"primary", "secondary"}
    assert all({"es", "en"} <= standard.gist.keys() & standard.title.keys() and standard.as_of <= date.today() for standard in standards.values())


def test_roles_and_efforts_have_names_in_every_language() -> None:
    schema = json.loads((ROOT / "knowledge" / "questionnaires" / "schema.json").read_text(encoding="utf-8"))
    roles = schema["$defs"]["question"]["properties"]["owner_role"]["enum"]
    for language in languages():
        assert {key.removeprefix("roles.") for key in strings(language) if key.startswith("roles.")} == set(roles)
        assert len(strings(language)["efforts"]) == 4


@pytest.mark.parametrize("language", languages())
def test_words_are_finished(language: str) -> None:
    for question in [*PROFILE.questions, *QUESTIONS]:
        assert question.text[language].endswith("?"), question.id
        assert not [text for text in words(question, language) if text != text.strip() or "  " in text or "TODO" in text or '"' in text], question.id


def test_every_text_is_there_in_both_languages() -> None:
    texts = [*(text for part in (PROFILE, *QUESTIONNAIRES.values()) for text in local_texts(part))]
    assert len(texts) > 1000
    assert [text for text in texts if not {"es", "en"} <= text.keys()] == []


def local_texts(questionnaire: Questionnaire) -> Iterator[Localised[Any]]:
    yield from (questionnaire.title, questionnaire.intro, *(section.title for section in questionnaire.sections))
    for question in questionnaire.questions:
        yield from (question.text, question.why, *(option.label for option in question.options), *([question.evidence] if question.evidence else []))
        yield from (text for action in actions(question) for text in (action.title, action.steps, action.done_when))


def test_a_language_that_a_file_lacks_is_shown_in_spanish_else_in_the_first_one_by_code() -> None:
    title = QUESTIONNAIRES["continuity"].title
    assert title["pt"] == title["es"] != title["en"]
    assert Localised({"fr": "oui", "de": "ja"})["pt"] == "ja"
    with pytest.raises(KeyError):
        Localised()["es"]


def test_the_two_languages_differ() -> None:
    assert [question.id for question in [*PROFILE.questions, *QUESTIONS] if question.text["es"] == question.text["en"]] == []


@pytest.mark.skipif(not bundled.available(), reason="the threshold belongs to the bundled model")
def test_no_two_questions_ask_the_same_thing_unless_a_reason_is_given(embeddings: TextEmbeddings) -> None:
    listed = yaml.safe_load((DATA / "similar_questions.yaml").read_text(encoding="utf-8"))
    reasons = {frozenset(pair["questions"]): pair["because"] for pair in listed["pairs"]}
    vectors = [embeddings.questions([_gist(question, language) for question in QUESTIONS]) for language in ("es", "en")]
    likeness = (vectors[0] @ vectors[0].T + vectors[1] @ vectors[1].T) / 2
    close = {
        frozenset((QUESTIONS[i].id, QUESTIONS[j].id)): round(float(likeness[i, j]), 3)
        for i, j in combinations(range(len(QUESTIONS)), 2)
        if likeness[i, j] >= listed["threshold"]
    }
    assert {tuple(sorted(pair)): value for pair, value in close.items() if pair not in reasons} == {}
    assert set(chain(*reasons)) <= {question.id for question in QUESTIONS} and all(reasons.values())


def _gist(question: Question, language: str) -> str:
    assert question.action
    best = question.options[-1].label[language] if question.options else ""
    return f"{question.text[language]} {question.action.title[language]} {best}"


def question(name: str, *, all_of: dict[str, list[str]] | None = None, any_of: dict[str, list[str]] | None = None, must: bool = True) -> Question:
    conditions = [tuple(Condition(target, tuple(options)) for target, options in (part or {}).items()) for part in (all_of, any_of)]
    template = next(q for q in QUESTIONS if q.scored)
    fields = {slot: getattr(template, slot) for slot in Question.__slots__}
    return Question(**fields | {"id": name, "shown_all": conditions[0], "shown_any": conditions[1], "criticality": "must" if must else "should"})


def shown(questions: list[Question], answers: dict[str, str | list[str]], scope: Scope = "full") -> list[str]:
    original = QUESTIONNAIRES["continuity"]
    fields = {slot: getattr(original, slot) for slot in Questionnaire.__slots__}
    section = type(original.sections[0])("s", original.title, 1, tuple(questions))
    return [q.id for q in visible_questions(Questionnaire(**fields | {"sections": (section,)}), answers, scope)]


def test_a_condition_is_met_by_any_of_its_options() -> None:
    asked = [question("a", all_of={"p": ["x", "y"]})]
    assert shown(asked, {"p": "y"}) == ["a"]
    assert shown(asked, {"p": "z"}) == []


def test_several_choices_meet_a_condition_by_intersection() -> None:
    asked = [question("a", all_of={"p": ["x", "y"]})]
    assert shown(asked, {"p": ["z", "y"]}) == ["a"]
    assert shown(asked, {"p": "z, y"}) == ["a"]
    assert shown(asked, {"p": ["z", "w"]}) == []


@pytest.mark.parametrize("answers", [{}, {"p": ""}, {"p": []}, {"p": UNKNOWN}, {"p": [UNKNOWN]}])
def test_what_is_not_known_keeps_a_question_visible(answers: dict[str, str | list[str]]) -> None:
    assert shown([question("a", all_of={"p": ["x"]})], answers) == ["a"]


def test_all_conditions_or_any_condition() -> None:
    both, either = question("a", all_of={"p": ["x"], "q": ["x"]}), question("b", any_of={"p": ["x"], "q": ["x"]})
    assert shown([both, either], {"p": "x", "q": "z"}) == ["b"]
    assert shown([both, either], {"p": "z", "q": "z"}) == []


def test_a_question_that_depends_on_a_hidden_one_is_hidden() -> None:
    asked = [question("a", all_of={"p": ["x"]}), question("b", all_of={"a": ["none"]})]
    assert shown(asked, {"p": "z", "a": "none"}) == []
    assert shown(asked, {"p": "x", "a": "none"}) == ["a", "b"]


def test_quick_keeps_the_musts() -> None:
    assert shown([question("a"), question("b", must=False)], {}, "quick") == ["a"]


@given(st.dictionaries(st.sampled_from([q.id for q in PROFILE.questions]), st.just(UNKNOWN)))
def test_a_profile_without_knowledge_hides_nothing(answers: dict[str, str]) -> None:
    for questionnaire in QUESTIONNAIRES.values():
        assert visible_questions(questionnaire, answers) == questionnaire.questions


@given(st.fixed_dictionaries({q.id: st.sampled_from([o.id for o in q.options]) for q in PROFILE.questions}))
def test_every_profile_leaves_musts_to_ask(answers: dict[str, str]) -> None:
    for questionnaire in QUESTIONNAIRES.values():
        assert len(visible_questions(questionnaire, answers, "quick")) >= 10


def test_answers_that_a_question_accepts() -> None:
    single = next(q for q in QUESTIONS if q.scored and not q.not_applicable)
    multi = next(q for q in PROFILE.questions if q.type == "multi")
    option, others = single.options[0].id, [o.id for o in multi.options[:2]]
    assert accepts(single, option) and accepts(single, UNKNOWN) and accepts(multi, others) and accepts(multi, ",".join(others))
    assert not accepts(single, NOT_APPLICABLE) and not accepts(single, "") and not accepts(single, [o.id for o in single.options])
    assert not accepts(multi, [*others, UNKNOWN]) and not accepts(multi, "nowhere")


@pytest.mark.parametrize(
    ("answer", "hours"), [("30 min", 0.5), ("4 h", 4.0), ("1,5 d", 36.0), ("4h", 4.0), ("soon", None), ("-4 h", None), ("4", None)]
)
def test_durations_are_read_in_hours(answer: str, hours: float | None) -> None:
    duration = next(q for q in QUESTIONS if q.type == "duration")
    assert measure(duration, answer) == hours
    assert accepts(duration, answer) == (hours is not None)


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ('criticality: "must"', 'criticality: "urgent"', "continuity.impact.bia > criticality"),
        ('id: "continuity.impact.bia"', 'id: "continuity.impact.criticality"', "questions"),
        ("score: 0.6", "score: 0.1", "continuity.impact.bia > options"),
        ('{id: "general", score: 0.25', '{id: "unknown", score: 0.25', "continuity.impact.bia > options > unknown > id"),
        ('question: "profile.offshore"', 'question: "profile.nowhere"', "continuity.chain.location > visible_if"),
        ('in: ["nearshore", "offshore"]', 'in: ["nearshore", "onshore"]', "continuity.chain.location > visible_if"),
        ('question: "profile.offshore", in: ["nearshore", "offshore"]', 'question: "continuity.exit.plan", in: ["none"]', "location > visible_if"),
        ('id: "continuity"', 'id: "continuity-x"', "id"),
        ("weight: 5", "weight: 9", "impact > weight"),
        ("version: 1", "version: [", "YAML"),
        ('    en: "Continuity of the outsourced service"\n', "", "title"),
        ('en: "Continuity of the outsourced service"', 'eng: "Continuity of the outsourced service"', "title"),
    ],
)
def test_a_broken_file_is_refused_with_file_and_place(knowledge: Settings, before: str, after: str, place: str) -> None:
    path = knowledge.knowledge / "questionnaires" / "continuity.yaml"
    text = path.read_text(encoding="utf-8")
    before = before if before in text else before.strip()
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(AssistantError) as caught:
        load_questionnaires(knowledge)
    assert caught.value.key == "questionnaire_file"
    assert caught.value.values["file"] == "continuity.yaml"
    assert str(caught.value.values["place"]).endswith(place)


def test_lists_are_as_long_in_every_language(knowledge: Settings) -> None:
    path = knowledge.knowledge / "questionnaires" / "continuity.yaml"
    text = path.read_text(encoding="utf-8")
    line = '            - "List of services ranked by criticality, dated and approved by management"\n'
    path.write_text(text.replace(line, line * 2, 1), encoding="utf-8")
    with pytest.raises(AssistantError, match="continuity.impact.criticality"):
        load_questionnaires(knowledge)


def test_a_folder_without_a_profile_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AssistantError, match=r"profile\.yaml"):
        load_questionnaires(load_settings({"RESGUARDO_KNOWLEDGE": str(tmp_path)}))
