"""A request that we do not take: one clear sentence, in the reader's language, as JSON."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import HTTPConnection
from starlette.responses import Response

from bot.domain.message import Language
from bot.talk.cards.words import Words


class Refused(Exception):
    """Answered with `status` and the sentence of `key`."""

    def __init__(self, status: int, key: str, /, headers: Mapping[str, str] | None = None, **values: Any) -> None:
        super().__init__(key)
        self.status = status
        self.key = key
        self.headers = dict(headers or {})
        self.values = values


def language_of(accepted: str) -> Language:
    """The one of our languages that an Accept-Language header likes best."""
    best: Language = "en"
    liked = -1.0
    for part in accepted.split(",")[:12]:
        tag, _, weight = part.strip().partition(";q=")
        try:
            likes = float(weight or 1)
        except ValueError:
            continue
        known: Language | None = {"zh": "zh", "en": "en"}.get(tag.lower().partition("-")[0])  # type: ignore[assignment]
        if known and likes > liked:
            best, liked = known, likes
    return best


def answer(connection: HTTPConnection, refused: Refused) -> Response:
    """The refusal as JSON: `error` for programs, `sentence` for people."""
    words = Words(language_of(connection.headers.get("accept-language", "")))
    told = {"error": refused.key, "sentence": words(refused.key, **refused.values)}
    return Response(orjson.dumps(told), refused.status, refused.headers, "application/json")
