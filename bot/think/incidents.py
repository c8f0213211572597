"""Alerts into incidents: a repeat is counted, a symptom joins its like, an end resolves; each is kept on disk."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence, Set
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Boolean, Column, ColumnElement, DateTime, Integer, String, Table, Text, and_, or_, select

from bot.database import Codec, Database, metadata
from bot.database.replicas import turn
from bot.domain.alert import Alert
from bot.domain.incident import Incident

INCIDENTS = Table(
    "incidents",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("open", Boolean, nullable=False, index=True),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("body", Text, nullable=False),
    Column("version", Integer, nullable=False, server_default="0"),
)
ALERTS = Table(
    "incident_alerts",
    metadata,
    Column("incident", String(64), primary_key=True),
    Column("fingerprint", String(400), primary_key=True),
    Column("place", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("version", Integer, nullable=False, server_default="0"),
)
REOPENS_WITHIN = timedelta(minutes=30)
TURN = 7_203_102
"""Name of the lock under which incidents change."""


class Belonging(Protocol):
    """Given the open incidents: a function that names an alert's incident, or a new name for what is new."""

    def __call__(self, incidents: Sequence[Incident]) -> Callable[[Alert], str]: ...


@dataclass(frozen=True, slots=True)
class Grown:
    """An incident after some alerts, and what is new about it."""

    incident: Incident
    opened: bool
    news: bool
    """Something that nobody had seen: a new alert, or the end of one."""


