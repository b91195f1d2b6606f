"""Trains the networks of `assistant/entailment.py`: `python -m tests.train_entailment` writes them with the cut-off measured.

Every topic is left out by one of FOLDS networks of each deal; all judge together. They learn from the calibration pairs, and from some of the
supported sentences once more, held against another passage of their topic: written pairs alone teach that a sentence with few words of its passage
is a paraphrase. The cut-off lets LET_THROUGH of the unsupported written pairs pass, each judged by the networks that never saw its topic. Fifty
minutes on 2 cores that multiply in bfloat16 themselves. Licence of the pairs: tests/data/README.md.
"""

from __future__ import annotations

import json
import math
import multiprocessing
import os
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from assistant.embeddings import TextEmbeddings, open_embeddings
from assistant.embeddings.graph import LEVELS
from assistant.entailment import Floats, Pair
from assistant.guide import load_guide
from assistant.settings import ROOT, load_settings
from assistant.support import SupportCheck
from assistant.weights import SHIPPED
from tests.entailment_network import Network, collate, network_of, score, write

FOLDS, DEALS = 4, 2
EPOCHS = 20
BATCH = 64
RATE = 3e-3
DECAY = 0.01
SMOOTHING = 0.02
ELSEWHERE = 3  # of so many supported sentences one is held against another passage
ELSE = "elsewhere"
LET_THROUGH = 0.035  # drops 0.147 of the supported ones, judged by DEALS networks each
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Example:
    """One row of the data as it comes before the networks; no pair where the rules alone decide, and what they decide."""

    row: Row
    pair: Pair | None
    passes: bool

    @property
    def topic(self) -> str:
        return str(self.row["passage"]).split("#")[0]


def support_rows(*splits: str) -> list[Row]:
    """The pairs of sentence and passage of some splits, both languages."""
    files = sorted((ROOT / "tests" / "data").glob("support_*.jsonl"))
    rows = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return [row for row in rows if row["split"] in splits]


def held_elsewhere(rows: Sequence[Row]) -> list[Row]:
    """Supported sentences beside another passage of their topic, which seldom says them."""
    chance = random.Random(1)
    passages = sorted({(row["lang"], row["passage"]) for row in rows})
    found = []
    for row in [row for row in rows if row["supported"]][::ELSEWHERE]:
        topic = row["passage"].split("#")[0]
        others = [p for language, p in passages if language == row["lang"] and p != row["passage"] and p.split("#")[0] == topic]
        if others:
            found.append(row | {"passage": chance.choice(others), "supported": False, "kind": ELSE})
    return found


def read_examples(rows: Sequence[Row], embeddings: TextEmbeddings) -> Iterator[Example]:
    """What the networks would be asked of each row."""
    corpus = load_settings({}).corpus
    passages = {(language, p.id): p for language in ("es", "en") for topic in load_guide(corpus, language) for p in topic.passages}
    asked: list[Pair] = []

    def remember(pair: Pair) -> bool:
        asked.append(replace(pair, claim=pair.claim.astype(np.float16), source=pair.source.astype(np.float16)))
        return False

    check = SupportCheck(embeddings, remember)
    for row in rows:
        asked.clear()
        support = check.find(row["sentence"], passages[row["lang"], row["passage"]])
        yield Example(row, asked[0] if asked else None, support.doubt is None)


def train(examples: Sequence[tuple[Pair, float]], seed: int) -> Network:
    """One network."""
    torch.manual_seed(seed)
    chance = random.Random(seed)
    network = Network(examples[0][0].claim.shape[1], len(LEVELS))
    batches = math.ceil(len(examples) / BATCH)
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=EPOCHS * batches)
    for epoch in range(EPOCHS):
        losses = []
        for chosen in shuffled(examples, chance):
            wanted = torch.tensor([y for _, y in chosen]) * (1 - 2 * SMOOTHING) + SMOOTHING
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = network(collate([pair for pair, _ in chosen]))
            loss = binary_cross_entropy_with_logits(logits.float(), wanted)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
        print(f"network {seed}, epoch {epoch + 1} of {EPOCHS}: loss {np.mean(losses):.3f}", flush=True)
    return network.eval()


def shuffled(examples: Sequence[tuple[Pair, float]], chance: random.Random) -> list[list[tuple[Pair, float]]]:
    """Batches of pairs of similar length, in random order."""
    order = chance.sample(list(examples), len(examples))
    blocks = [sorted(order[i : i + 20 * BATCH], key=lambda e: len(e[0].source)) for i in range(0, len(order), 20 * BATCH)]
    batches = [block[i : i + BATCH] for block in blocks for i in range(0, len(block), BATCH)]
    return chance.sample(batches, len(batches))


def cut_off(scores: Floats, supported: NDArray[np.bool_]) -> float:
    """The score above which LET_THROUGH of the unsupported pairs lie, those counted in of which the rules are certain."""
    high = np.sort(scores[~supported])[::-1]
    return float(high[int(LET_THROUGH * len(high))]) + 1e-3


EXAMPLES: list[Example] = []  # read before the processes fork, so that they share them


def train_and_judge(job: tuple[int, int]) -> tuple[dict[str, Floats], dict[int, float]]:
    """The weights of the network that leaves out a fold of a deal, and its logits of the examples left out."""
    torch.set_num_threads(1)
    deal, held = job
    fold = folds(deal)
    network = train([(e.pair, float(e.row["supported"])) for e, f in zip(EXAMPLES, fold, strict=True) if e.pair and f != held], deal * FOLDS + held)
    judged = {i: score(network, e.pair) for i, (e, f) in enumerate(zip(EXAMPLES, fold, strict=True)) if e.pair and f == held}
    return {name: value.numpy() for name, value in network.state_dict().items()}, judged


def folds(deal: int) -> list[int]:
    """The fold of each example: a topic is in one."""
    topics = sorted({example.topic for example in EXAMPLES})
    random.Random(1 + deal).shuffle(topics)
    return [topics.index(example.topic) % FOLDS for example in EXAMPLES]


def main() -> None:
    """Train, report and write."""
    embeddings = open_embeddings(load_settings())
    rows = support_rows("calibration")
    EXAMPLES.extend(read_examples([*rows, *held_elsewhere(rows)], embeddings))
    judged = np.array([0.0 if example.pair else math.inf if example.passes else -math.inf for example in EXAMPLES])
    networks = []
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("fork")) as pool:
        for weights, logits in pool.map(train_and_judge, product(range(DEALS), range(FOLDS))):
            networks.append(network_of(weights))
            for i, logit in logits.items():
                judged[i] += logit / DEALS
    written = np.array([example.row["kind"] != ELSE for example in EXAMPLES])
    judged, supported = judged[written], np.array([example.row["supported"] for example in EXAMPLES])[written]
    limit = cut_off(judged, supported)
    print(f"cut-off {limit:.3f}: {np.mean(judged[supported] < limit):.3f} of the supported pairs dropped")
    write(networks, limit, SHIPPED / f"entailment-{embeddings.name}.onnx")


if __name__ == "__main__":
    main()
