"""The search index: one folder an edition, built beside the old one; a pointer names the edition in use.

An edition holds a Chroma database (a collection of passages and one of questions, per language), BM25 per language and
the vectors of the single sentences. Readers look at the pointer with every question, so a running app takes up a new
edition at once and never cites removed text: a Chroma client that has a collection open would not notice.
"""

from __future__ import annotations

import json
import logging
import math
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.bm25 import LexicalIndex, write_lexical
from assistant.errors import AssistantError
from assistant.models import Passage, Sentence, Source

log = logging.getLogger(__name__)

FORMAT = 2  # raise when the layout of an edition changes, or what an engine gives for the same text
POINTER = "current"
KEPT = 2000  # passages kept in memory once read, about 2 kB each
MANIFEST = "manifest.json"  # written last: an edition without it is not complete
Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an edition says of itself."""

    edition: str
    format: int
    model: str
    dimension: int
    passages: dict[str, dict[str, str]]  # language -> passage id -> content hash

    @property
    def count(self) -> int:
        """Passages in all languages."""
        return sum(len(ids) for ids in self.passages.values())


@dataclass(frozen=True, slots=True)
class IndexedPassage:
    """A passage with what is indexed for it; `rows` holds the passage's vector, then one for each sentence."""

    passage: Passage
    asks: tuple[str, ...]
    rows: Vectors
    ask_rows: Vectors


class Index:
    """One edition, opened for reading."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = read_manifest(folder)
        self.languages = tuple(self.manifest.passages)
        with _naming(folder), ExitStack() as opened:
            self._client = _client(folder)
            opened.callback(self._client.close)
            self._passages = {language: self._client.get_collection(f"passages-{language}") for language in self.languages}
            self._asks = {language: self._client.get_collection(f"asks-{language}") for language in self.languages}
            self._lexical = {language: LexicalIndex(folder, language) for language in self.languages}
            self._sentences = {language: np.load(folder / f"sentences-{language}.npy", mmap_mode="r") for language in self.languages}
            self._read: dict[tuple[str, str], Passage] = {}
            opened.pop_all()

    def check(self) -> None:
        """Look into every collection. Raises AssistantError `broken_index` when one does not hold what the manifest says."""
        anywhere = np.ones(self.manifest.dimension, np.float32)
        for language, ids in self.manifest.passages.items():
            if (
                self._passages[language].count() != len(ids)
                or not self.nearest(language, anywhere, 1)
                or not self.nearest_asks(language, anywhere, 1)
            ):
                raise AssistantError("broken_index", folder=self.folder)

    def close(self) -> None:
        """Let go of the files."""
        self._client.close()

    def nearest(self, language: str, vector: Vectors, count: int, among: Sequence[str] | None = None) -> dict[str, float]:
        """Ids of the passages nearest to a question's vector, all or `among` some, with their cosine, best first."""
        return self._query(self._passages[language], vector, count, ids=among)

    def nearest_asks(self, language: str, vector: Vectors, count: int, among: Sequence[str] | None = None) -> dict[str, tuple[float, str]]:
        """Passage id -> best cosine among the questions it answers, and that question's id."""
        best: dict[str, tuple[float, str]] = {}
        where = {"passage_id": {"$in": list(among)}} if among is not None else None
        for ask_id, cosine in self._query(self._asks[language], vector, count, where=where).items():
            best.setdefault(ask_id.rpartition("?")[0], (cosine, ask_id))
        return best

    def _query(self, collection: Any, vector: Vectors, count: int, **only: Any) -> dict[str, float]:
        """Ids and cosines only: Chroma takes 1 ms for those and 2 ms with what is kept beside them."""
        with _naming(self.folder):
            found = collection.query(query_embeddings=[vector], n_results=count, include=["distances"], **only)
        return {str(i): 1 - float(distance) for i, distance in zip(_first(found["ids"]), _first(found["distances"]), strict=True)}

    def passages(self, language: str, ids: Sequence[str]) -> dict[str, Passage]:
        """Passages by id, in the order given; unknown ids are left out."""
        known = {i: self._read[language, i] for i in ids if (language, i) in self._read}
        missing = [i for i in ids if i not in known]
        if missing and language in self._passages:
            with _naming(self.folder):
                found = self._passages[language].get(ids=missing, include=["metadatas"])
            fresh = {i: _passage(str(m["passage"])) for i, m in zip(found["ids"], found["metadatas"] or [], strict=True)}
            if len(self._read) < KEPT:
                self._read |= {(language, i): passage for i, passage in fresh.items()}
            known |= fresh
        return {i: known[i] for i in ids if i in known}

    def asks(self, language: str, ids: Sequence[str]) -> dict[str, str]:
        """Questions by their id."""
        with _naming(self.folder):
            found = self._asks[language].get(ids=list(ids), include=["documents"]) if ids else {"ids": [], "documents": []}
        return {str(i): str(text) for i, text in zip(found["ids"], found["documents"] or [], strict=True)}

    def lexical_scores(self, language: str, terms: Sequence[str], count: int) -> dict[str, float]:
        """BM25 scores of the best passages for analysed terms; empty where no term is known."""
        return self._lexical[language].scores(terms, count)

    def document_frequencies(self, language: str) -> dict[str, int]:
        """Term -> passages that hold it."""
        return self._lexical[language].frequencies

    def rarity(self, language: str, terms: Iterable[str]) -> dict[str, float]:
        """How telling each term is in a language of the guide: its inverse document frequency."""
        frequencies, passages = self.document_frequencies(language), len(self.manifest.passages[language])
        return {term: math.log(1 + passages / (1 + frequencies.get(term, 0))) for term in terms}

    def terms(self, language: str, passage_id: str) -> frozenset[str]:
        """The analysed terms of one passage, its questions included."""
        return self._lexical[language].terms(passage_id)

    def sentence_vectors(self, language: str, passage_id: str) -> Vectors:
        """(sentences, dimension) float32 unit rows of a passage."""
        return np.asarray(self._sentences[language][self._lexical[language].sentence_rows(passage_id)], np.float32)


