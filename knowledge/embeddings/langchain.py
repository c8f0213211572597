"""Any embeddings of LangChain, named as `provider:model`, e.g. `ollama:bge-m3`; its package must be installed."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from knowledge.embeddings import measured
from knowledge.embeddings.weights import Floats
from knowledge.errors import ModelMissing
from knowledge.settings import KnowledgeSettings


class LangChain:
    """Wraps what LangChain makes of the name."""

    centring = measured.NAME

    def __init__(self, embeddings: Any, name: str) -> None:
        self.name = name
        self._embeddings = embeddings
        self._width = 0

    @property
    def width(self) -> int:
        """Known after the first text."""
        if not self._width:
            self._width = len(self._embeddings.embed_query("width"))
        return self._width

    def passages(self, texts: Sequence[str]) -> Floats:
        return _whole(np.array(self._embeddings.embed_documents(list(texts)), np.float32))

    def question(self, text: str) -> Floats:
        vector: Floats = _whole(np.array([self._embeddings.embed_query(text)], np.float32))[0]
        return vector

    def means(self) -> Mapping[str, Floats]:
        """Measured: nobody told us of this model."""
        return measured.means(self.passages, lambda texts: np.stack([self.question(text) for text in texts]))


def _whole(vectors: Floats) -> Floats:
    unit: Floats = vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-12)
    return unit


def make(settings: KnowledgeSettings) -> LangChain:
    name = settings.embeddings_model
    try:
        from langchain.embeddings import init_embeddings

        arguments = {"base_url": settings.embeddings_url} if settings.embeddings_url else {}
        return LangChain(init_embeddings(name, **arguments), name)
    except (ImportError, ValueError) as error:
        raise ModelMissing("library_no_model", model=name or "langchain", why=str(error)) from error
