"""Builds an index edition from the guide: only what changed is embedded, then the pointer is switched."""

from __future__ import annotations

import logging
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from assistant.embeddings import TextEmbeddings, open_embeddings
from assistant.errors import AssistantError
from assistant.guide import guide_languages, load_guide
from assistant.index import FORMAT, MANIFEST, Index, IndexedPassage, Manifest, read_pointer, write_edition, write_pointer
from assistant.models import Passage, Topic
from assistant.settings import Settings
from ingest.vectors import VectorCache, Vectors, content_hash, read_seed, write_seed

log = logging.getLogger(__name__)

BATCH = 32  # passages embedded between two commits: what an interruption may lose
LOCK_SECONDS = 600
Progress = Callable[[int, int], None]  # done, total


@dataclass(frozen=True, slots=True)
class Changes:
    """Passages by what an ingest did to them."""

    edition: str
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """A passage, the questions it answers, and the hashes of what is embedded for it."""

    passage: Passage
    asks: tuple[str, ...]
    passage_hash: str
    asks_hash: str

    @property
    def content(self) -> str:
        """Hash of everything the index keeps of the passage."""
        return content_hash(self.passage_hash, self.asks_hash, repr(self.passage))


def update_index(
    settings: Settings,
    embeddings: TextEmbeddings,
    progress: Progress | None = None,
    wait: float = LOCK_SECONDS,
    on_wait: Callable[[], None] | None = None,
) -> Changes:
    """Bring the index up to date with the guide; returns what changed.

    A second ingest waits for the first, after calling `on_wait`. Raises AssistantError `ingest_busy` when that takes longer
    than `wait` seconds, `data_folder` when the data folder cannot be written.
    """
    folder = settings.home / "index"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _only_one(folder, wait, on_wait):
            return _update(settings, embeddings, folder, progress or (lambda done, total: None))
    except Timeout as error:
        raise AssistantError("ingest_busy", seconds=round(wait)) from error
    except (OSError, sqlite3.Error) as error:
        raise AssistantError("data_folder", place=getattr(error, "filename", None) or folder, reason=error) from error


