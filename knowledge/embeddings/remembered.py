"""Vectors that were once made, kept in a file: a text is read by a model only once, however often it is scored."""

import hashlib
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from knowledge.embeddings.model import Model
from knowledge.embeddings.weights import Floats

Read = Callable[[Sequence[str]], Floats]
MANY = 500


class Memory:
    """One file for all models. A key is made of the text, the model, and the file of its weights."""

    def __init__(self, path: Path, model: str, *weights: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._mark = "\0".join((model, *map(_hash_of, weights)))
        self.known = 0
        """Texts that the model did not have to read."""
        with closing(self._open()) as kept, kept:
            kept.execute(
                "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID"
            )

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=60)

    def _key(self, kind: str, text: str) -> bytes:
        return hashlib.sha256("\0".join((self._mark, kind, text)).encode("utf-8", "replace")).digest()

    def vectors(self, kind: str, texts: Sequence[str], read: Read) -> Floats:
        """As `read` makes them; it is asked only for texts that it was never asked for."""
        keys = [self._key(kind, text) for text in texts]
        with closing(self._open()) as kept, kept:
            known = self._known(kept, keys)
            self.known += len(known)
            fresh = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
            if fresh:
                made = np.asarray(read(list(fresh.values())), np.float32)
                rows = [(key, vector.tobytes()) for key, vector in zip(fresh, made, strict=True)]
                kept.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", rows)
                known.update(rows)
        whole: Floats = np.stack([np.frombuffer(known[key], np.float32) for key in keys])
        return whole

    @staticmethod
    def _known(kept: sqlite3.Connection, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        found: dict[bytes, bytes] = {}
        for first in range(0, len(keys), MANY):
            part = keys[first : first + MANY]
            query = f"SELECT key, vector FROM vectors WHERE key IN ({', '.join('?' * len(part))})"  # noqa: S608
            found.update(kept.execute(query, part))
        return found


class Remembered:
    """A model that does not read a passage twice. Questions it does read: their time is measured."""

    def __init__(self, model: Model, memory: Memory) -> None:
        self._model = model
        self._memory = memory
        self.name = model.name
        self.centring = model.centring

    @property
    def width(self) -> int:
        return self._model.width

    def passages(self, texts: Sequence[str]) -> Floats:
        return self._memory.vectors("passage", texts, self._model.passages)

    def question(self, text: str) -> Floats:
        return self._model.question(text)

    def means(self) -> Mapping[str, Floats]:
        return self._model.means()


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
