"""What the optional language model costs: the check of a sentence, and the time until the first one is seen."""

from __future__ import annotations

import itertools
import json
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from assistant.answer import Assistant, open_assistant
from assistant.draft import read_sentences
from assistant.guide import load_guide
from assistant.settings import ROOT, load_settings
from assistant.support import SupportCheck
from tests.bench_workers import questions
from tests.model_server import scripted, serve_model

PAIRS = 150  # of the support set
PACE = 1 / 30  # seconds a word: a middling local model
ASKED = 5


def measures(home: Path) -> Iterator[tuple[str, str, float]]:
    """Name, unit and figure, one after the other."""
    alone = open_assistant(load_settings({"RESGUARDO_HOME": str(home)}))
    first, again = check_cost(alone)
    yield "check of a written sentence, its passage read for it", "ms", first
    yield "check of a further sentence on the same passage", "ms", again
    with scripted(faithful, PACE) as (url, _):
        yield "first visible sentence, a model of 30 words/s", "s", first_sentence(beside(alone, url))
    with ExitStack() as stack:
        url, _ = stack.enter_context(serve_model())
        yield "first sentence written by SmolLM2-135M, checked", "s", first_written(beside(alone, url))


def beside(alone: Assistant, url: str) -> Assistant:
    """The assistant with a language model beside it."""
    settings = alone.settings.model_copy(update={"chat_model": "openai:x", "chat_model_url": url, "chat_model_seconds": 120.0})
    return open_assistant(settings, alone.retriever.embeddings)


def check_cost(assistant: Assistant) -> tuple[float, float]:
    """Milliseconds to hold a written sentence against a passage that was not yet read, and once it was; both languages."""
    passages = {(language, p.id): p for language in ("es", "en") for t in load_guide(assistant.settings.corpus, language) for p in t.passages}
    files = sorted((ROOT / "tests" / "data").glob("support_*.jsonl"))
    pairs = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    first, again = [], []
    twos = [(a, b) for a, b in itertools.pairwise(pairs) if (a["lang"], a["passage"]) == (b["lang"], b["passage"])]
    for one, other in twos[:: len(twos) // PAIRS]:
        check, passage = SupportCheck(assistant.retriever.embeddings), passages[one["lang"], one["passage"]]
        for pair, taken in ((one, first), (other, again)):
            started = time.perf_counter()
            check.find(pair["sentence"], passage)
            taken.append((time.perf_counter() - started) * 1000)
    return median(first), median(again)


def faithful(request: dict[str, Any]) -> str:
    """The first sentence of each passage with its mark: what a good model would at best be."""
    blocks = re.findall(r"<passage n=\"(\d+)\">\n.*\n(.+?[.])(?:\s|$)", request["messages"][-1]["content"])
    return " ".join(f"{text.rstrip('.')} [{n}]." for n, text in blocks)


def first_sentence(assistant: Assistant) -> float:
    """Median seconds from the question to the first sentence on the page."""
    taken = []
    for question in questions()[:ASKED]:
        started = time.perf_counter()
        next(assistant.stream(question))
        taken.append(time.perf_counter() - started)
    return median(taken)


def first_written(assistant: Assistant) -> float:
    """Median seconds until the small model has written one sentence; it is too weak for any to be shown."""
    taken = []
    for question in questions()[:ASKED]:
        assert assistant.chat_model
        started = time.perf_counter()
        next(read_sentences(assistant.chat_model.stream("Answer in one short sentence and end it with [1].", question), "es"), None)
        taken.append(time.perf_counter() - started)
    return median(taken)
