"""The networks that judge whether a passage entails a sentence, as they are trained, and how they become the graph that ships."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize
from torch.nn.utils.rnn import pad_sequence

from assistant.entailment import FIELDS, FLAGS, Floats, Pair

DROPOUT = 0.3
WIDTH, HIDDEN = 96, 64
HEADS, MIXED = 4, 2
FINDINGS = 15


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


def score(network: Network, pair: Pair) -> float:
    """A network's logit."""
    with torch.no_grad():
        return float(network(collate([pair]))[0])


def network_of(weights: Mapping[str, Floats]) -> Network:
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
