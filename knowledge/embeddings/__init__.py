"""Models that turn text into numbers: every file here that offers `make` is one of them."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Protocol

from knowledge.embeddings.centring import Centring
from knowledge.embeddings.weights import Floats
from knowledge.errors import ModelMissing
from knowledge.settings import KnowledgeSettings


class Model(Protocol):
    """Blocking on purpose: the library calls it from a thread."""

    name: str
    width: int

    def passages(self, texts: Sequence[str]) -> Floats:
        """One unit vector for each text that is to be found."""
        ...

    def question(self, text: str) -> Floats:
        """The unit vector of a text that is looked for."""
        ...

    def means(self) -> Mapping[str, Floats]:
        """The mean vectors of each language, if they are known beforehand."""
        ...


def make(settings: KnowledgeSettings) -> Model | None:
    """The model that the settings name; None: search by words alone. ModelMissing if it can't be had here."""
    if settings.embeddings == "none":
        return None
    module = import_module(f"knowledge.embeddings.{settings.embeddings}")
    model: Model = module.make(settings)
    return model


__all__ = ["Centring", "Floats", "Model", "ModelMissing", "make"]
