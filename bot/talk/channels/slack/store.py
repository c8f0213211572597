"""What must be known of Slack after a restart: threads that we take part in, files that are uploaded."""

from sqlalchemy import Column, String, Table, select

from bot.database import Database, metadata

THREADS = Table("slack_threads", metadata, Column("key", String(400), primary_key=True))
FILES = Table(
    "slack_files", metadata, Column("digest", String(64), primary_key=True), Column("file", String(64), nullable=False)
)
MOST = 20_000


class Store:
    """Small facts, remembered while they are in use."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ours: dict[str, bool] = {}

    async def join(self, thread: str) -> None:
        """From now on we hear what is said there, without being named."""
        if self._ours.get(thread):
            return
        async with self._database.begin() as connection:
            await connection.execute(self._database.insert(THREADS).values(key=thread).on_conflict_do_nothing())
        self._remember(thread, True)

    async def joined(self, thread: str) -> bool:
        if thread not in self._ours:
            async with self._database.read() as connection:
                found = (await connection.execute(select(THREADS).where(THREADS.c.key == thread))).one_or_none()
            self._remember(thread, found is not None)
        return self._ours[thread]

    async def file(self, digest: str) -> str:
        """Slack's id of what was uploaded already, or ''."""
        async with self._database.read() as connection:
            found = (await connection.execute(select(FILES.c.file).where(FILES.c.digest == digest))).scalar()
        return str(found or "")

    async def uploaded(self, digest: str, file: str) -> None:
        row = self._database.insert(FILES).values(digest=digest, file=file).on_conflict_do_nothing()
        async with self._database.begin() as connection:
            await connection.execute(row)

    def _remember(self, thread: str, ours: bool) -> None:
        if len(self._ours) >= MOST:
            self._ours.pop(next(iter(self._ours)))
        self._ours[thread] = ours
