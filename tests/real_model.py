"""Puts whole question sets to the small real model: `python -m tests.real_model FILE...` (JSON Lines with `question`, perhaps `history`).

What is shown is checked again, sentence by sentence; the last line says how much the model wrote and for which doubts it was dropped.
About 15 s a question.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assistant.answer import Assistant, open_assistant
from assistant.embeddings import open_embeddings
from assistant.models import Answer
from assistant.settings import load_settings
from assistant.support import SupportCheck
from ingest.build import update_index
from tests.model_server import serve_model
from tests.test_chat_model import configured
from tests.test_draft import check_shown

MOST_WORDS = 60


def main(files: list[str]) -> None:
    """Ask everything, print what came of it; ends with an AssertionError at the first sentence that should not have been shown."""
    rows = [json.loads(line) for file in files for line in Path(file).read_text(encoding="utf-8").splitlines()]
    home = load_settings().home
    with serve_model() as (url, _):
        settings = load_settings(configured(url, home, max_answer_words=MOST_WORDS, chat_model_seconds=120))
        embeddings = open_embeddings(settings)
        update_index(settings, embeddings)
        answers = list(ask(open_assistant(settings, embeddings), rows))
    written = [answer for answer in answers if answer.engine == "llm"]
    shown, dropped = sum(len(answer.sentences) for answer in written), Counter(doubt.doubt.value for answer in answers for doubt in answer.dropped)
    print(f"{len(rows)} questions, {sum(answer.found for answer in answers)} answered, {len(written)} in words of the model")
    print(f"{shown} of its sentences shown, {dropped.total()} dropped: {dict(dropped)}")


def ask(assistant: Assistant, rows: list[dict[str, Any]]) -> Iterator[Answer]:
    """Each answer, once it has been checked."""
    check = SupportCheck(assistant.retriever.embeddings)
    for n, row in enumerate(rows, start=1):
        answer = assistant.ask(row["question"], row.get("history") or [])
        if answer.found:
            check_shown(answer)
        if answer.engine == "llm":
            passages = {citation.n: citation.passage for citation in answer.citations}
            for sentence in answer.sentences:
                assert any(check.find(sentence.text, passages[mark]).doubt is None for mark in sentence.citations), sentence.text
        print(f"{n}/{len(rows)} {answer.engine}, {len(answer.sentences)} shown, {len(answer.dropped)} dropped", file=sys.stderr)
        yield answer


if __name__ == "__main__":
    main(sys.argv[1:])