@contextmanager
def _only_one(folder: Path, wait: float, on_wait: Callable[[], None] | None) -> Iterator[None]:
    lock = FileLock(folder / "ingest.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if on_wait:
            on_wait()
        lock.acquire(timeout=wait)
    try:
        yield
    finally:
        lock.release()


def guide_entries(settings: Settings) -> dict[str, list[Entry]]:
    """The guide's passages by language. Raises AssistantError `no_guide` when there are none."""
    entries = {
        language: [_entry(passage, topic) for topic in load_guide(settings.corpus, language) for passage in topic.passages]
        for language in guide_languages(settings.corpus)
    }
    if not entries:
        raise AssistantError("no_guide", folder=settings.corpus)
    return entries


def outdated(settings: Settings, model: str) -> bool:
    """Whether the index in use is missing, of another format, or not of this guide and model."""
    folder = settings.home / "index"
    return read_pointer(folder) != _edition(guide_entries(settings), model)


def ship_vectors(settings: Settings) -> Path:
    """Write the vectors of the guide as it stands to the file that the product ships; returns its path."""
    embeddings = open_embeddings(settings)
    cache = VectorCache(settings.home / "index", embeddings.name, embeddings.dimension)
    try:
        entries = [entry for group in guide_entries(settings).values() for entry in group]
        return write_seed(embeddings.name, _vectors(cache, embeddings, entries, lambda done, total: None))
    finally:
        cache.close()


def _update(settings: Settings, embeddings: TextEmbeddings, folder: Path, progress: Progress) -> Changes:
    entries = guide_entries(settings)
    edition = _edition(entries, embeddings.name)
    before = _manifest_in_use(folder)
    hashes = {language: {entry.passage.id: entry.content for entry in group} for language, group in entries.items()}
    changes = _compare(edition, before.passages if before else {}, hashes)
    if before and before.edition == edition:
        return changes
    cache = VectorCache(folder, embeddings.name, embeddings.dimension)
    try:
        vectors = _vectors(cache, embeddings, [entry for group in entries.values() for entry in group], progress)
        target = folder / edition
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        indexed = {language: [_indexed(entry, vectors) for entry in group] for language, group in entries.items()}
        write_edition(target, Manifest(edition, FORMAT, embeddings.name, embeddings.dimension, hashes), indexed)
        write_pointer(folder, edition)
        cache.keep_only(set(vectors))
    finally:
        cache.close()
    _remove_editions(folder, keep={edition, before.edition if before else edition})
    return changes


def _entry(passage: Passage, topic: Topic) -> Entry:
    asks = topic.asks[passage.id]
    heading, sentences = embedded_text(passage)
    return Entry(passage, asks, content_hash("passage", heading, *sentences), content_hash("asks", *asks))


def embedded_text(passage: Passage) -> tuple[str, list[str]]:
    """What is embedded for a passage: a heading, and its sentences."""
    return f"{passage.document} › {passage.section}.", [sentence.text for sentence in passage.sentences]


def _edition(entries: dict[str, list[Entry]], model: str) -> str:
    parts = [f"{language}:{entry.passage.id}:{entry.content}" for language, group in sorted(entries.items()) for entry in group]
    return content_hash(str(FORMAT), model, *parts)[:16]


def _manifest_in_use(folder: Path) -> Manifest | None:
    edition = read_pointer(folder)
    try:
        return _checked_manifest(folder / edition) if edition else None
    except AssistantError as error:
        log.warning("the index is rebuilt: %s", error)
        return None


def _checked_manifest(folder: Path) -> Manifest:
    index = Index(folder)
    try:
        index.check()
    finally:
        index.close()
    return index.manifest


def _compare(edition: str, old: dict[str, dict[str, str]], new: dict[str, dict[str, str]]) -> Changes:
    before = {(language, i): value for language, ids in old.items() for i, value in ids.items()}
    after = {(language, i): value for language, ids in new.items() for i, value in ids.items()}
    both = before.keys() & after.keys()
    unchanged = sum(before[key] == after[key] for key in both)
    return Changes(edition, len(after) - len(both), len(both) - unchanged, unchanged, len(before) - len(both))


def _vectors(cache: VectorCache, embeddings: TextEmbeddings, entries: list[Entry], progress: Progress) -> dict[str, Vectors]:
    """Every hash's matrix: from the cache, from what the product ships, or embedded now."""
    hashes = {key for entry in entries for key in (entry.passage_hash, entry.asks_hash)}
    vectors = cache.get(hashes)
    vectors |= read_seed(embeddings.name, hashes - vectors.keys())
    missing = [entry for entry in entries if entry.passage_hash not in vectors or entry.asks_hash not in vectors]
    progress(0, len(missing))
    for start in range(0, len(missing), BATCH):
        batch = missing[start : start + BATCH]
        fresh = _embed(embeddings, batch)
        cache.put(fresh)
        vectors |= fresh
        progress(start + len(batch), len(missing))
    return vectors


def _embed(embeddings: TextEmbeddings, batch: list[Entry]) -> dict[str, Vectors]:
    rows = embeddings.passages_with_sentences([embedded_text(entry.passage) for entry in batch])
    asks = embeddings.questions([ask for entry in batch for ask in entry.asks])
    fresh = {entry.passage_hash: matrix for entry, matrix in zip(batch, rows, strict=True)}
    at = 0
    for entry in batch:
        fresh[entry.asks_hash] = asks[at : at + len(entry.asks)]
        at += len(entry.asks)
    return fresh


def _indexed(entry: Entry, vectors: dict[str, Vectors]) -> IndexedPassage:
    return IndexedPassage(entry.passage, entry.asks, vectors[entry.passage_hash], vectors[entry.asks_hash])


def _remove_editions(folder: Path, keep: set[str]) -> None:
    """Remove older and unfinished editions; the one before stays for readers that have it open."""
    for old in folder.iterdir():
        if old.is_dir() and (old.name not in keep or not (old / MANIFEST).exists()):
            shutil.rmtree(old, ignore_errors=True)
