"""The ledger as a file: one JSON line a record, each with the hash of the line before it."""

import asyncio
import hashlib
import os
from pathlib import Path

from bot.database import Codec
from bot.domain.record import AuditRecord
from bot.errors import StoreDown


class FileLedger:
    """Chained by SHA-256; flushed to disk before it says yes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._codec: Codec[AuditRecord] = Codec(AuditRecord)
        self._head = ""
        self._turn = asyncio.Lock()

    async def append(self, record: AuditRecord) -> None:
        async with self._turn:
            try:
                self._head = await asyncio.to_thread(self._write, self._codec.dump(record))
            except OSError as error:
                raise StoreDown("error_ledger_down", why=error.strerror or type(error).__name__) from error

    def _write(self, body: str) -> str:
        before = self._head or self._last()
        chain = hashlib.sha256(f"{before}{body}".encode()).hexdigest()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f'{{"chain":"{chain}","record":{body}}}\n')
            file.flush()
            os.fsync(file.fileno())
        return chain

    def _last(self) -> str:
        if not self._path.exists() or not (text := self._path.read_text(encoding="utf-8").rstrip("\n")):
            return ""
        return text.rsplit("\n", 1)[-1][10:74]
