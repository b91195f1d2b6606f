"""Trains the networks of `assistant/entailment.py`: `python -m tests.train_entailment` writes them with the cut-off measured (15 minutes on 2 cores).

Four networks, each trained without a fourth of the topics, judge together. The cut-off lets LET_THROUGH of the unsupported calibration pairs pass,
each judged by the one network that never saw its topic. Licence of the pairs: tests/data/README.md.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, normalize
from torch.nn.utils.rnn import pad_sequence

from assistant.embeddings import TextEmbeddings, open_embeddings
from assistant.entailment import FLAGS, Floats, Pair
from assistant.guide import load_guide
from assistant.settings import ROOT, load_settings
from assistant.support import SupportCheck
from assistant.weights import SHIPPED

FOLDS = 4
EPOCHS = 20
BATCH = 64
RATE = 3e-3
DROPOUT = 0.3
DECAY = 0.01
SMOOTHING = 0.02
WIDTH, HIDDEN = 96, 64
FINDINGS = 15
LET_THROUGH = 0.045  # drops 0.232 of the supported ones; eight networks instead of four moved along the same curve
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


def read_examples(rows: Sequence[Row], embeddings: TextEmbeddings) -> Iterator[Example]:
    """What the networks would be asked of each row."""
    corpus = load_settings({}).corpus
    passages = {(language, p.id): p for language in ("es", "en") for topic in load_guide(corpus, language) for p in topic.passages}
    asked: list[Pair] = []

    def remember(pair: Pair) -> bool:
        asked.append(pair)
        return False

    check = SupportCheck(embeddings, remember)
    for row in rows:
        asked.clear()
        support = check.find(row["sentence"], passages[row["lang"], row["passage"]])
        yield Example(row, asked[0] if asked else None, support.doubt is None)


class Network(nn.Module):
    """`entailment.forward` with gradients; parameters have its names."""

    def __init__(self, dimension: int) -> None:
        super().__init__()
        self.project, self.query, self.key = (nn.Linear(dimension, WIDTH, bias=i == 0) for i in range(3))
        self.match = nn.Parameter(torch.tensor([3.0, 1.5]))
        self.place = nn.Parameter(torch.tensor([1.0, 0.0]))
        self.attention = nn.Parameter(torch.tensor([8.0, 10.0]))
        self.claim, self.source = (layers(4 * WIDTH + 2 * FLAGS + 2 + 3, HIDDEN, nn.ReLU()) for _ in range(2))
        self.judge = layers(4 * HIDDEN + FINDINGS, 1)
        self.drop = nn.Dropout(DROPOUT)

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        claim, source, match = batch["claim"], batch["source"], batch["match"]
        here, there = batch["claim_mask"], batch["source_mask"]
        run, heading = batch["source_flags"][..., -2], batch["source_flags"][..., -1]
        cosine = claim @ source.mT
        scores = self.attention[0] * normalize(self.query(claim), dim=-1) @ normalize(self.key(source), dim=-1).mT
        scores = scores + self.attention[1] * cosine + self.match[0] * (match == 2) + self.match[1] * (match == 1)
        scores = scores + (self.place[0] * run + self.place[1] * heading)[:, None]
        ahead = scores.masked_fill(there[:, None] == 0, -1e9).softmax(-1)
        back = scores.mT.masked_fill(here[:, None] == 0, -1e9).softmax(-1)
        mine, theirs = self.drop(self.project(claim)), self.drop(self.project(source))
        near = cosine.masked_fill(there[:, None] == 0, -1).amax(2), match.amax(2), (match * run[:, None]).amax(2)
        seen = self.claim(compare(mine, theirs, batch["claim_flags"], batch["source_flags"], ahead, near))
        near = cosine.masked_fill(here[..., None] == 0, -1).amax(1), match.amax(1), (match == 2).float().amax(1)
        told = self.source(compare(theirs, mine, batch["source_flags"], batch["claim_flags"], back, near))
        pooled = [*pool(seen, here), *pool(told, run * there), batch["findings"]]
        return self.judge(torch.cat(pooled, -1))[:, 0]


def layers(width: int, out: int, *last: nn.Module) -> nn.Sequential:
    return nn.Sequential(nn.Linear(width, HIDDEN), nn.ReLU(), nn.Dropout(DROPOUT), nn.Linear(HIDDEN, out), *last)


def compare(one: Tensor, other: Tensor, flags: Tensor, others: Tensor, attention: Tensor, near: Sequence[Tensor]) -> Tensor:
    beside = attention @ other
    nearness = torch.stack([near[0] * 5 - 4, *near[1:]], -1)
    return torch.cat([one, beside, one - beside, one * beside, flags, attention @ others, nearness], -1)


def pool(rows: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    mask = mask[..., None]
    return (rows * mask).sum(1) / mask.sum(1).clamp(min=1), (rows + (mask - 1) * 1e4).amax(1)


def collate(pairs: Sequence[Pair]) -> dict[str, Tensor]:
    """Pairs side by side, filled up with zeros."""
    names = ("claim", "claim_flags", "source", "source_flags")
    batch = {name: pad_sequence([torch.from_numpy(getattr(pair, name)) for pair in pairs], batch_first=True) for name in names}
    for name in ("claim", "source"):
        batch[f"{name}_mask"] = pad_sequence([torch.ones(len(getattr(pair, name))) for pair in pairs], batch_first=True)
    batch["match"] = torch.zeros(len(pairs), batch["claim"].shape[1], batch["source"].shape[1])
    for i, pair in enumerate(pairs):
        batch["match"][i, : pair.match.shape[0], : pair.match.shape[1]] = torch.from_numpy(pair.match)
    batch["findings"] = torch.from_numpy(np.stack([pair.findings for pair in pairs]))
    return batch


def train(examples: Sequence[tuple[Pair, float]], seed: int) -> Network:
    """One network."""
    torch.manual_seed(seed)
    chance = random.Random(seed)
    network = Network(examples[0][0].claim.shape[1])
    batches = math.ceil(len(examples) / BATCH)
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=EPOCHS * batches)
    for epoch in range(EPOCHS):
        losses = []
        for chosen in shuffled(examples, chance):
            wanted = torch.tensor([y for _, y in chosen]) * (1 - 2 * SMOOTHING) + SMOOTHING
            loss = binary_cross_entropy_with_logits(network(collate([pair for pair, _ in chosen])), wanted)
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


def main() -> None:
    """Train, report and write."""
    embeddings = open_embeddings(load_settings())
    examples = list(read_examples(support_rows("calibration"), embeddings))
    topics = sorted({example.topic for example in examples})
    random.Random(1).shuffle(topics)
    fold = np.array([topics.index(example.topic) % FOLDS for example in examples])
    judged = np.array([0.0 if example.pair else math.inf if example.passes else -math.inf for example in examples])
    arrays: dict[str, Any] = {}
    for held in range(FOLDS):
        network = train([(e.pair, float(e.row["supported"])) for e, f in zip(examples, fold, strict=True) if e.pair and f != held], held)
        for i in np.flatnonzero(fold == held):
            judged[i] += score(network, examples[i].pair)
        arrays |= {f"{held}/{name}": value.numpy().astype(np.float16) for name, value in plain(network).items()}
    supported = np.array([example.row["supported"] for example in examples])
    limit = cut_off(judged, supported)
    print(f"cut-off {limit:.3f}: {np.mean(judged[supported] < limit):.3f} of the supported pairs dropped")
    np.savez_compressed(SHIPPED / f"entailment-{embeddings.name}.npz", threshold=np.float32(limit), **arrays)


def score(network: Network, pair: Pair | None) -> float:
    """A network's logit; 0 where it is not asked."""
    with torch.no_grad():
        return float(network(collate([pair]))[0]) if pair else 0.0


def plain(network: Network) -> dict[str, Tensor]:
    """The parameters by the names that `entailment.forward` uses."""
    short = {"query.weight": "query", "key.weight": "key"}
    return {short.get(name, name): value for name, value in network.state_dict().items()}


if __name__ == "__main__":
    main()
