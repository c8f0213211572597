"""The library, opened when it is first asked, and only if something was ever brought into it."""

import asyncio
import time
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.domain.message import Person
from bot.errors import BrainError
from bot.redaction import mask
from bot.think.librarian import Librarian
from knowledge import EVERYBODY, Findings, KnowledgeSettings, Library, LibraryError, Passage, Reader
from knowledge.casebook import badly_told, read_by_brain
from knowledge.importing import Progress
from knowledge.learning import Draft, Learning
from knowledge.schedules import Schedule, wanted
from knowledge.syncing import Lent, claim, is_live, live, sync
from knowledge.trust import judged, visible
from knowledge.upkeep import Stats, stats

log = structlog.get_logger()
PATIENCE = 3.0
"""Seconds that an answer waits for past cases; without them it is still an answer."""
LONG_PATIENCE = 20.0
"""Where the library itself is asked: the first question loads the model."""
TO_ORDER = 10
"""Entries that the model is shown, to put them in order."""
AT_ONCE = 5
"""Tickets that the model reads between two looks."""
LOOK_EVERY = 30.0
"""Seconds between two looks at which source is due."""
_reader: ContextVar[Reader] = ContextVar("reader", default=EVERYBODY)
"""For whom the library is searched now. Nobody in particular is shown what everybody may see."""


def _told(source: str, came: Progress | LibraryError) -> None:
    if isinstance(came, LibraryError):
        log.warning("a source could not be read", source=source, why=str(came))
    else:
        log.info("a source was read", source=source, seen=came.seen, new=came.kept.added, gone=came.gone, odd=came.odd)


@dataclass(frozen=True, slots=True)
class Entry:
    """What the library's skill shows of a passage."""

    title: str
    url: str
    source: str
    text: str
    standing: str


class Rights(Protocol):
    """What the policy knows of a person."""

    def roles(self, person: Person) -> frozenset[str]:
        """Each is a label that they hold."""
        ...

    def reads(self, person: Person) -> frozenset[str]:
        """Patterns of more labels."""
        ...


class LibraryShelf:
    """Past incidents and runbooks for whoever asks; empty while there is no library."""

    def __init__(self, settings: KnowledgeSettings, librarian: Librarian | None = None) -> None:
        """`librarian`: the model, where there is one to ask; for what the settings want of it."""
        self.lent: Lent = {}
        """Importers of what only the house itself can read, by their name."""
        self.rights: Rights | None = None
        self._settings = settings
        self._librarian = librarian
        self._opening: asyncio.Task[Library | None] | None = None

    def reader(self, person: Person, alone: bool) -> Reader:
        """Who sees what is found: the person alone, or whoever reads along in their workspace."""
        if not alone or self.rights is None:
            return Reader(person.workspace)
        return Reader(person.workspace, self.rights.roles(person), self.rights.reads(person))

    @contextmanager
    def read_as(self, person: Person, alone: bool) -> Iterator[None]:
        """While this holds, whatever is looked up is looked up with this person's rights."""
        token = _reader.set(self.reader(person, alone))
        try:
            yield
        finally:
            _reader.reset(token)

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
        about: dict[str, Any] = {"services": services, "namespace": namespace, "alert": alert}
        found = await self._found(question, most, PATIENCE, **about)
        return found.passages if found else ()

    async def _found(self, question: str, most: int, patience: float, **about: Any) -> Findings | None:
        """None while there is no library, or it is away."""
        try:
            async with asyncio.timeout(patience):
                library = await self._library()
                if library is None:
                    return None
                about = {"reader": _reader.get(), **about}
                found = await library.search(question, max(most, TO_ORDER) if self._orders else most, **about)
        except (TimeoutError, LibraryError) as error:
            log.warning("the library did not answer", why=str(error) or type(error).__name__)
            return None
        return await self._ordered(question, found, most, patience)

    @property
    def _orders(self) -> bool:
        return self._settings.rerank and self._librarian is not None

    async def _ordered(self, question: str, found: Findings, most: int, patience: float) -> Findings:
        """In the order that the model wishes for, within bounds; as it was where the model is away or slow."""
        passages = found.passages
        if self._orders and self._librarian and len(passages) > 1:
            try:
                async with asyncio.timeout(patience):
                    passages = judged(passages, await self._librarian.order(question, passages))
            except (TimeoutError, BrainError) as error:
                log.info("the model put nothing in order", why=str(error) or type(error).__name__)
        return replace(found, passages=passages[:most])

    async def look_up(self, question: str, asker: Person, alone: bool, most: int = 5) -> Findings | None:
        """What somebody finds who asks the library itself; None while there is none, or it is away."""
        return await self._found(question, most, LONG_PATIENCE, reader=self.reader(asker, alone))

    async def for_them_alone(self, question: str, asker: Person, most: int = 5) -> Findings | None:
        """Of what fits, that which not everybody around them may see; None where there is none."""
        reader = self.reader(asker, alone=True)
        if not (reader.labels or reader.patterns):
            return None
        found = await self._found(question, most, LONG_PATIENCE, reader=reader)
        hidden = tuple(each for each in found.passages if each.document.acl) if found else ()
        return replace(found, passages=hidden, near=()) if found and hidden else None

    async def asked(self, question: str, most: int, service: str, alert: str) -> Sequence[Entry] | None:
        """What the library's skill finds for a brain; None while there is no library, or it is away."""
        services = [service] if service else []
        found = await self._found(mask(question), most, LONG_PATIENCE, services=services, alert=alert or None)
        return None if found is None else [_entry(each) for each in found]

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

    def clocks(self) -> tuple[Coroutine[Any, Any, None], ...]:
        """What happens in the library by the clock, until it is cancelled."""
        listened_to = [each for each in wanted(self._settings.sync) if is_live(each.source)]
        return self.keep_in_step(), self.read_cases(), *(self._listen(each) for each in listened_to)

    async def _listen(self, schedule: Schedule) -> None:
        while True:
            try:
                if library := await self._library():
                    await live(library, schedule, _told, lent=self.lent)
            except (LibraryError, SQLAlchemyError) as error:
                log.warning("a source could not be listened to", source=str(schedule), why=str(error))
            await asyncio.sleep(LOOK_EVERY)

    async def keep_in_step(self) -> None:
        """Bring in by the clock what is new at the sources of the settings, until we are cancelled."""
        while due := [each for each in wanted(self._settings.sync) if not is_live(each.source)]:
            try:
                if library := await self._library():
                    await sync(library, due, 60 * self._settings.sync_minutes, _told, lent=self.lent)
            except (LibraryError, SQLAlchemyError) as error:
                log.warning("the library could not be brought into step", why=str(error))
            await asyncio.sleep(LOOK_EVERY)

    async def read_cases(self) -> None:
        """Let the model read, a few at a time, tickets whose case the rules could not, until we are cancelled."""
        while self._settings.read_cases and self._librarian:
            try:
                if (library := await self._library()) and await claim(library, "cases", LOOK_EVERY, time.time()):
                    for document, as_read in await badly_told(library.records.engine, AT_ONCE):
                        named = await self._librarian.read(document)
                        await read_by_brain(library.records.engine, document, as_read, named)
            except (LibraryError, SQLAlchemyError, BrainError) as error:
                log.warning("tickets could not be read as cases", why=str(error) or type(error).__name__)
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


def _entry(passage: Passage) -> Entry:
    day = f", {passage.updated:%Y-%m-%d}" if passage.updated else ""
    standing = f"{'verified' if passage.document.verified else 'not verified'}{day}"
    return Entry(visible(passage.title), passage.url, passage.source, visible(passage.text), standing)
