"""Who is looking now, and what they have not seen yet: only the newest state of each slot waits for a slow reader."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator

from bot.talk.channels.web.entry import Frame

BEAT = b"event: beat\ndata: {}\n\n"
"""Says that the line is alive: a page that hears nothing for long asks anew."""


class Reader:
    """One open page. What is published waits here until the page takes it; a newer state takes an older one's place."""

    def __init__(self) -> None:
        self._waiting: dict[str, Frame] = {}
        self._wake = asyncio.Event()
        self.gone = False

    def give(self, key: str, frame: Frame) -> None:
        kept = self._waiting.get(key)
        if kept is None or kept.seq <= frame.seq:
            self._waiting[key] = frame
        self._wake.set()

    def leave(self) -> None:
        self.gone = True
        self._wake.set()

    async def batches(self, heartbeat: float) -> AsyncIterator[bytes]:
        """What there is to send, as bytes; a beat when there was nothing for `heartbeat` seconds."""
        while not self.gone:
            try:
                async with asyncio.timeout(heartbeat):
                    await self._wake.wait()
            except TimeoutError:
                yield BEAT
                continue
            self._wake.clear()
            waiting, self._waiting = self._waiting, {}
            if waiting:
                yield b"".join(frame.wire() for frame in sorted(waiting.values(), key=_by_seq))


def _by_seq(frame: Frame) -> int:
    return frame.seq


class Hub:
    """Topics and their readers: `thread:ID`, `person:ID`, and `threads` for the list."""

    def __init__(self) -> None:
        self._readers: defaultdict[str, set[Reader]] = defaultdict(set)

    def join(self, reader: Reader, *topics: str) -> None:
        for topic in topics:
            self._readers[topic].add(reader)

    def part(self, reader: Reader) -> None:
        for topic in [topic for topic, readers in self._readers.items() if reader in readers]:
            self._readers[topic].discard(reader)
            if not self._readers[topic]:
                del self._readers[topic]

    def publish(self, topic: str, key: str, frame: Frame) -> None:
        for reader in self._readers.get(topic, ()):
            reader.give(key, frame)

    def watched(self) -> frozenset[str]:
        """The topics that somebody looks at."""
        return frozenset(self._readers)

    def read(self, topic: str) -> bool:
        """Whether anybody would see it."""
        return topic in self._readers

    def close(self) -> None:
        for reader in {reader for readers in self._readers.values() for reader in readers}:
            reader.leave()
