"""Trains the networks of `assistant/entailment.py`: `python -m tests.train_entailment` writes them with the cut-off measured.

Every topic is left out by one of FOLDS networks of each deal; all judge together. They learn from the calibration pairs, and from some of the
supported sentences once more, held against another passage of their topic: written pairs alone teach that a sentence with few words of its passage
is a paraphrase. The cut-off lets LET_THROUGH of the unsupported written pairs pass, each judged by the networks that never saw its topic. An hour on
2 cores that multiply in bfloat16 themselves. Licence of the pairs: tests/data/README.md.
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
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, normalize
from torch.nn.utils.rnn import pad_sequence

from assistant.embeddings import TextEmbeddings, open_embeddings
from assistant.embeddings.graph import LEVELS
from assistant.entailment import FIELDS, FLAGS, Floats, Pair
from assistant.guide import load_guide
from assistant.settings import ROOT, load_settings
from assistant.support import SupportCheck
from assistant.weights import SHIPPED

FOLDS, DEALS = 4, 2
EPOCHS = 20
BATCH = 64
RATE = 3e-3
DROPOUT = 0.3
DECAY = 0.01
SMOOTHING = 0.02
WIDTH, HIDDEN = 96, 64
HEADS, MIXED = 4, 2
FINDINGS = 15
ELSEWHERE = 3  # of so many supported sentences one is held against another passage
ELSE = "elsewhere"
LET_THROUGH = 0.035  # drops 0.147 of the supported ones, judged by two networks each; all of them together do better on both sides
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


class Network(nn.Module):
    """Judges pairs; see `assistant/entailment.py` for what it does with them."""

    def __init__(self, width: int, levels: int) -> None:
        super().__init__()
        self.project, self.query, self.key = (nn.Linear(width, WIDTH, bias=i == 0) for i in range(3))
        self.match = nn.Parameter(torch.tensor([3.0, 1.5]))
        self.place = nn.Parameter(torch.tensor([1.0, 0.0]))
        self.attention = nn.Parameter(torch.tensor([8.0] + [10.0 / levels] * levels))
        self.claim, self.source = (layers(4 * WIDTH + 2 * FLAGS + 2 + 2 + levels, HIDDEN, nn.ReLU()) for _ in range(2))
        self.side = nn.Parameter(torch.zeros(2, HIDDEN))
        self.mix = nn.ModuleList(
            nn.TransformerEncoderLayer(HIDDEN, HEADS, 2 * HIDDEN, DROPOUT / 2, batch_first=True, norm_first=True) for _ in range(MIXED)
        )
        self.judge = layers(4 * HIDDEN + FINDINGS, 1)
        self.drop = nn.Dropout(DROPOUT)

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        claim, source, match = batch["claim"], batch["source"], batch["match"]
        here, there = batch["claim_mask"], batch["source_mask"]
        run, heading = batch["source_flags"][..., -2], batch["source_flags"][..., -1]
        learnt, *known = self.attention
        with torch.autocast("cpu", enabled=False):
            cosines = [one @ other.mT for one, other in zip(claim.chunk(len(known), -1), source.chunk(len(known), -1), strict=True)]
        scores = learnt * normalize(self.query(claim), dim=-1) @ normalize(self.key(source), dim=-1).mT
        scores = scores + sum(weight * cosine for weight, cosine in zip(known, cosines, strict=True))
        scores = scores + self.match[0] * (match == 2) + self.match[1] * (match == 1)
        scores = scores + (self.place[0] * run + self.place[1] * heading)[:, None]
        ahead = scores.masked_fill(there[:, None] == 0, -1e9).softmax(-1)
        back = scores.mT.masked_fill(here[:, None] == 0, -1e9).softmax(-1)
        mine, theirs = self.drop(self.project(claim)), self.drop(self.project(source))
        near = [cosine.masked_fill(there[:, None] == 0, -1).amax(2) * 5 - 4 for cosine in cosines]
        near += [match.amax(2), (match * run[:, None]).amax(2)]
        seen = self.claim(compare(mine, theirs, batch["claim_flags"], batch["source_flags"], ahead, near)) + self.side[0]
        near = [cosine.masked_fill(here[..., None] == 0, -1).amax(1) * 5 - 4 for cosine in cosines]
        near += [match.amax(1), (match == 2).float().amax(1)]
        told = self.source(compare(theirs, mine, batch["source_flags"], batch["claim_flags"], back, near)) + self.side[1]
        words, absent = torch.cat([seen, told], 1), torch.cat([here, there], 1) == 0
        for layer in self.mix:
            words = layer(words, src_key_padding_mask=absent)
        seen, told = words[:, : claim.shape[1]], words[:, claim.shape[1] :]
        pooled = [*pool(seen, here), *pool(told, run * there), batch["findings"]]
        return self.judge(torch.cat(pooled, -1))[:, 0]


def layers(width: int, out: int, *last: nn.Module) -> nn.Sequential:
    return nn.Sequential(nn.Linear(width, HIDDEN), nn.ReLU(), nn.Dropout(DROPOUT), nn.Linear(HIDDEN, out), *last)


def compare(one: Tensor, other: Tensor, flags: Tensor, others: Tensor, attention: Tensor, near: Sequence[Tensor]) -> Tensor:
    """Each word of one text beside what the other has for it."""
    beside = attention @ other
    return torch.cat([one, beside, one - beside, one * beside, flags, attention @ others, torch.stack(list(near), -1)], -1)


def pool(rows: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    mask = mask[..., None]
    return (rows * mask).sum(1) / mask.sum(1).clamp(min=1), (rows + (mask - 1) * 1e4).amax(1)


def collate(pairs: Sequence[Pair]) -> dict[str, Tensor]:
    """Pairs side by side, filled up with zeros."""
    names = ("claim", "claim_flags", "source", "source_flags")
    batch = {name: pad_sequence([torch.from_numpy(getattr(pair, name)) for pair in pairs], batch_first=True).float() for name in names}
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


def score(network: Network, pair: Pair) -> float:
    """A network's logit."""
    with torch.no_grad():
        return float(network(collate([pair]))[0])


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


