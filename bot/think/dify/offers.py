"""Which files the Dify app takes along with a question, as its own settings tell."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from bot.think.dify.client import Client

LASTS = 600.0
"""Seconds for which the app's settings are believed."""


@dataclass(frozen=True, slots=True)
class Offers:
    """Of one app, as GET /parameters tells it."""

    kinds: frozenset[str] = frozenset()
    """Of files that may be sent along: image, document, audio, video."""
    most_files: int = 0


class Offered:
    """Asks the app once in a while."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._offers = Offers()
        self._until = 0.0
        self._asking = asyncio.Lock()

    async def offers(self) -> Offers:
        """What the app offers; by one caller at a time. Raises what the client raises."""
        async with self._asking:
            if time.monotonic() >= self._until:
                self._offers = read_offers(await self._client.call("GET", "/parameters", within=5.0))
                self._until = time.monotonic() + LASTS
        return self._offers


def read_offers(told: Any) -> Offers:
    """From what /parameters says; what is not understood is not offered."""
    upload = _of(told, "file_upload")
    if upload.get("enabled") is not True and _of(upload, "image").get("enabled") is not True:
        return Offers()
    listed = upload.get("allowed_file_types")
    kinds = frozenset(each for each in listed if isinstance(each, str)) if isinstance(listed, list) else frozenset()
    if _of(upload, "image").get("enabled") is True:
        kinds |= {"image"}
    number = upload.get("number_limits")
    return Offers(kinds, number if isinstance(number, int) and 0 < number < 100 else 3)


def _of(told: Any, name: str) -> dict[str, Any]:
    value = told.get(name) if isinstance(told, dict) else None
    return value if isinstance(value, dict) else {}
