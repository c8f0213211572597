"""Any server that speaks the OpenAI embeddings API: a cloud's, or one of your own."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import numpy as np
from pydantic import BaseModel, ValidationError

from knowledge.bounded import bounded
from knowledge.embeddings import measured
from knowledge.embeddings.weights import Floats
from knowledge.errors import BadSource, ModelMissing, ShelfAway
from knowledge.settings import KnowledgeSettings

SECONDS = 30.0
AT_ONCE = 64
TRIES = 5
LONGEST_WAIT = 60.0


class _One(BaseModel):
    index: int
    embedding: list[float]


class _Reply(BaseModel):
    data: list[_One]


class Endpoint:
    """Asks again when the server is busy; says so when it is away. Never another model in its place."""

    centring = measured.NAME

    def __init__(self, url: str, key: str, model: str) -> None:
        self.name = model
        self._url = url.rstrip("/") + "/embeddings"
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.Client(headers=headers, event_hooks=bounded(lambda _: SECONDS))
        self._width = 0

    @property
    def width(self) -> int:
        """Asked of the server, once."""
        if not self._width:
            self._width = len(self._part(["width"])[0])
        return self._width

    def _away(self, why: str) -> ShelfAway:
        return ShelfAway("library_away", part="embeddings server", where=self._url, why=why)

    def _post(self, texts: Sequence[str]) -> httpx.Response:
        why = ""
        for attempt in range(TRIES):
            try:
                reply = self._http.post(self._url, json={"model": self.name, "input": list(texts)})
            except httpx.HTTPError as error:
                why = str(error) or type(error).__name__
                time.sleep(min(0.2 * 2**attempt, 2))
                continue
            if reply.status_code != 429 and reply.status_code < 500:
                return reply
            why = f"status {reply.status_code}"
            asked = reply.headers.get("retry-after", "")
            time.sleep(min(float(asked) if asked.replace(".", "", 1).isdigit() else 0.5 * 2**attempt, LONGEST_WAIT))
        raise self._away(why)

    def _part(self, texts: Sequence[str]) -> Floats:
        reply = self._post([text.encode("utf-8", "ignore").decode() or " " for text in texts])
        if reply.status_code >= 400:
            raise BadSource("library_bad_setting", why=f"{self._url} answered {reply.status_code}: {reply.text[:200]}")
        try:
            rows = sorted(_Reply.model_validate_json(reply.content).data, key=lambda one: one.index)
            vectors = np.array([one.embedding for one in rows], np.float32)
        except (ValidationError, ValueError) as error:
            raise self._away("its reply is not what OpenAI's would be") from error
        if vectors.shape[:1] != (len(texts),) or vectors.ndim != 2 or (self._width and vectors.shape[1] != self._width):
            raise self._away(f"its vectors have the shape {vectors.shape}")
        whole: Floats = vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-12)
        return whole

    def passages(self, texts: Sequence[str]) -> Floats:
        parts = [self._part(texts[first : first + AT_ONCE]) for first in range(0, len(texts), AT_ONCE)]
        return np.concatenate(parts)

    def question(self, text: str) -> Floats:
        vector: Floats = self._part([text])[0]
        return vector

    def means(self) -> Mapping[str, Floats]:
        """Measured: nobody told us of this model. It reads questions and passages alike."""
        return measured.means(self.passages, self.passages)


def make(settings: KnowledgeSettings) -> Any:
    if not settings.embeddings_url or not settings.embeddings_model:
        why = "KNOWLEDGE_EMBEDDINGS_URL and KNOWLEDGE_EMBEDDINGS_MODEL must be set"
        raise ModelMissing("library_no_model", model="endpoint", why=why)
    return Endpoint(settings.embeddings_url, settings.embeddings_key.get_secret_value(), settings.embeddings_model)
