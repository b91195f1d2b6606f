"""The held-out third of the project's own questions, on the real guide with the real engine."""

from __future__ import annotations

from pathlib import Path

from assistant.answer import Assistant
from assistant.evaluation import below_floors, evaluate, read_floors, table
from assistant.guide import load_guide
from tests.quality import DATA, own_rows


def test_every_own_question_expects_passages_that_the_guide_has() -> None:
    corpus = Path(__file__).parents[1] / "knowledge" / "corpus"
    passages = {passage.id for topic in load_guide(corpus, "es") for passage in topic.passages}
    known = passages | {passage.partition("#")[0] for passage in passages}
    for row in (*own_rows("train"), *own_rows("test")):
        assert "passages" not in row or (row["passages"] and known.issuperset(row["passages"])), row["id"]


def test_answers_to_own_questions_hold_their_floors(assistant: Assistant) -> None:
    report = evaluate(assistant, own_rows())
    assert below_floors(report, read_floors(DATA / "floors_own.json")) == [], table(report)
