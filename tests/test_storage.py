"""What is kept, for whom, and what is refused."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import AssistantError
from assistant.i18n import explain, languages
from assistant.models import Answer, Citation, CitedSentence, Passage, Reason, Sentence, Source, StoredAnswer
from assistant.settings import Settings, load_settings
from assistant.storage import Store, open_store
from assistant.storage.codec import encode

SOURCE = Source("Guía", None, 2024, "article")
PASSAGE = Passage("plan#pruebas", "plan", "Plan", "Pruebas", "es", (Sentence("Pruebe el plan."), Sentence("Cada año.", True)), SOURCE)
ANSWER = Answer(
    question="¿Cada cuánto se prueba el plan de recuperación?",
    language="es",
    found=True,
    text="Pruebe el plan. [1]",
    sentences=(CitedSentence("Pruebe el plan.", (1,)),),
    citations=(Citation(1, PASSAGE, "Pruebe el plan."),),
    related=(PASSAGE,),
    suggestions=("¿Quién lo prueba?",),
    elapsed_ms=21.4,
)
NOW = timedelta(0)


def at(home: Path) -> Settings:
    return load_settings({"RESGUARDO_HOME": str(home)})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(open_store(at(tmp_path))) as opened:
        yield opened


def failure(action: Callable[[], object]) -> AssistantError:
    """The error that `action` raises, proven to have words in every language."""
    with pytest.raises(AssistantError) as caught:
        action()
    assert all(explain(caught.value, language) for language in languages())
    return caught.value


def new_assessment(store: Store) -> str:
    return store.start_assessment("Nóminas", "Proveedor", "continuity", 1, scope="quick", locale="es-CO").id


def raw(home: Path) -> sqlite3.Connection:
    return sqlite3.connect(home / "resguardo.db", isolation_level=None)


def test_a_conversation_comes_back_exactly_as_it_was_shown(store: Store, tmp_path: Path) -> None:
    conversation = store.start_conversation("Plan de continuidad")
    refusal = Answer("¿Precio?", "es", False, "La guía no cubre esa pregunta.", reason=Reason.NOT_COVERED)
    kept = [store.add_message(conversation.id, answer) for answer in (ANSWER, refusal)]
    with closing(open_store(at(tmp_path))) as again:
        assert again.messages(conversation.id) == kept
        assert [message.answer for message in kept] == [ANSWER, refusal]
        assert again.conversation(conversation.id) == replace(conversation, updated=kept[-1].created)


def test_conversations_come_newest_first_and_deletion_can_be_undone(store: Store) -> None:
    first, second = store.start_conversation("uno"), store.start_conversation("dos")
    store.add_message(first.id, ANSWER)
    assert [row.id for row in store.conversations()] == [first.id, second.id]
    store.delete_conversation(first.id)
    assert [row.id for row in store.conversations()] == [second.id]
    assert store.conversation(first.id) is None and store.messages(first.id) == []
    assert failure(lambda: store.add_message(first.id, ANSWER)).key == "row_gone"
    store.restore_conversation(first.id)
    assert [row.id for row in store.conversations()] == [first.id, second.id]
    assert len(store.messages(first.id)) == 1


def test_search_reads_titles_and_messages_whatever_case_and_accents(store: Store) -> None:
    conversation = store.start_conversation("Migración 100%")
    store.add_message(conversation.id, ANSWER)
    found = ("MIGRACION", "recuperacion", "migración plan", "100%", "  ", "PRUEBE el plan", "", "a " * 10_000)
    assert [query for query in found if store.conversations(query) != [store.conversation(conversation.id)]] == []
    assert [query for query in ("1_0", "%%", "nóminas", "migracion nóminas", " ".join(map(chr, range(33, 5000)))) if store.conversations(query)] == []


def test_purging_removes_only_what_was_deleted_long_enough_ago(store: Store, tmp_path: Path) -> None:
    conversation, assessment = store.start_conversation("uno"), new_assessment(store)
    store.add_message(conversation.id, ANSWER)
    store.save_answer(assessment, StoredAnswer("q", option="none"))
    kept = store.start_conversation("dos")
    store.delete_conversation(conversation.id)
    store.delete_assessment(assessment)
    assert store.purge_deleted(timedelta(days=30)) == 0
    assert store.purge_deleted(NOW) == 2
    assert failure(lambda: store.restore_conversation(conversation.id)).key == "row_gone"
    assert store.conversations() == [kept]
    with closing(raw(tmp_path)) as connection:
        assert [connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("messages", "answers", "answer_history")] == [0, 0, 0]


def test_a_rating_is_kept_changed_and_taken_back(store: Store) -> None:
    message = store.add_message(store.start_conversation("uno").id, ANSWER)
    rated = store.rate(message.id, "down", ["not_in_source", "old"], "No dice eso")
    assert (rated.rating, rated.reasons, rated.comment) == ("down", ("not_in_source", "old"), "No dice eso")
    assert store.rate(message.id, None) == message
    assert failure(lambda: store.rate(999, "up")).key == "row_gone"
    with pytest.raises(ValueError, match="sideways"):
        store.rate(message.id, "sideways")  # type: ignore[arg-type]


def test_a_stale_title_is_refused_with_what_is_there(store: Store) -> None:
    conversation = store.start_conversation("uno")
    renamed = store.rename_conversation(conversation.id, "dos", conversation.version)
    error = failure(lambda: store.rename_conversation(conversation.id, "tres", conversation.version))
    assert (error.key, error.values["current"], error.values["changed"]) == ("stale_row", renamed, ("title",))
    assert store.conversation(conversation.id) == renamed


def test_an_assessment_keeps_where_the_person_is_without_refusing_other_changes(store: Store) -> None:
    assessment = store.start_assessment("Nóminas", "Proveedor", "continuity", 1, scope="quick", locale="es-CO")
    store.update_assessment(assessment.id, None, position="continuity.bcp.tested")
    changed = store.update_assessment(assessment.id, assessment.version, title="Nóminas 2026", scope="full", questionnaire_version=2)
    assert changed == store.assessment(assessment.id)
    assert (changed.title, changed.scope, changed.questionnaire_version, changed.position) == ("Nóminas 2026", "full", 2, "continuity.bcp.tested")
    assert failure(lambda: store.update_assessment(assessment.id, assessment.version, title="otra")).values["changed"] == ("title",)
    with pytest.raises(TypeError, match="workspace_id"):
        store.update_assessment(assessment.id, None, workspace_id="other")  # type: ignore[call-arg]


def test_assessments_are_archived_deleted_and_brought_back(store: Store) -> None:
    assessment = new_assessment(store)
    archived = store.archive_assessment(assessment)
    assert store.assessments() == [] and store.assessments(archived=True) == [archived] and archived.archived
    assert [row.id for row in (store.unarchive_assessment(assessment), *store.assessments())] == [assessment] * 2
    store.delete_assessment(assessment)
    assert store.assessments() == [] and store.assessment(assessment) is None and store.answers(assessment) == {}
    assert failure(lambda: store.save_answer(assessment, StoredAnswer("q", option="none"))).key == "row_gone"
    store.restore_assessment(assessment)
    assert [row.id for row in store.assessments()] == [assessment]


def test_a_duplicate_starts_from_the_answers_and_goes_its_own_way(store: Store) -> None:
    source = new_assessment(store)
    first = store.save_answer(source, StoredAnswer("q1", option="partial", note="acta", due=date(2026, 3, 1)))
    store.save_answer(source, replace(first, owner="Ana"), first.version)
    store.clear_answer(source, store.save_answer(source, StoredAnswer("q2", option="none")).question_id, 1)
    copy = store.duplicate_assessment(source, "Copia")
    assert store.answers(copy.id) == {"q1": replace(first, owner="Ana", version=1)}
    assert [answer for answer, _ in store.answer_history(copy.id, "q1")] == [replace(first, owner="Ana", version=1)]
    store.clear_answer(copy.id, "q1", 1)
    assert (copy.title, copy.supplier, copy.locale, list(store.answers(source))) == ("Copia", "Proveedor", "es-CO", ["q1"])


def test_an_answer_keeps_every_field_and_its_history(store: Store) -> None:
    assessment = new_assessment(store)
    given = StoredAnswer("q", "full", ("a", "b"), 0.0, date(2026, 1, 31), "nota", "Ana", date(2026, 2, 28), "in_progress", "no aplica")
    first = store.save_answer(assessment, given)
    second = store.save_answer(assessment, replace(first, status="done"), first.version)
    assert replace(first, answered=given.answered, version=0) == given
    assert (second.version, second.answered) == (2, first.answered)
    third = store.save_answer(assessment, replace(second, option="none"), second.version)
    assert third.answered > second.answered and third.answered.tzinfo is UTC
    assert store.answers(assessment) == {"q": third}
    history = store.answer_history(assessment, "q")
    assert [answer for answer, _ in history] == [first, second, third]
    assert [when for _, when in history] == sorted(when for _, when in history)
    assert store.save_answer(assessment, third, third.version) == third
    assert len(store.answer_history(assessment, "q")) == 3


def test_a_stale_answer_is_refused_with_what_changed_since(store: Store) -> None:
    assessment = new_assessment(store)
    seen = store.save_answer(assessment, StoredAnswer("q", option="none"))
    there = store.save_answer(assessment, replace(seen, option="full", note="acta"), seen.version)
    error = failure(lambda: store.save_answer(assessment, replace(seen, owner="Ana"), seen.version))
    assert (error.key, error.values) == ("stale_row", {"current": there, "changed": ("option", "note")})
    error = failure(lambda: store.save_answer(assessment, StoredAnswer("q", option="partial")))
    assert error.values["changed"] == ("option", "note")
    store.clear_answer(assessment, "q", there.version)
    assert failure(lambda: store.save_answer(assessment, there, there.version)).values["current"] is None
    assert store.save_answer(assessment, seen).version == 4
    assert [answer.option for answer, _ in store.answer_history(assessment, "q")] == ["none", "full", None, "none"]


def test_several_answers_are_saved_all_or_none(store: Store) -> None:
    assessment = new_assessment(store)
    saved = store.save_answers(assessment, [StoredAnswer(f"q{n}", option="none") for n in range(5)])
    edited = [replace(answer, owner="Ana") for answer in saved]
    store.save_answer(assessment, replace(saved[4], owner="Luis"), 1)
    before = store.answers(assessment)
    assert failure(lambda: store.save_answers(assessment, edited)).key == "stale_row"
    assert store.answers(assessment) == before and len(store.answer_history(assessment, "q0")) == 1
    assert [answer.version for answer in store.save_answers(assessment, edited[:4])] == [2] * 4


def test_some_answers_are_put_back_and_others_cleared_in_one_step_or_not_at_all(store: Store) -> None:
    assessment = new_assessment(store)
    (old,) = store.save_answers(assessment, [StoredAnswer("q0", option="none")])
    changed = store.save_answers(assessment, [replace(old, option="full"), StoredAnswer("q1", option="none"), StoredAnswer("q2", option="none")])
    earlier, new = [replace(old, version=changed[0].version)], changed[1:]
    later = store.save_answer(assessment, replace(new[1], owner="Luis"), new[1].version)
    before = store.answers(assessment)
    assert failure(lambda: store.save_answers(assessment, earlier, clear=new)).key == "stale_row"
    assert store.answers(assessment) == before and len(store.answer_history(assessment, "q1")) == 1
    (put_back,) = store.save_answers(assessment, earlier, clear=[new[0], later])
    assert store.answers(assessment) == {"q0": put_back} and put_back.option == "none"


@pytest.mark.parametrize("wrong", [{"number": float("nan")}, {"number": float("inf")}, {"status": "closed"}])
def test_what_no_column_can_hold_is_refused(store: Store, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        store.save_answer(new_assessment(store), StoredAnswer("q", **wrong))


@pytest.mark.parametrize("other", [("elsewhere", "local"), ("local", "someone")])
def test_nothing_of_one_workspace_or_owner_is_visible_to_another(store: Store, tmp_path: Path, other: tuple[str, str]) -> None:
    talk, checked = store.start_conversation("uno"), new_assessment(store)
    message, answer = store.add_message(talk.id, ANSWER), store.save_answer(checked, StoredAnswer("q", option="none"))
    store.set_preference("language", "en")
    with closing(open_store(at(tmp_path), *other)) as stranger:
        seen: list[object] = [stranger.conversations(), stranger.conversation(talk.id), stranger.messages(talk.id), stranger.preference("language")]
        seen += [stranger.assessments(), stranger.assessment(checked), stranger.answers(checked), stranger.answer_history(checked, "q")]
        assert stranger.purge_deleted(NOW) == 0
        assert not any(seen)
        for action in forbidden(stranger, talk.id, checked, message.id, answer):
            assert failure(action).key == "row_gone"
    assert store.messages(talk.id) == [message] and store.answers(checked) == {"q": answer}


def forbidden(store: Store, talk: str, checked: str, message: int, answer: StoredAnswer) -> list[Callable[[], object]]:
    return [
        lambda: store.add_message(talk, ANSWER),
        lambda: store.rename_conversation(talk, "x", 1),
        lambda: store.delete_conversation(talk),
        lambda: store.restore_conversation(talk),
        lambda: store.rate(message, "up"),
        lambda: store.update_assessment(checked, 1, title="x"),
        lambda: store.update_assessment(checked, None, position="x"),
        lambda: store.duplicate_assessment(checked, "x"),
        lambda: store.archive_assessment(checked),
        lambda: store.delete_assessment(checked),
        lambda: store.restore_assessment(checked),
        lambda: store.save_answer(checked, answer, 1),
        lambda: store.save_answers(checked, [answer]),
        lambda: store.clear_answer(checked, "q", 1),
    ]


def test_a_preference_is_the_last_one_chosen(store: Store) -> None:
    assert store.preference("language") is None
    for language in ("en", "es", "es"):
        store.set_preference("language", language)
        assert store.preference("language") == language


def test_threads_share_a_store_and_each_write_counts(store: Store) -> None:
    conversation = store.start_conversation("uno").id
    with ThreadPoolExecutor(12) as pool:
        ids = [message.id for message in pool.map(lambda _: store.add_message(conversation, ANSWER), range(60))]
        list(pool.map(lambda n: store.set_preference(f"key{n % 3}", str(n)), range(120)))
    assert sorted(ids) == [message.id for message in store.messages(conversation)] == sorted(set(ids))


def test_an_answer_of_another_version_still_reads(store: Store, tmp_path: Path) -> None:
    message = store.add_message(store.start_conversation("uno").id, ANSWER)
    stored = encode(ANSWER) | {"mood": "calm", "reason": "a reason of a later version"}
    del stored["engine"], stored["language"], stored["citations"][0]["passage"]["source"]
    with closing(raw(tmp_path)) as connection:
        connection.execute("UPDATE messages SET answer = ?", [json.dumps(stored)])
    passage = replace(PASSAGE, source=Source("", None, None, ""))
    expected = replace(ANSWER, language="", citations=(replace(ANSWER.citations[0], passage=passage),))
    assert store.rate(message.id, None).answer == expected


def test_times_are_aware_and_in_utc_on_every_path(store: Store) -> None:
    conversation, assessment = store.start_conversation("uno"), new_assessment(store)
    found = [conversation.created, store.add_message(conversation.id, ANSWER).created, store.assessments()[0].updated]
    found += [store.save_answer(assessment, StoredAnswer("q")).answered, store.answer_history(assessment, "q")[0][1]]
    assert all(moment.tzinfo is UTC and abs(datetime.now(UTC) - moment) < timedelta(minutes=1) for moment in found)
