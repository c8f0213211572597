"""What every model offers that turns text into numbers."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from knowledge.embeddings.weights import Floats


class Model(Protocol):
    """Blocking on purpose: the library calls it from a thread."""

    name: str
    centring: str
    """In which way `means` came to be."""

    @property
    def width(self) -> int:
        """How many numbers a vector has."""
        ...

    def passages(self, texts: Sequence[str]) -> Floats:
        """One unit vector for each text that is to be found."""
        ...

    def question(self, text: str) -> Floats:
        """The unit vector of a text that is looked for."""
        ...

    def means(self) -> Mapping[str, Floats]:
        """The mean vectors of each language, of passages (doc_zh, doc_en) and of questions (q_zh, q_en)."""
        ...
