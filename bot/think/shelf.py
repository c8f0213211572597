"""The library, opened when it is first asked, and only if something was ever brought into it."""

import asyncio
from collections.abc import Sequence

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.redaction import mask
from knowledge import Findings, KnowledgeSettings, Library, LibraryError, Passage
from knowledge.importing import Progress
from knowledge.learning import Draft, Learning
from knowledge.syncing import sync, wanted
from knowledge.upkeep import Stats, stats

log = structlog.get_logger()
PATIENCE = 3.0
"""Seconds that an answer waits for past cases; without them it is still an answer."""
LONG_PATIENCE = 20.0
"""Where the library itself is asked: the first question loads the model."""
LOOK_EVERY = 30.0
"""Seconds between two looks at which source is due."""


def _told(source: str, came: Progress | LibraryError) -> None:
    if isinstance(came, LibraryError):
        log.warning("a source could not be read", source=source, why=str(came))
    else:
        log.info("a source was read", source=source, seen=came.seen, new=came.kept.added, gone=came.gone)


class LibraryShelf:
    """Past incidents and runbooks for whoever asks; empty while there is no library."""

    def __init__(self, settings: KnowledgeSettings) -> None:
        self._settings = settings
        self._opening: asyncio.Task[Library | None] | None = None

    async def search(
        self,
        question: str,
        most: int = 5,
        *,
        services: Sequence[str] = (),
        namespace: str | None = None,
        alert: str | None = None,
    ) -> Sequence[Passage]:
        """The passages that fit, best first; none in doubt. What it is about helps to rank, where it is known."""
        try:
            async with asyncio.timeout(PATIENCE):
                if library := await self._library():
                    return tuple(
                        await library.search(question, most, services=services, namespace=namespace, alert=alert)
                    )
        except (TimeoutError, LibraryError) as error:
            log.warning("the library did not answer", why=str(error) or type(error).__name__)
        return ()

    async def look_up(self, question: str, most: int = 5) -> Findings | None:
        """What somebody finds who asks the library itself; None while there is none, or it is away."""
        try:
            async with asyncio.timeout(LONG_PATIENCE):
                if library := await self._library():
                    return await library.search(question, most)
        except (TimeoutError, LibraryError) as error:
            log.warning("the library did not answer", why=str(error) or type(error).__name__)
        return None

    async def voice(self, document: str, person: str, up: bool) -> bool:
        """Somebody says that an entry was, or was not, the right one. False: the library is away."""
        try:
            if library := await self._library():
                await Learning(library).thumb(document, person, up)
                return True
        except LibraryError as error:
            log.warning("a voice could not be kept", why=str(error))
        return False

    async def stock(self) -> Stats | None:
        """What it holds, by source, and how each last import went; None while there is none."""
        try:
            if library := await self._library():
                return await stats(library)
        except LibraryError as error:
            log.warning("the library cannot be counted", why=str(error))
        return None

    async def offer(self, draft: Draft) -> str:
        """Keep the draft of a case until somebody settles it; empty where there is no library."""
        try:
            library = await self._library()
            return await Learning(library).offer(draft) if library else ""
        except LibraryError as error:
            log.warning("a case could not be offered", why=str(error))
            return ""

    async def settle(self, draft: str, person: str, keep: bool, helped: str = "") -> bool:
        """Keep a draft as a case, or drop it; `helped`: what helped, in the words of those who were there.

        False: it was settled before, or the library is away.
        """
        edited = {"helped": helped} if helped else {}
        try:
            if library := await self._library():
                learning = Learning(library)
                return await (learning.accept(draft, person, **edited) if keep else learning.refuse(draft, person))
        except LibraryError as error:
            log.warning("a case could not be settled", why=str(error))
        return False

    async def keep_in_step(self) -> None:
        """Bring in by the clock what is new at the sources of the settings, until we are cancelled."""
        while sources := wanted(self._settings.sync):
            try:
                if library := await self._library():
                    await sync(library, sources, 60 * self._settings.sync_minutes, _told)
            except (LibraryError, SQLAlchemyError) as error:
                log.warning("the library could not be brought into step", why=str(error))
            await asyncio.sleep(LOOK_EVERY)

    async def _library(self) -> Library | None:
        if self._opening is None:
            if not (self._settings.folder.exists() or self._settings.database or self._settings.sync):
                return None
            self._opening = asyncio.create_task(self._open())
        return await asyncio.shield(self._opening)

    async def close(self) -> None:
        """Let go of the folder."""
        if self._opening and (library := await self._opening):
            await library.close()

    async def _open(self) -> Library | None:
        try:
            library = await Library.open(self._settings, mask=mask)
        except LibraryError as error:
            log.warning("the library cannot be opened", why=str(error))
            return None
        try:
            await library.mend()  # what a crash left half done; nobody searches meanwhile: the shelf is opened once
        except LibraryError as error:
            log.warning("the library could not be mended", why=str(error))
        return library
