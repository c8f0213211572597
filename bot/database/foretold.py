"""Forecasts as they were made, kept so that any replica can hold them against what came."""

from sqlalchemy import select

from bot.database.engine import Database
from bot.database.files import FILES, Files, KeptFile

NAME = "capacity-forecast-"
MEDIA = "application/json"


class ForetoldInDatabase:
    """Among the kept files, which are let go after a month; their names tell when each was made."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._files = Files(database)

    async def keep(self, made_at: float, told: bytes) -> None:
        """One forecast. Raises StoreDown."""
        await self._files.keep(KeptFile(_name(made_at), MEDIA, told))

    async def newest(self, before: float) -> bytes | None:
        """The newest that was made before this moment. Raises StoreDown."""
        known = FILES.c.name.between(_name(0), _name(before))
        wanted = select(FILES.c.content).where(known, FILES.c.media_type == MEDIA).order_by(FILES.c.name.desc())
        async with self._database.read() as connection:
            found = (await connection.execute(wanted.limit(1))).scalar()
        return bytes(found) if found is not None else None


def _name(moment: float) -> str:
    """In the order of time."""
    return f"{NAME}{int(moment):012d}"
