"""Models that turn text into numbers: every file here that offers `make` is one of them."""

from importlib import import_module

from knowledge.embeddings.meaning import Meaning
from knowledge.embeddings.model import Model
from knowledge.embeddings.weights import Floats
from knowledge.errors import ModelMissing
from knowledge.settings import KnowledgeSettings


def make(settings: KnowledgeSettings) -> Model | None:
    """The model that the settings name; None: search by words alone. ModelMissing if it can't be had here."""
    if settings.embeddings == "none":
        return None
    module = import_module(f"knowledge.embeddings.{settings.embeddings}")
    model: Model = module.make(settings)
    return model


__all__ = ["Floats", "Meaning", "Model", "ModelMissing", "make"]