def network_of(weights: dict[str, Floats]) -> Network:
    """A trained network."""
    network = Network(weights["project.weight"].shape[1], len(weights["attention"]) - 1)
    network.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()})
    return network.eval()


class Jury(nn.Module):
    """The mean logit of several networks for one pair, as `assistant/entailment.py` asks for it."""

    def __init__(self, networks: Sequence[Network]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, *fields: Tensor) -> Tensor:
        batch = {name: value[None] for name, value in zip(FIELDS, fields, strict=True)}
        batch |= {f"{name}_mask": torch.ones_like(batch[name][..., 0]) for name in ("claim", "source")}
        return torch.stack([network(batch) for network in self.networks]).mean(0)


def write(networks: Sequence[Network], threshold: float, path: Path) -> None:
    """The networks as one ONNX graph with weights in half precision; the threshold stands in its metadata."""
    torch.backends.mha.set_fastpath_enabled(False)
    jury, width = Jury(networks).eval(), networks[0].project.in_features
    n, m = torch.export.Dim("n", min=1), torch.export.Dim("m", min=1)
    sizes = {"claim": (17, width), "claim_flags": (17, FLAGS), "source": (90, width), "source_flags": (90, FLAGS + 2), "match": (17, 90)}
    example = tuple(torch.ones(sizes.get(name, (FINDINGS,))) for name in FIELDS)
    free = ({0: n}, {0: n}, {0: m}, {0: m}, {0: n, 1: m}, None)
    program = torch.onnx.export(jury, example, dynamo=True, input_names=FIELDS, output_names=["score"], dynamic_shapes=(free,))
    model = halved(program.model_proto)
    onnx.helper.set_model_props(model, {"threshold": f"{threshold:.4f}"})
    onnx.save(model, path)


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph with its weights stored as float16, each cast back to float32 where it is used."""
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT and math.prod(tensor.dims) > 1:
            name, values = tensor.name, onnx.numpy_helper.to_array(tensor)
            tensor.CopyFrom(onnx.numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
            casts.append(onnx.helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


if __name__ == "__main__":
    main()
