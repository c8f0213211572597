"""The library, opened when it is first asked, and only if something was ever brought into it."""

import asyncio
from collections.abc import Sequence

import structlog

from bot.redaction import mask
from knowledge import KnowledgeSettings, Library, LibraryError, Passage

log = structlog.get_logger()
PATIENCE = 3.0
"""Seconds that an answer waits for past cases; without them it is still an answer."""


class LibraryShelf:
    """Past incidents and runbooks for whoever asks; empty while there is no library."""

    def __init__(self, settings: KnowledgeSettings) -> None:
        self._settings = settings
        self._opening: asyncio.Task[Library | None] | None = None

    async def search(self, question: str, most: int = 5) -> Sequence[Passage]:
        """The passages that fit, best first; none in doubt."""
        if self._opening is None:
            if not (self._settings.folder.exists() or self._settings.database):
                return ()
            self._opening = asyncio.create_task(self._open())
        try:
            async with asyncio.timeout(PATIENCE):
                library = await asyncio.shield(self._opening)
                return tuple(await library.search(question, most)) if library else ()
        except (TimeoutError, LibraryError) as error:
            log.warning("the library did not answer", why=str(error) or type(error).__name__)
            return ()

    async def close(self) -> None:
        """Let go of the folder."""
        if self._opening and (library := await self._opening):
            await library.close()

    async def _open(self) -> Library | None:
        try:
            return await Library.open(self._settings, mask=mask)
        except LibraryError as error:
            log.warning("the library cannot be opened", why=str(error))
            return None
