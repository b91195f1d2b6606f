"""The networks judge as they were trained to, from words that are read the same way in every place."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch

from assistant.embeddings import TextEmbeddings, Wording
from assistant.embeddings.graph import LEVELS
from assistant.entailment import FLAGS, Entailment, Pair, open_entailment, read_pair
from assistant.weights import SHIPPED
from tests.entailment_network import FINDINGS, Network, score, write

HEADING = "Planes de continuidad › Pruebas."
SAID = ["El plan se prueba una vez al año.", "El proveedor participa en la prueba.", "Los datos no salen del país."]


@pytest.fixture(scope="module")
def source(embeddings: TextEmbeddings) -> list[Wording]:
    return embeddings.wordings(HEADING, SAID) or []


def pair_of(embeddings: TextEmbeddings, source: list[Wording], text: str) -> Pair:
    claim = (embeddings.wordings(HEADING, [text]) or [])[1]
    return read_pair(claim, source[0], source[1:], [0], np.zeros(FINDINGS, np.float32), "es")


def test_words_are_those_of_the_text_and_their_rows_are_unit(source: list[Wording]) -> None:
    assert [wording.words[-1] for wording in source] == ["Pruebas", "año", "prueba", "país"]
    for wording in source:
        levels = np.split(wording.vectors, len(LEVELS), axis=1)
        assert all(level.shape == (len(wording.words), wording.vector.shape[0]) for level in levels)
        assert all(np.allclose(np.linalg.norm(level, axis=1), 1, atol=1e-4) for level in levels)
        assert len(wording.words) < 2 or not np.allclose(levels[0], levels[-1], atol=0.1)


def test_a_pair_says_which_words_match_and_where_they_stand(embeddings: TextEmbeddings, source: list[Wording]) -> None:
    pair = pair_of(embeddings, source, "Las pruebas del plan no se repiten.")
    words = [word for wording in source for word in wording.words]
    assert pair.match.shape == (7, len(words)) and pair.claim_flags.shape == (7, FLAGS)
    assert pair.match[3, words.index("plan")] == 2 and pair.match[1, words.index("prueba")] == 1 and pair.match[3, words.index("año")] == 0
    assert pair.claim_flags[4, 0] == 1  # "no" denies
    assert pair.source_flags[:, -2].sum() == len(source[1].words) and pair.source_flags[:, -1].sum() == len(source[0].words)


@pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning", "ignore:# The axis name:UserWarning")  # what torch's exporter says of itself
def test_the_networks_that_are_trained_and_those_that_judge_say_the_same(embeddings: TextEmbeddings, source: list[Wording], tmp_path: Path) -> None:
    pairs = [pair_of(embeddings, source, text) for text in ("El plan se prueba cada año.", "El proveedor no participa.", "Sí.")]
    torch.manual_seed(1)
    networks = [Network(embeddings.dimension * len(LEVELS), len(LEVELS)).eval() for _ in range(2)]
    write(networks, 1.5, tmp_path / "entailment-trained.onnx")
    judges = open_entailment("trained", tmp_path)
    assert judges and judges.threshold == 1.5
    said = [judges.score(pair) for pair in pairs]
    assert np.allclose(said, [np.mean([score(network, pair) for network in networks]) for pair in pairs], atol=2e-3)
    assert min(abs(a - b) for a, b in itertools.combinations(said, 2)) > 4e-3


def test_what_is_shipped_belongs_to_the_bundled_engine_and_to_no_other(embeddings: TextEmbeddings, source: list[Wording]) -> None:
    shipped = open_entailment(embeddings.name)
    assert isinstance(shipped, Entailment) and open_entailment("another-model") is None and open_entailment("../entailment") is None
    scores = [shipped.score(pair_of(embeddings, source, text)) for text in ("Una vez al año se prueba el plan.", "El plan nunca se prueba.")]
    assert scores[0] > shipped.threshold > scores[1]
    assert [path.name for path in SHIPPED.glob("entailment-*")] == [f"entailment-{embeddings.name}.onnx"]
