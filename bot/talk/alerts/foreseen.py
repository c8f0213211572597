"""The alerts of the forecast that are on, and how often each was not seen since: a restart forgets none."""

from collections.abc import Mapping

from sqlalchemy import Column, Integer, String, Table, Text, delete, select

from bot.database import Codec, Database, metadata
from bot.domain.alert import Alert

FORESEEN = Table(
    "forecast_alerts",
    metadata,
    Column("fingerprint", String(64), primary_key=True),
    Column("calm", Integer, nullable=False, default=0),
    Column("body", Text, nullable=False),
)
CALM = 2
"""Looks in a row that must be quiet before an alert is called off: one forecast may waver."""


class Foreseen:
    """What was told and not yet called off."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._codec: Codec[Alert] = Codec(Alert)

    async def on(self) -> dict[str, Alert]:
        """By fingerprint. Raises StoreDown."""
        async with self._database.read() as connection:
            rows = (await connection.execute(select(FORESEEN))).all()
        return {row.fingerprint: self._codec.load(row.body) for row in rows}

    async def seen(self, alerts: Mapping[str, Alert], whole: bool) -> list[Alert]:
        """Keep what one look saw; gives what has been quiet long enough. Not `whole`: the rest was not looked at."""
        ended: list[Alert] = []
        async with self._database.begin() as connection:
            for fingerprint, alert in alerts.items():
                row = self._database.insert(FORESEEN).values(
                    fingerprint=fingerprint, calm=0, body=self._codec.dump(alert)
                )
                newest = {"calm": 0, "body": row.excluded.body}
                await connection.execute(row.on_conflict_do_update(index_elements=["fingerprint"], set_=newest))
            if not whole:
                return ended
            for row in (await connection.execute(select(FORESEEN))).all():
                if row.fingerprint in alerts:
                    continue
                this = FORESEEN.c.fingerprint == row.fingerprint
                if row.calm + 1 < CALM:
                    await connection.execute(FORESEEN.update().where(this).values(calm=row.calm + 1))
                else:
                    await connection.execute(delete(FORESEEN).where(this))
                    ended.append(self._codec.load(row.body))
        return ended
