"""What is written down for good: every file here is one kind of ledger."""

from pathlib import Path
from typing import Protocol

from bot.domain.record import AuditRecord


class Ledger(Protocol):
    """Append-only. A change that cannot be written down is not made."""

    async def append(self, record: AuditRecord) -> None:
        """Returns when the record is safe. Raises StoreDown when it cannot be."""
        ...

    @property
    def path(self) -> Path:
        """Where all records stand, oldest first."""
        ...

    async def behind(self) -> int:
        """How many records are safe here, and not yet where else they are kept."""
        ...

    async def health(self) -> str:
        """What is wrong where else they are kept; empty when well."""
        ...

    async def close(self) -> None:
        """Let go of connections; what is safe here stays."""
        ...
