"""Open Human Input forms, kept in the database: a restart, or another replica, still knows what Dify waits for."""

import time

from sqlalchemy import Column, Float, String, Table, Text, delete, select

from bot.database import Codec, Database, metadata
from bot.think.dify.forms import Form

FORMS = Table(
    "dify_forms",
    metadata,
    Column("conversation", String(64), primary_key=True),
    Column("body", Text, nullable=False),
    Column("kept_at", Float, nullable=False),
)
LONGEST = 30 * 86_400.0
"""Seconds after which nobody answers any more; Dify's own limit is shorter, and is told by Dify."""


class OpenForms:
    """By conversation, the newest form of each."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._codec: Codec[Form] = Codec(Form)

    async def keep(self, conversation: str, form: Form) -> None:
        """Dify waits for this one now."""
        now = time.time()
        row = self._database.insert(FORMS).values(
            conversation=conversation[:64], body=self._codec.dump(form), kept_at=now
        )
        changed = {name: row.excluded[name] for name in ("body", "kept_at")}
        async with self._database.begin() as connection:
            await connection.execute(delete(FORMS).where(FORMS.c.kept_at < now - LONGEST))
            await connection.execute(row.on_conflict_do_update(index_elements=["conversation"], set_=changed))

    async def of(self, conversation: str) -> Form | None:
        """What the conversation waits for."""
        if not conversation:
            return None
        async with self._database.read() as connection:
            query = select(FORMS.c.body).where(FORMS.c.conversation == conversation[:64])
            body = (await connection.execute(query)).scalar()
        return self._codec.load(body) if body else None

    async def close(self, conversation: str) -> None:
        """It is answered, or left behind by another question."""
        async with self._database.begin() as connection:
            await connection.execute(delete(FORMS).where(FORMS.c.conversation == conversation[:64]))
