"""Incidents that are over, read as they stand on disk: for those who learn from the past, not for those on duty."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, and_, or_, select

from bot.database import Codec, Database
from bot.domain.alert import Alert
from bot.domain.incident import Incident
from bot.think.incidents import ALERTS, INCIDENTS


async def ended(database: Database, after: tuple[str, str], most: int) -> tuple[tuple[Incident, datetime], ...]:
    """Each with when it was last changed, in that order; `after`: a moment and an id, or nothing of both."""
    moment, name = after
    which: ColumnElement[bool] = INCIDENTS.c.open.is_(False)
    if moment:
        at = datetime.fromisoformat(moment)
        same = and_(INCIDENTS.c.changed_at == at, INCIDENTS.c.id > name)
        which = and_(which, or_(INCIDENTS.c.changed_at > at, same))
    query = select(INCIDENTS).where(which).order_by(INCIDENTS.c.changed_at, INCIDENTS.c.id).limit(most)
    heads: Codec[Incident] = Codec(Incident)
    alerts: Codec[Alert] = Codec(Alert)
    told: defaultdict[str, list[Alert]] = defaultdict(list)
    async with database.read() as connection:
        rows = (await connection.execute(query)).all()
        theirs = select(ALERTS).where(ALERTS.c.incident.in_([row.id for row in rows])).order_by(ALERTS.c.place)
        for row in await connection.execute(theirs):
            told[row.incident].append(alerts.load(row.body))
    return tuple((replace(heads.load(row.body), alerts=tuple(told[row.id])), _moment(row.changed_at)) for row in rows)


def _moment(at: datetime) -> datetime:
    """SQLite forgets the zone; all of ours are UTC."""
    return at if at.tzinfo else at.replace(tzinfo=UTC)
