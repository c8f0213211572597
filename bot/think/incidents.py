"""Alerts into incidents: a repeat is counted, a symptom joins its like, an end resolves; each is kept on disk."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Boolean, Column, DateTime, String, Table, Text, select

from bot.database import Codec, Database, metadata
from bot.domain.alert import Alert
from bot.domain.incident import Incident

INCIDENTS = Table(
    "incidents",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("open", Boolean, nullable=False, index=True),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("body", Text, nullable=False),
)
REOPENS_WITHIN = timedelta(minutes=30)


class Belonging(Protocol):
    """Says which of these incidents an alert belongs to, if any."""

    def __call__(self, alert: Alert, incidents: Sequence[Incident]) -> Incident | None: ...


@dataclass(frozen=True, slots=True)
class Grown:
    """An incident after an alert, and what is new about it."""

    incident: Incident
    opened: bool
    news: bool
    """Something that nobody had seen: a new alert, or the end of one."""


class Incidents:
    """All incidents; alerts come one at a time, so each has one writer."""

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
        self._codec: Codec[Incident] = Codec(Incident)
        self._fresh: dict[str, Incident] | None = None

    async def told(self, alert: Alert) -> Grown | None:
        """What an alert makes of its incident; None: the end of something that we never knew."""
        fresh = await self._recent()
        known = next((each for each in fresh.values() if _holds(each, alert)), None)
        if known is None and not alert.firing:
            return None
        home = known or self._belongs(alert, tuple(each for each in fresh.values() if each.open))
        opened = home is None
        before = home or Incident(self._new_id()[:12], (), self._now())
        after = before.told(alert, self._now())
        await self.keep(after)
        return Grown(after, opened, news=after.repeats == before.repeats)

    async def get(self, incident_id: str) -> Incident | None:
        """By its id."""
        async with self._database.read() as connection:
            query = select(INCIDENTS.c.body).where(INCIDENTS.c.id == incident_id)
            body = (await connection.execute(query)).scalar_one_or_none()
        return self._codec.load(body) if body else None

    async def keep(self, incident: Incident) -> None:
        """As it is now, for good."""
        row = {
            "id": incident.id,
            "open": incident.open,
            "changed_at": self._now(),
            "body": self._codec.dump(incident),
        }
        statement = self._database.insert(INCIDENTS).values(**row)
        async with self._database.begin() as connection:
            await connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=row))
        (await self._recent())[incident.id] = incident

    async def opened(self) -> tuple[Incident, ...]:
        """All that are open."""
        return tuple(each for each in (await self._recent()).values() if each.open)

    async def _recent(self) -> dict[str, Incident]:
        """What is open, or was until a moment ago and may open again."""
        if self._fresh is None:
            recent = INCIDENTS.c.open | (INCIDENTS.c.changed_at > self._now() - REOPENS_WITHIN)
            async with self._database.read() as connection:
                bodies = (await connection.execute(select(INCIDENTS.c.body).where(recent))).scalars()
                self._fresh = {each.id: each for each in map(self._codec.load, bodies)}
        limit = self._now() - REOPENS_WITHIN
        for old in [each for each in self._fresh.values() if each.resolved_at and each.resolved_at < limit]:
            del self._fresh[old.id]
        return self._fresh


def _holds(incident: Incident, alert: Alert) -> bool:
    return any(each.fingerprint == alert.fingerprint for each in incident.alerts)
