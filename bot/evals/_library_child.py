"""The process that the library's bench kills. Imports a pretend source, dies at: `FOLDER MODEL STEP WHEN COUNT`."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from knowledge import Document, KnowledgeSettings, Library, importing
from knowledge.chroma import Chroma
from knowledge.embeddings import Meaning
from knowledge.importers import JSON, Batch
from knowledge.importing import Progress, run
from knowledge.records import Records

BATCHES = 8
STEPS = {
    "documents into the books": (Records, "put"),
    "texts into vectors": (Meaning, "passages"),
    "vectors into the books": (Records, "keep_vectors"),
    "vectors onto the shelf": (Chroma, "put"),
    "marked as shelved": (Records, "shelved"),
    "documents out of the books": (Records, "remove"),
    "vectors off the shelf": (Chroma, "remove"),
    "marked as gone": (Records, "left"),
    "the cursor": (importing, "_keep"),
}


def settings(folder: Path, model: str) -> KnowledgeSettings:
    """A library of its own, whatever the environment says."""
    return KnowledgeSettings(folder=folder, database="", chroma_url="", embeddings=model)  # type: ignore[arg-type]


class Numbers:
    """A source of numbered documents, three in a batch; every other batch says that an older one is gone."""

    source = "numbers"

    def __init__(self) -> None:
        self.first = -1
        """The batch that it was asked to begin with."""

    async def batches(self, cursor: JSON) -> AsyncIterator[Batch]:
        self.first = int(cursor) if isinstance(cursor, int) else 0
        for batch in range(self.first, BATCHES):
            some = tuple(_document(3 * batch + each) for each in range(3))
            yield Batch(some, gone_with(batch), cursor=batch + 1)

    async def census(self) -> frozenset[str] | None:
        return None

    async def close(self) -> None:
        return None


def gone_with(batch: int) -> tuple[str, ...]:
    """Keys of what is gone with a batch."""
    return (str(3 * batch - 2),) if batch % 2 else ()


def _document(number: int) -> Document:
    text = f"word{number} failed\n\n# Fix\nWe restarted part{number}."
    return Document(f"Ticket {number}", text, f"https://t/{number}", key=str(number))


def die_at(step: str, when: str, count: int) -> None:
    """Send ourselves SIGKILL before or after the step is taken for the `count`th time."""
    owner, name = STEPS[step]
    whole: Any = getattr(owner, name)
    calls = 0

    def now(moment: str) -> None:
        if moment == when and calls == count:
            os.kill(os.getpid(), signal.SIGKILL)

    async def waited(*values: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        now("before")
        result = await whole(*values, **named)
        now("after")
        return result

    def at_once(*values: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        now("before")
        result = whole(*values, **named)
        now("after")
        return result

    setattr(owner, name, waited if asyncio.iscoroutinefunction(whole) else at_once)


async def _main(folder: Path, model: str) -> None:
    library = await Library.open(settings(folder, model))

    async def told(progress: Progress) -> None:
        print("kept", progress.seen, flush=True)

    await run(library, Numbers(), told=told)


if __name__ == "__main__":
    die_at(sys.argv[3], sys.argv[4], int(sys.argv[5]))
    asyncio.run(_main(Path(sys.argv[1]), sys.argv[2]))
