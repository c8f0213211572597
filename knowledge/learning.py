"""What people teach: a resolved incident becomes a case if they say so; thumbs move an entry a little, never far."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import delete, func, insert, select, update

from knowledge.library import Library
from knowledge.passage import Document
from knowledge.tables import documents, drafts, thumbs

State = Literal["open", "accepted", "refused"]
FIELDS = ("title", "symptom", "cause", "helped")


@dataclass(frozen=True, slots=True)
class Draft:
    """A case that is offered to those who were there."""

    title: str
    symptom: str
    cause: str
    helped: str
    timeline: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()
    url: str = ""
    """The thread of the incident."""
    incident: str = ""
    tenant: str = ""
    acl: str = ""

    def text(self) -> str:
        """As it will be found."""
        parts = [("Symptom", self.symptom), ("Cause", self.cause), ("What helped", self.helped)]
        parts.append(("Timeline", "\n".join(f"- {line}" for line in self.timeline)))
        return "\n\n".join(f"## {name}\n\n{body}" for name, body in parts if body)


class Learning:
    """Kept in the library's database, so that an offer outlives a restart and is settled once."""

    def __init__(self, library: Library, clock: Callable[[], float] = time.time) -> None:
        self._library = library
        self._clock = clock

    async def offer(self, draft: Draft) -> str:
        """Keep a draft until somebody settles it; the same incident is offered once."""
        async with self._library.records.engine.begin() as connection:
            if draft.incident:
                known = select(drafts.c.id).where(drafts.c.incident == draft.incident, drafts.c.tenant == draft.tenant)
                if found := (await connection.execute(known)).scalar():
                    return str(found)
            name = uuid.uuid4().hex
            row = {field: getattr(draft, field) for field in ("title", "symptom", "cause", "helped", "url", "acl")}
            lists = {field: list(getattr(draft, field)) for field in ("timeline", "services", "namespaces", "alerts")}
            await connection.execute(
                insert(drafts).values(
                    id=name,
                    incident=draft.incident,
                    tenant=draft.tenant,
                    state="open",
                    by="",
                    at=self._clock(),
                    draft=row | lists,
                )
            )
        return name

    async def open_offer(self, name: str) -> Draft | None:
        """The draft, if nobody has settled it."""
        async with self._library.records.engine.connect() as connection:
            row = (
                await connection.execute(select(drafts).where(drafts.c.id == name, drafts.c.state == "open"))
            ).first()
        if row is None:
            return None
        lists = ("timeline", "services", "namespaces", "alerts")
        kept: dict[str, Any] = {field: tuple(value) if field in lists else value for field, value in row.draft.items()}
        return Draft(**kept, incident=row.incident, tenant=row.tenant)

    async def accept(self, name: str, person: str, **edited: str) -> bool:
        """Into the library, as verified by this person. False if it was settled before."""
        draft = await self.open_offer(name)
        if draft is None:
            return False
        changes: dict[str, Any] = {field: text for field, text in edited.items() if field in FIELDS}
        draft = replace(draft, **changes)
        document = Document(
            title=draft.title,
            text=draft.text(),
            url=draft.url,
            source="cases",
            key=draft.incident or name,
            kind="case",
            updated=datetime.fromtimestamp(self._clock(), UTC),
            services=draft.services,
            namespaces=draft.namespaces,
            alerts=draft.alerts,
            acl=draft.acl,
            tenant=draft.tenant,
            verified=True,
        )
        if not await self._settle(name, "accepted", person):
            return False
        await self._library.add([document])
        return True

    async def refuse(self, name: str, person: str) -> bool:
        """Not kept as a case. False if it was settled before."""
        return await self._settle(name, "refused", person)

    async def _settle(self, name: str, state: State, person: str) -> bool:
        async with self._library.records.engine.begin() as connection:
            settled = await connection.execute(
                update(drafts).where(drafts.c.id == name, drafts.c.state == "open").values(state=state, by=person)
            )
        return int(settled.rowcount) == 1

    async def thumb(self, document: str, person: str, up: bool | None) -> int:
        """One voice for each person and document; None takes it back. The sum of all."""
        async with self._library.records.engine.begin() as connection:
            await connection.execute(delete(thumbs).where(thumbs.c.document == document, thumbs.c.person == person))
            if up is not None:
                await connection.execute(insert(thumbs).values(document=document, person=person, up=1 if up else -1))
            told = select(func.coalesce(func.sum(thumbs.c.up), 0)).where(thumbs.c.document == document)
            total = int((await connection.execute(told)).scalar_one())
            await connection.execute(update(documents).where(documents.c.id == document).values(thumbs=total))
        return total
