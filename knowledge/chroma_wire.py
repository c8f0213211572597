"""Chroma's own client waits for ever and reads whatever comes: here it gets a way out that does neither."""

from collections.abc import Callable
from functools import cache
from typing import Any

import httpx

from knowledge.bounded import bounded

SECONDS, WRITE_SECONDS = 2.0, 60.0
"""For a question, which the books answer as well; and for what brings or reads many vectors."""
LONG = ("/upsert", "/add", "/delete", "/get")


def seconds_for(request: httpx.Request) -> float:
    """How long one request may take, whole."""
    return WRITE_SECONDS if request.url.path.endswith(LONG) else SECONDS


def heartbeat(url: str) -> None:
    """Raises httpx.HTTPError when no Chroma answers: asked first, as its client keeps all that it made in vain."""
    with httpx.Client(event_hooks=hooks()) as asking:
        told = asking.get(f"{url.rstrip('/')}/api/v2/heartbeat")
        try:
            told.raise_for_status()
            int(told.json()["nanosecond heartbeat"])
        except (ValueError, TypeError, KeyError) as error:
            raise httpx.ReadError("it does not answer as Chroma does", request=told.request) from error


def hooks() -> dict[str, list[Callable[..., Any]]]:
    """Bounds; and a server that has a fault says so by one of httpx's errors: Chroma's client has none for that."""

    def well(told: httpx.Response) -> None:
        if told.status_code >= 500:
            raise httpx.ReadError(f"it answered with status {told.status_code}", request=told.request)

    made = bounded(seconds_for)
    return {**made, "response": [well, *made["response"]]}


@cache
def bound() -> None:
    """From now on: no thread of ours is lost to a server that went silent."""
    from chromadb.api.fastapi import FastAPI

    made = FastAPI.__init__

    def make(self: Any, system: Any) -> None:
        made(self, system)
        theirs = self._session
        self._session = httpx.Client(headers=theirs.headers, event_hooks=hooks())
        theirs.close()

    FastAPI.__init__ = make
