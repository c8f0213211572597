"""Files that people attach and brains make, kept in the database for a while: every replica can show them."""

import hashlib
import time
from dataclasses import dataclass

from sqlalchemy import Column, Float, LargeBinary, String, Table, delete, select

from bot.database import Database, metadata

FILES = Table(
    "files_kept",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("media_type", String(100), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("kept_at", Float, nullable=False, index=True),
)
LONGEST = 30 * 86_400.0
"""Seconds that a file is kept after somebody last brought it."""


@dataclass(frozen=True, slots=True)
class KeptFile:
    """One file."""

    name: str
    media_type: str
    content: bytes


class Files:
    """The same content is kept once; its id tells nothing of where it came from, and cannot be guessed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, file: KeptFile) -> str:
        """Its id."""
        mark = hashlib.sha256(file.media_type.encode() + b"\n" + file.content).hexdigest()[:40]
        now = time.time()
        row = self._database.insert(FILES).values(
            id=mark, name=file.name[:200], media_type=file.media_type[:100], content=file.content, kept_at=now
        )
        row = row.on_conflict_do_update(index_elements=["id"], set_={"kept_at": now})
        async with self._database.begin() as connection:
            await connection.execute(delete(FILES).where(FILES.c.kept_at < now - LONGEST))
            await connection.execute(row)
        return mark

    async def of(self, id: str) -> KeptFile | None:
        """As it was kept, if it still is."""
        async with self._database.read() as connection:
            row = (await connection.execute(select(FILES).where(FILES.c.id == id))).one_or_none()
        return KeptFile(row.name, row.media_type, row.content) if row else None

    async def picture(self, id: str) -> tuple[bytes, str] | None:
        """Its bytes and media type, for channels."""
        found = await self.of(id)
        return (found.content, found.media_type) if found else None
