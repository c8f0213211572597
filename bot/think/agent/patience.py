"""What is said bit by bit, each bit within its time: a server that drips bytes that mean nothing is silent too."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TypeVar

T = TypeVar("T")


async def within(said: AsyncIterator[T], seconds: float) -> AsyncGenerator[T]:
    """Each of them. Raises TimeoutError when the next does not come in time."""
    while True:
        try:
            async with asyncio.timeout(seconds):
                each = await anext(said)
        except StopAsyncIteration:
            return
        yield each
