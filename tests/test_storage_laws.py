"""What holds of the store for any text, any answer and any order of changes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import AssistantError
from assistant.models import Answer, StoredAnswer
from assistant.settings import load_settings
from assistant.storage import Store, open_store
from assistant.storage.codec import decode, encode

STEPS = st.lists(st.tuples(st.sampled_from(["save", "clear"]), st.sampled_from("ab"), st.integers(0, 3), st.booleans()), max_size=12)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with closing(open_store(load_settings({"RESGUARDO_HOME": str(tmp_path_factory.mktemp("shared"))}))) as opened:
        yield opened


@given(st.builds(Answer, elapsed_ms=st.floats(allow_nan=False, allow_infinity=False), question=st.text(st.characters())))
def test_any_answer_survives_json(answer: Answer) -> None:
    stored = json.loads(json.dumps(encode(answer)))
    assert decode(Answer, stored) == answer
    assert decode(Answer, stored | {"field of a later version": 1}) == answer


def kept(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode()


@settings(deadline=None, max_examples=40)
@given(st.text(st.characters()), st.text(st.characters()))
def test_any_text_is_kept_but_for_what_databases_refuse(shared: Store, title: str, note: str) -> None:
    assessment = shared.start_assessment(title, "", "continuity", 1)
    assert shared.assessment(assessment.id) == assessment and assessment.title == kept(title)
    answer = shared.save_answer(assessment.id, StoredAnswer("q", note=note))
    assert shared.answers(assessment.id) == {"q": answer} and answer.note == kept(note)


@settings(deadline=None, max_examples=40)
@given(STEPS)
def test_only_who_saw_the_answer_in_force_may_change_it(shared: Store, steps: list[tuple[str, str, int, bool]]) -> None:
    assessment = shared.start_assessment("", "", "continuity", 1).id
    model: dict[str, StoredAnswer] = {}
    for kind, question, value, fresh in steps:
        seen = model[question].version if question in model else None
        expected = seen if fresh else (seen or 0) + 1
        given_answer = StoredAnswer(question, number=value)
        if not fresh:
            with pytest.raises(AssistantError, match="stale_row"):
                shared.save_answer(assessment, given_answer, expected)
        elif kind == "save":
            model[question] = shared.save_answer(assessment, given_answer, expected)
            assert model[question].number == value
        else:
            shared.clear_answer(assessment, question, expected)
            model.pop(question, None)
        assert shared.answers(assessment) == model
    for question in model:
        versions = [answer.version for answer, _ in shared.answer_history(assessment, question)]
        assert versions == list(range(1, model[question].version + 1))
