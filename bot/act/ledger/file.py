"""The ledger as a file: a JSON line a record, each sealed to the line before; the newest seal is kept beside it."""

import asyncio
import fcntl
import os
import re
from pathlib import Path
from typing import BinaryIO

from bot.act.ledger.chain import Head, Seal, key_from
from bot.act.ledger.settings import LedgerSettings
from bot.database import Codec
from bot.database.batch import Batch
from bot.domain.record import AuditRecord
from bot.errors import LedgerDown
from bot.redaction import Redacted, mask

LINE = re.compile(r'\{"seq":(\d{1,15}),"chain":"([0-9a-f]{64})","record":(\{.*\})\}')
TAIL = 64 * 1024


class FileLedger:
    """Flushed to disk before it says yes. Several processes may write: each waits for the other."""

    def __init__(self, path: Path, settings: LedgerSettings | None = None) -> None:
        chosen = settings or LedgerSettings()
        self.path = path
        self.key_path = chosen.key_file or path.with_name(path.name + ".key")
        self.anchor_path = chosen.anchor_file or path.with_name(path.name + ".head")
        self._given = chosen.key.get_secret_value()
        self._codec: Codec[AuditRecord] = Codec(AuditRecord)
        self._batch: Batch[Redacted, None] = Batch(self._append)

    def seal(self) -> Seal:
        """With our key."""
        return Seal(key_from(self._given, self.key_path))

    def has_key(self) -> bool:
        """Given, or made before."""
        return bool(self._given) or self.key_path.exists()

    async def append(self, record: AuditRecord) -> None:
        """Returns when the record is on disk; those that come at once share one flush. Raises LedgerDown."""
        await self._batch.add(mask(self._codec.dump(record)))

    async def _append(self, bodies: list[Redacted]) -> list[None]:
        try:
            await asyncio.to_thread(self._write, bodies)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            raise LedgerDown(why=why) from error
        return [None] * len(bodies)

    async def behind(self) -> int:
        """It is kept nowhere else."""
        return 0

    async def health(self) -> str:
        """What it stands on is seen as it is written."""
        return ""

    async def close(self) -> None:
        """Nothing is held open."""

    def newest(self) -> int:
        """The number of the newest record; 0: none."""
        if not self.path.exists():
            return 0
        with self.path.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            return self._last(file).seq

    def _write(self, bodies: list[Redacted]) -> None:
        seal = self.seal()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            head = self._head(file, seal)
            for body in bodies:
                head = Head(head.seq + 1, seal.link(head.seq + 1, head.chain, body))
                file.write(f'{{"seq":{head.seq},"chain":"{head.chain}","record":{body}}}\n'.encode())
            file.flush()
            os.fsync(file.fileno())
            fresh = self.anchor_path.with_name(self.anchor_path.name + ".new")
            fresh.write_text(seal.anchor(head), encoding="ascii")
            fresh.replace(self.anchor_path)

    def _head(self, file: BinaryIO, seal: Seal) -> Head:
        """Where to go on: after the anchor, if lines were cut away, so that the gap shows for good."""
        written = self._last(file)
        kept = seal.head(self.anchor_path.read_text(encoding="ascii")) if self.anchor_path.exists() else None
        return kept if kept and kept.seq > written.seq else written

    def _last(self, file: BinaryIO) -> Head:
        size = file.seek(0, os.SEEK_END)
        step = TAIL
        while size:
            start = file.seek(max(0, size - step))
            lines = file.read().split(b"\n")
            if lines[-1]:  # torn by a crash: it was never said to be written
                file.truncate(size - len(lines[-1]))
                size = file.seek(0, os.SEEK_END)
                continue
            if len(lines) > 2 or start == 0:
                found = LINE.fullmatch(lines[-2].decode("utf-8", "replace"))
                return Head(int(found[1]), found[2]) if found else Head()
            step *= 8
        return Head()
