"""What Dify waits for, and what it works on, kept in the database: a restart, or another replica, still knows it."""

import time
from dataclasses import asdict, dataclass

from sqlalchemy import Column, Float, String, Table, Text, delete, select

from bot.database import Codec, Database, metadata
from bot.database.batch import Batch
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
RUNS = Table(
    "dify_runs",
    metadata,
    Column("owner", String(255), primary_key=True),
    Column("run", String(64), nullable=False),
    Column("task", String(64), nullable=False),
    Column("conversation", String(64), nullable=False),
    Column("turn", String(64), nullable=False),
    Column("kept_at", Float, nullable=False),
)
STALE = 1_800.0
"""Seconds after which no run goes on: Dify ends its own after twenty minutes."""


@dataclass(frozen=True, slots=True)
class Run:
    """A chatflow that works on an answer."""

    run: str
    task: str
    conversation: str
    turn: str
    """Which question it answers."""


class RunsUnderWay:
    """By the thread that owns the conversation, the one run that works for it. What changes at once shares a commit."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._begun: Batch[tuple[str, Run], None] = Batch(self._keep)
        self._over: Batch[tuple[str, str], None] = Batch(self._forget)

    async def keep(self, owner: str, run: Run) -> None:
        """It works from now on."""
        await self._begun.add((owner, run))

    async def of(self, owner: str) -> Run | None:
        """What worked for this thread when we last looked."""
        query = select(RUNS).where(RUNS.c.owner == owner, RUNS.c.kept_at > time.time() - STALE)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).first()
        return Run(row.run, row.task, row.conversation, row.turn) if row else None

    async def over(self, owner: str, run: str) -> None:
        """It ended, or nobody wants it any more."""
        await self._over.add((owner, run))

    async def _keep(self, begun: list[tuple[str, Run]]) -> list[None]:
        rows = [{"owner": owner, "kept_at": time.time(), **asdict(run)} for owner, run in dict(begun).items()]
        statement = self._database.insert(RUNS)
        changed = {name: statement.excluded[name] for name in rows[0] if name != "owner"}
        async with self._database.begin() as connection:
            await connection.execute(statement.on_conflict_do_update(index_elements=["owner"], set_=changed), rows)
        return [None] * len(begun)

    async def _forget(self, ended: list[tuple[str, str]]) -> list[None]:
        async with self._database.begin() as connection:
            for owner, run in ended:
                await connection.execute(delete(RUNS).where(RUNS.c.owner == owner, RUNS.c.run == run))
        return [None] * len(ended)


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
