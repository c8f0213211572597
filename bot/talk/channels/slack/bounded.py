"""Slack's answers, read up to a bound: neither its SDK nor aiohttp has one of its own."""

from typing import TYPE_CHECKING

from aiohttp import ClientError, ClientResponse

MOST_BYTES = 8_000_000

if TYPE_CHECKING:
    from aiohttp import ClientSession


class BoundedResponse(ClientResponse):
    """What is longer than any honest answer is not read to its end."""

    async def read(self) -> bytes:
        """Raises ClientError when it is too long."""
        if self._body is None:
            kept = bytearray()
            async for piece in self.content.iter_any():
                kept += piece
                if len(kept) > MOST_BYTES:
                    self.close()
                    raise ClientError(f"an answer is longer than {MOST_BYTES} bytes")
            self._body = bytes(kept)
        return self._body


def session(seconds: float) -> "ClientSession":
    """One pool of connections; each call is bounded in time and bytes."""
    from aiohttp import ClientSession, ClientTimeout

    return ClientSession(timeout=ClientTimeout(total=seconds), response_class=BoundedResponse)
