"""XLM-RoBERTa's tokenizer (SentencePiece Unigram) over one small table.

A general tokenizer library builds its tries of 250,000 pieces anew in every process: 0.8 s and 280 MB before the first question.
Here the pieces are sorted hashes of 3 MB, and all candidates of a text are looked up at once: 0.3 ms a question, 2 ms a passage.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.embeddings.packed import PackedModel, Specials

BLANK = "▁"
UNKNOWN_PENALTY = 10.0  # below the least probable piece, as in SentencePiece
BASE = 0x9E3779B97F4A7C15  # of the polynomial hash modulo 2**64; odd, so that it has an inverse
# SentencePiece's "nmt" rule: control characters vanish, marks that separate or join words become blanks.
VANISH = (*range(1, 9), 11, *range(14, 32), 127, 143, 159)
TO_BLANK = (9, 10, 12, 13, 0x1680, *range(0x200B, 0x2010), 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD)
NMT: dict[int, str | None] = dict.fromkeys(VANISH) | dict.fromkeys(TO_BLANK, " ")
Piece = tuple[int, int, int]  # id, first character, last + 1


@dataclass(frozen=True, slots=True)
class Encoded:
    """Token ids of a text, specials included, and the characters of the normalised text that each stands for."""

    ids: list[int]
    offsets: list[tuple[int, int]]


def normalise(text: str) -> str:
    """The text that is cut into pieces: compatibility forms unified, runs of blanks collapsed."""
    return re.sub(" {2,}", " ", unicodedata.normalize("NFKC", text.translate(NMT)))


def write_pieces(model: PackedModel, path: Path) -> None:
    """Keep the pieces' hashes, ids and scores, sorted by hash, as UnigramTokenizer reads them."""
    special = {model.specials.begin, model.specials.end, model.specials.padding, model.specials.unknown}
    kept = [i for i in range(model.specials.pieces) if i not in special]
    ends = np.cumsum([len(model.pieces[i][0]) for i in kept])
    starts = np.concatenate([[0], ends[:-1]])
    hashes = _hashes("".join(model.pieces[i][0] for i in kept), starts, ends)
    order = np.argsort(hashes)
    scores = np.array([model.pieces[i][1] for i in kept], np.float32)
    with path.open("wb") as file:
        np.savez(file, hashes=hashes[order], ids=np.array(kept, np.int32)[order], scores=scores[order], longest=(ends - starts).max())


class UnigramTokenizer:
    """Cuts texts into the most probable pieces; no piece spans two words."""

    def __init__(self, path: Path, specials: Specials, limit: int) -> None:
        with path.open("rb") as file, np.load(file) as stored:
            self._hashes, self._ids, self._scores = stored["hashes"], stored["ids"], stored["scores"]
            self._longest = int(stored["longest"])
        self._specials = specials
        self._limit = limit
        self._unknown_score = float(self._scores.min()) - UNKNOWN_PENALTY

    def encode(self, text: str) -> Encoded:
        """Ids between those of begin and end, cut at the limit; offsets count the characters of `normalise(text)`."""
        marked = normalise(text).replace(" ", BLANK)
        added = 0 if marked.startswith(BLANK) else 1
        pieces = self._cut(BLANK * added + marked)[: self._limit - 2]
        ids = [self._specials.begin, *(piece for piece, _, _ in pieces), self._specials.end]
        offsets = [(0, 0), *((max(start - added, 0), end - added) for _, start, end in pieces), (0, 0)]
        return Encoded(ids, offsets)

    def _cut(self, text: str) -> list[Piece]:
        """The best path by Viterbi's algorithm; a character that no piece covers is unknown, and unknown neighbours are one."""
        best, back = [-np.inf] * (len(text) + 1), [(0, 0)] * (len(text) + 1)
        unknown = (self._specials.unknown, self._unknown_score)
        for start, found in enumerate(self._candidates(text)):
            so_far = 0.0 if text[start] == BLANK else best[start]  # every path goes through the start of a word
            for length, piece, score in found if found and found[0][0] == 1 else [(1, *unknown), *found]:
                if so_far + score > best[start + length]:
                    best[start + length], back[start + length] = so_far + score, (start, piece)
        path: list[Piece] = []
        end = len(text)
        while end:
            start, piece = back[end]
            joins = path and piece == path[-1][0] == self._specials.unknown and text[end] != BLANK
            path.append((piece, start, path.pop()[2] if joins else end))
            end = start
        return path[::-1]

    def _candidates(self, text: str) -> list[list[tuple[int, int, float]]]:
        """For every character, the pieces that begin there: (length, id, score), shortest first."""
        size = len(text)
        places = np.arange(size)
        blanks = np.array([place for place, c in enumerate(text) if c == BLANK] + [size])
        room = np.minimum(blanks[np.searchsorted(blanks, places, "right")] - places, self._longest)
        starts = np.repeat(places, room)
        lengths = np.arange(len(starts)) - np.repeat(np.cumsum(room) - room, room) + 1
        hashes = _hashes(text, starts, starts + lengths)
        rows = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        known = self._hashes[rows] == hashes
        found: list[list[tuple[int, int, float]]] = [[] for _ in range(size)]
        rows = rows[known]
        columns = (starts[known], lengths[known], self._ids[rows], self._scores[rows])
        for start, length, piece, score in zip(*(column.tolist() for column in columns), strict=True):
            found[start].append((length, piece, score))
        return found


def _hashes(text: str, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Hashes of text[start:end]: sums of code point times BASE to the power of its place, from prefix sums."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(codes * _powers(BASE, len(codes)))])
    return np.asarray((sums[ends] - sums[starts]) * _powers(pow(BASE, -1, 2**64), len(codes))[starts], np.uint64)


def _powers(base: int, count: int) -> NDArray[np.uint64]:
    """1, base, base squared ... modulo 2**64."""
    powers = np.full(count, base, np.uint64)
    powers[:1] = 1
    return np.cumprod(powers, dtype=np.uint64)
