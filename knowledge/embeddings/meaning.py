"""What a text means, as a vector: the model's, with the language taken out, and drawn towards its page's title."""

from collections.abc import Sequence

import numpy as np

from knowledge.embeddings import measured
from knowledge.embeddings.centring import Centring
from knowledge.embeddings.model import Model
from knowledge.embeddings.weights import Floats

TITLE = 0.5
"""So much of its title is in a passage's vector: one from deep in a page says little of what the page is about."""
GLOSSED = 0.35


class Meaning:
    """Blocking, as models are: the library calls it from a thread."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._centring = Centring(model.centring, model.means)
        self.name = f"{model.name[:80]}+title" + ("+measured" if model.centring == measured.NAME else "")
        """Vectors that were made in another way must not be taken for ours."""

    @property
    def marks(self) -> dict[str, str | int]:
        """What a shelf must have been filled with."""
        return {"model": self.name, "width": self._model.width, "centring": self._centring.name}

    def passages(self, readings: Sequence[tuple[str, str]]) -> Floats:
        """Of pairs: the title of a page, and the passage as a model reads it."""
        own = self._centred([reading for _, reading in readings])
        titles = list(dict.fromkeys(title for title, _ in readings))
        among = dict(zip(titles, self._centred(titles), strict=True))
        about: Floats = np.stack([among[title] for title, _ in readings])
        return _whole(own + np.float32(TITLE) * about)

    def _centred(self, texts: Sequence[str]) -> Floats:
        return self._centring.passages(self._model.passages(texts), texts)

    def question(self, text: str, gloss: str = "") -> Floats:
        """Of a question, with some of what it is word by word in the other language: nearer to its pages."""
        own = self._centring.question(self._model.question(text), text)
        if not gloss:
            return own
        other = self._centring.question(self._model.question(gloss), gloss)
        mixed: Floats = _whole(((1 - GLOSSED) * own + GLOSSED * other)[None, :])[0]
        return mixed


def _whole(vectors: Floats) -> Floats:
    whole: Floats = vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9)
    return whole.astype(np.float32)
