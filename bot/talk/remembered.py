"""What a channel must know after a restart: threads that we take part in, files that are uploaded."""

from sqlalchemy import Column, String, Table, select

from bot.database import Database, metadata

JOINED = Table("threads_joined", metadata, Column("key", String(400), primary_key=True))
UPLOADED = Table(
    "files_uploaded",
    metadata,
    Column("digest", String(200), primary_key=True),
    Column("file", String(200), nullable=False),
)
MOST = 20_000


class Remembered:
    """Small facts, remembered while they are in use."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ours: dict[str, bool] = {}

    async def join(self, thread: str) -> None:
        """From now on we hear what is said there, without being named."""
        if self._ours.get(thread):
            return
        async with self._database.begin() as connection:
            await connection.execute(self._database.insert(JOINED).values(key=thread).on_conflict_do_nothing())
        self._remember(thread, True)

    async def joined(self, thread: str) -> bool:
        if thread not in self._ours:
            async with self._database.read() as connection:
                found = (await connection.execute(select(JOINED).where(JOINED.c.key == thread))).one_or_none()
            if found is None and not self._database.is_sqlite:
                return False  # another replica may join it
            self._remember(thread, found is not None)
        return self._ours[thread]

    async def file(self, digest: str) -> str:
        """The platform's id of what was uploaded already, or ''."""
        async with self._database.read() as connection:
            found = (await connection.execute(select(UPLOADED.c.file).where(UPLOADED.c.digest == digest))).scalar()
        return str(found or "")

    async def uploaded(self, digest: str, file: str) -> None:
        row = self._database.insert(UPLOADED).values(digest=digest, file=file).on_conflict_do_nothing()
        async with self._database.begin() as connection:
            await connection.execute(row)

    def _remember(self, thread: str, ours: bool) -> None:
        if len(self._ours) >= MOST:
            self._ours.pop(next(iter(self._ours)))
        self._ours[thread] = ours
