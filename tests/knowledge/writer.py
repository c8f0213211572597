"""A process that imports without end, for tests that kill it. Says `kept N` when documents up to N are kept."""

import asyncio
import sys
from pathlib import Path

from knowledge import Document, KnowledgeSettings, Library


def numbered(number: int) -> Document:
    return Document(
        f"Ticket {number}", f"word{number} failed\n\n# Fix\nWe restarted part{number}.", f"https://t/{number}"
    )


async def write(folder: str, url: str, first: int) -> None:
    settings = KnowledgeSettings(
        folder=Path(folder), embeddings="endpoint", embeddings_url=url, embeddings_model="fake", database=""
    )
    library = await Library.open(settings)
    await library.mend()
    for number in range(first, first + 5000, 3):
        await library.add([numbered(n) for n in range(number, number + 3)])
        if number % 2:
            await library.remove([numbered(number).id])
        print("kept", number + 2, flush=True)


if __name__ == "__main__":
    asyncio.run(write(sys.argv[1], sys.argv[2], int(sys.argv[3])))