class Incidents:
    """All incidents, each alert on disk once. One change at a time, so that none is lost beside another."""

    def __init__(
        self,
        database: Database,
        belongs: Belonging,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._database = database
        self._belongs = belongs
        self._now = now
        self._new_id = new_id
        self._heads: Codec[Incident] = Codec(Incident)
        self._alerts: Codec[Alert] = Codec(Alert)
        self._fresh: dict[str, Incident] | None = None
        self._homes: dict[str, str] = {}
        """Fingerprint -> incident, of all that is fresh."""
        self._versions: dict[str, int] = {}
        """Incident -> how often it was written, as far as we know."""
        self._changing = asyncio.Lock()

    async def told(self, alerts: Sequence[Alert]) -> tuple[Grown, ...]:
        """What alerts make of their incidents, in one write; the end of something that we never knew is nothing."""
        async with self._alone():
            fresh = await self._recent()
            grown = []
            for home, news in self._placed(alerts, fresh).items():
                before = fresh.get(home) or Incident(home, (), self._now())
                after = before.told(news, self._now())
                seen = after.repeats - before.repeats == len(news)
                grown.append(Grown(after, opened=home not in fresh, news=not seen))
            await self._write([each.incident for each in grown])
            return tuple(grown)

    async def change(self, incident_id: str, how: Callable[[Incident], Incident]) -> Incident | None:
        """Change its newest state; None if there is no such incident."""
        async with self._alone():
            before = await self._newest(incident_id)
            if before is None:
                return None
            after = how(before)
            await self._write([after])
            return after

    async def move(
        self, source_id: str, into_id: str, which: Callable[[Alert], bool], who: str
    ) -> tuple[Incident, Incident] | None:
        """People know better: the alerts that fire and are meant go to another incident (""; a new one).

        Both as they are then; None where there is no such incident, or nothing to move.
        """
        async with self._alone():
            source = await self._newest(source_id)
            into = await self._newest(into_id) if into_id else Incident(self._new_id()[:12], (), self._now())
            moved = [each for each in source.alerts if each.firing and which(each)] if source else []
            if source is None or into is None or not moved or source.id == into.id:
                return None
            now = self._now()
            left = source.left_by(moved, now).marked(now, "moved_out", who)
            grown = into.told(moved, now).marked(now, "moved_in", who)
            await self._write([left, grown])
            return left, grown

    async def get(self, incident_id: str) -> Incident | None:
        """By its id."""
        async with self._changing:
            await self._catch_up()
        return await self._newest(incident_id)

    async def opened(self) -> tuple[Incident, ...]:
        """All that are open."""
        async with self._changing:
            await self._catch_up()
        return tuple(each for each in (await self._recent()).values() if each.open)

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Nobody changes incidents meanwhile, on no replica; what the others changed before is known."""
        async with self._changing:
            if self._database.is_sqlite:
                yield
                return
            async with self._database.begin() as connection:
                await turn(connection, self._database, TURN)
                await self._catch_up()
                yield

    async def _catch_up(self) -> None:
        """Read what other replicas have written since we looked."""
        if self._fresh is None or self._database.is_sqlite:
            return
        async with self._database.read() as connection:
            rows = await connection.execute(select(INCIDENTS.c.id, INCIDENTS.c.version).where(self._in_use()))
            stale = {row.id for row in rows if self._versions.get(row.id) != row.version}
        if new := stale - self._fresh.keys():
            for each in await self._read(INCIDENTS.c.id.in_(new)):
                self._remember(each)
        if grown := stale & self._fresh.keys():
            for each in await self._read_on(grown, self._fresh):
                self._remember(each)

    async def _read_on(self, grown: Set[str], known: Mapping[str, Incident]) -> list[Incident]:
        """Of what we know: its head, and the alerts that were written since."""
        since = or_(*(and_(ALERTS.c.incident == each, ALERTS.c.version > self._versions[each]) for each in grown))
        async with self._database.read() as connection:
            rows = await connection.execute(select(INCIDENTS).where(INCIDENTS.c.id.in_(grown)))
            heads = [self._heads.load(row.body) for row in rows if self._noted(row.id, row.version)]
            told = (await connection.execute(select(ALERTS).where(since).order_by(ALERTS.c.place))).all()
        alerts = {each: {alert.fingerprint: alert for alert in known[each].alerts} for each in grown}
        for row in told:
            alerts[row.incident][row.fingerprint] = self._alerts.load(row.body)
        return [replace(each, alerts=tuple(alerts[each.id].values())) for each in heads]

    def _in_use(self) -> ColumnElement[bool]:
        return INCIDENTS.c.open | (INCIDENTS.c.changed_at > self._now() - REOPENS_WITHIN)

    async def _newest(self, incident_id: str) -> Incident | None:
        fresh = await self._recent()
        if incident_id in fresh:
            return fresh[incident_id]
        return next(iter(await self._read(INCIDENTS.c.id == incident_id)), None)

    def _placed(self, alerts: Iterable[Alert], fresh: dict[str, Incident]) -> dict[str, list[Alert]]:
        """By the id of their incident. Only what nobody knows needs to be placed."""
        homes: dict[str, str] = {}
        named: dict[str, str] = {}
        placed: dict[str, list[Alert]] = defaultdict(list)
        place: Callable[[Alert], str] | None = None
        for alert in alerts:
            home = homes.get(alert.fingerprint) or self._homes.get(alert.fingerprint)
            if home is None and not alert.firing:
                continue
            if home is None:
                place = place or self._belongs([each for each in fresh.values() if each.open])
                name = place(alert)
                home = name if name in fresh else named.setdefault(name, self._new_id()[:12])
            homes[alert.fingerprint] = home
            placed[home].append(alert)
        return placed

    async def _write(self, incidents: Sequence[Incident]) -> None:
        """As they are now, for good: the heads, and of their alerts those that changed."""
        if not incidents:
            return
        fresh = await self._recent()
        now = self._now()
        for each in incidents:
            self._versions[each.id] = self._versions.get(each.id, 0) + 1
        heads = [
            {
                "id": each.id,
                "open": each.open,
                "changed_at": now,
                "body": self._heads.dump(replace(each, alerts=())),
                "version": self._versions[each.id],
            }
            for each in incidents
        ]
        rows = [row for each in incidents for row in self._changed(each, fresh.get(each.id))]
        async with self._database.begin() as connection:
            for table, keys, written in ((INCIDENTS, ["id"], heads), (ALERTS, ["incident", "fingerprint"], rows)):
                insert = self._database.insert(table)
                newest = {column.name: insert.excluded[column.name] for column in table.c if column.name not in keys}
                if written:
                    await connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=newest), written)
        for each in incidents:
            self._remember(each)

    def _changed(self, after: Incident, before: Incident | None) -> list[dict[str, object]]:
        known = {each.fingerprint: each for each in before.alerts} if before else {}
        return [
            {
                "incident": after.id,
                "fingerprint": alert.fingerprint,
                "place": place,
                "body": self._alerts.dump(alert),
                "version": self._versions[after.id],
            }
            for place, alert in enumerate(after.alerts)
            if known.get(alert.fingerprint) is not alert
        ]

    async def _read(self, which: ColumnElement[bool]) -> list[Incident]:
        async with self._database.read() as connection:
            rows = await connection.execute(select(INCIDENTS.c.id, INCIDENTS.c.version, INCIDENTS.c.body).where(which))
            heads = [row.body for row in rows if self._noted(row.id, row.version)]
            theirs = select(ALERTS).join(INCIDENTS, INCIDENTS.c.id == ALERTS.c.incident).where(which)
            told = (await connection.execute(theirs.order_by(ALERTS.c.place))).all()
        alerts: dict[str, list[Alert]] = defaultdict(list)
        for row in told:
            alerts[row.incident].append(self._alerts.load(row.body))
        return [replace(each, alerts=tuple(alerts[each.id])) for each in map(self._heads.load, heads)]

    async def _recent(self) -> dict[str, Incident]:
        """What is open, or was until a moment ago and may open again."""
        if self._fresh is None:
            found = await self._read(self._in_use())
            if self._fresh is None:
                self._fresh = {}
                for each in found:
                    self._remember(each)
        limit = self._now() - REOPENS_WITHIN
        for old in [each for each in self._fresh.values() if each.resolved_at and each.resolved_at < limit]:
            del self._fresh[old.id]
            self._versions.pop(old.id, None)
            self._homes = {fingerprint: home for fingerprint, home in self._homes.items() if home != old.id}
        return self._fresh

    def _noted(self, incident_id: str, version: int) -> bool:
        self._versions[incident_id] = version
        return True

    def _remember(self, incident: Incident) -> None:
        if self._fresh is not None:
            self._fresh[incident.id] = incident
            for each in incident.alerts:  # what was moved is at home where it fires
                if each.firing or each.fingerprint not in self._homes:
                    self._homes[each.fingerprint] = incident.id
