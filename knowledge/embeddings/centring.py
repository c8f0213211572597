"""Takes the language out of vectors: a small model puts all Chinese texts near each other, whatever they are about."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from knowledge.embeddings.weights import Floats
from knowledge.language import Language, language_of


class Centring:
    """Subtracts the mean vector of a text's language. Without this, no Chinese question finds an English page."""

    def __init__(self, name: str, means: Callable[[], Mapping[str, Floats]]) -> None:
        """`name` is kept with the vectors: those that were centred in another way must not meet."""
        self.name = name
        self._read = means
        self._known: Mapping[str, Floats] | None = None

    @property
    def _means(self) -> Mapping[str, Floats]:
        """Read at the first text: to measure them may mean to ask a server."""
        if self._known is None:
            self._known = self._read()
        return self._known

    def _centre(self, vectors: Floats, side: str, languages: Sequence[Language]) -> Floats:
        moved = vectors - np.stack([self._means[f"{side}_{language}"] for language in languages])
        whole: Floats = moved / (np.linalg.norm(moved, axis=1, keepdims=True) + 1e-9)
        return whole.astype(np.float32)

    def passages(self, vectors: Floats, texts: Sequence[str]) -> Floats:
        return self._centre(vectors, "doc", [language_of(text) for text in texts])

    def question(self, vector: Floats, text: str) -> Floats:
        centred: Floats = self._centre(vector[None, :], "q", [language_of(text)])[0]
        return centred
