"""Vectors already computed, by content hash: what did not change is not embedded again, and an interrupted run resumes."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.index import FORMAT

Vectors = NDArray[np.float32]
SEEDS = Path(__file__).parent / "seeds"


def content_hash(*parts: str) -> str:
    """Hash of texts in order."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode("utf-8"))
        digest.update(b"\0")
    return digest.hexdigest()[:32]


class VectorCache:
    """A small SQLite file: hash -> matrix of vectors, float16; what an earlier format of the index knew is forgotten."""

    def __init__(self, folder: Path, model: str, dimension: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._dimension = dimension
        self._model = model
        name = "".join(c if c.isalnum() else "-" for c in model)
        self._db = sqlite3.connect(folder / f"vectors-{name}.sqlite", timeout=60)
        self._db.execute("PRAGMA journal_mode=WAL")
        if self._db.execute("PRAGMA user_version").fetchone()[0] != FORMAT:
            self._db.execute("DROP TABLE IF EXISTS vectors")
            self._db.execute(f"PRAGMA user_version = {FORMAT}")
        self._db.execute("CREATE TABLE IF NOT EXISTS vectors (hash TEXT PRIMARY KEY, rows BLOB NOT NULL)")

    def get(self, hashes: Iterable[str]) -> dict[str, Vectors]:
        """The matrices that are known."""
        found = {}
        for key in hashes:
            row = self._db.execute("SELECT rows FROM vectors WHERE hash = ?", (key,)).fetchone()
            if row:
                found[key] = np.frombuffer(row[0], np.float16).reshape(-1, self._dimension).astype(np.float32)
        return found

    def put(self, vectors: dict[str, Vectors]) -> None:
        """Keep matrices, durably."""
        rows = [(key, value.astype(np.float16).tobytes()) for key, value in vectors.items()]
        with self._db:
            self._db.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)

    def keep_only(self, hashes: set[str]) -> None:
        """Forget everything else."""
        known = {key for (key,) in self._db.execute("SELECT hash FROM vectors")}
        with self._db:
            self._db.executemany("DELETE FROM vectors WHERE hash = ?", [(key,) for key in known - hashes])

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def seed_path(model: str) -> Path:
    """Where the guide's own vectors for a model are shipped, so that the first start need not compute them."""
    return SEEDS / f"{model}.npz"


def read_seed(model: str, hashes: set[str]) -> dict[str, Vectors]:
    """Shipped matrices for those hashes that are known; texts edited since are simply not among them."""
    path = seed_path(model)
    if not path.exists():
        return {}
    with np.load(path) as seed:
        keys, counts, rows, scales = (seed[name] for name in ("keys", "counts", "rows", "scales"))
    first = np.cumsum([0, *counts])
    wanted = [(i, str(key)) for i, key in enumerate(keys) if str(key) in hashes]
    return {key: rows[first[i] : first[i + 1]] * scales[first[i] : first[i + 1], None] for i, key in wanted}


def write_seed(model: str, vectors: dict[str, Vectors]) -> Path:
    """Ship matrices as int8 rows with one scale each (cosine to the original above 0.9999); returns the file."""
    keys = sorted(vectors)
    rows = np.concatenate([vectors[key] for key in keys])
    scales = np.abs(rows).max(axis=1) / 127
    SEEDS.mkdir(exist_ok=True)
    np.savez_compressed(
        seed_path(model),
        keys=np.array(keys),
        counts=np.array([len(vectors[key]) for key in keys]),
        rows=np.round(rows / scales[:, None]).astype(np.int8),
        scales=scales.astype(np.float32),
    )
    return seed_path(model)