class IndexStore:
    """The index of one data folder: `current()` is always the edition that the pointer names."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "index"
        self._lock = threading.Lock()
        self._index: Index | None = None

    def edition(self) -> str | None:
        """The edition in use, None before the first ingest."""
        return read_pointer(self.folder)

    def current(self) -> Index:
        """Open the edition in use, again when the pointer has moved. Raises AssistantError `no_index` before the first ingest."""
        edition = self.edition()
        if edition is None:
            raise AssistantError("no_index")
        with self._lock:
            if self._index is None or self._index.manifest.edition != edition:
                self._index = Index(self.folder / edition)
            return self._index


def read_pointer(folder: Path) -> str | None:
    """The edition that the pointer names, None where there is none."""
    try:
        return (folder / POINTER).read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None


def write_pointer(folder: Path, edition: str) -> None:
    """Switch to another edition, atomically."""
    part = folder / f"{POINTER}.part"
    part.write_text(edition, encoding="utf-8")
    os.replace(part, folder / POINTER)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of an edition. Raises AssistantError `broken_index` when it is missing or of another format."""
    try:
        manifest = Manifest(**json.loads((folder / MANIFEST).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise AssistantError("broken_index", folder=folder) from error
    if manifest.format != FORMAT:
        raise AssistantError("broken_index", folder=folder)
    return manifest


@contextmanager
def _naming(folder: Path) -> Iterator[None]:
    try:
        yield
    except AssistantError:
        raise
    except Exception as error:  # Chroma, bm25s and numpy raise each their own at a damaged file
        raise AssistantError("broken_index", folder=folder) from error


def write_edition(folder: Path, manifest: Manifest, indexed: dict[str, list[IndexedPassage]]) -> None:
    """Write a whole edition into an empty folder; the manifest comes last."""
    client = _client(folder)
    try:
        for language, entries in indexed.items():
            _write_collections(client, language, entries)
            texts = {e.passage.id: " ".join((e.passage.document, e.passage.section, e.passage.text, *e.asks)) for e in entries}
            write_lexical(folder, language, texts, [len(e.passage.sentences) for e in entries])
            rows = [entry.rows[1:] for entry in entries] or [np.zeros((0, manifest.dimension), np.float32)]
            np.save(folder / f"sentences-{language}.npy", np.concatenate(rows).astype(np.float16))
    finally:
        client.close()
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest)), encoding="utf-8")


def _write_collections(client: Any, language: str, entries: list[IndexedPassage]) -> None:
    passages = _collection(client, f"passages-{language}")
    asks = _collection(client, f"asks-{language}")
    size = min(2000, client.get_max_batch_size())
    for start in range(0, len(entries), size):
        part = entries[start : start + size]
        passages.add(
            ids=[entry.passage.id for entry in part],
            embeddings=[entry.rows[0] for entry in part],
            metadatas=[{"passage": json.dumps(asdict(entry.passage), ensure_ascii=False)} for entry in part],
        )
    questions = [(entry.passage.id, n, ask, row) for entry in entries for n, (ask, row) in enumerate(zip(entry.asks, entry.ask_rows, strict=True))]
    for start in range(0, len(questions), size):
        some = questions[start : start + size]
        asks.add(
            ids=[f"{passage_id}?{n}" for passage_id, n, _, _ in some],
            embeddings=[row for *_, row in some],
            documents=[ask for _, _, ask, _ in some],
            metadatas=[{"passage_id": passage_id} for passage_id, *_ in some],
        )


def _client(folder: Path) -> Any:
    import chromadb
    from chromadb.api.shared_system_client import SharedSystemClient
    from chromadb.config import Settings

    try:
        return chromadb.PersistentClient(str(folder / "chroma"), settings=Settings(anonymized_telemetry=False))
    except Exception:
        SharedSystemClient.clear_system_cache()  # keeps what failed to open, which would fail again once the folder is rebuilt
        raise


def _collection(client: Any, name: str) -> Any:
    return client.create_collection(name, embedding_function=None, configuration={"hnsw": {"space": "cosine"}})


def _first(rows: Any) -> list[Any]:
    return list(rows[0]) if rows else []


def _passage(stored: str) -> Passage:
    values = json.loads(stored)
    values["sentences"] = tuple(Sentence(**sentence) for sentence in values["sentences"])
    values["source"] = Source(**values["source"])
    return Passage(**values)
