"""How the ledger is sealed, and where else it is kept."""

from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class LedgerSettings(BaseSettings):
    """Read from LEDGER_*."""

    model_config = SettingsConfigDict(env_prefix="LEDGER_", env_ignore_empty=True)

    key: SecretStr = SecretStr("")
    """Seals the records; the same for all replicas. Without it one is made in key_file."""
    key_file: Path | None = None
    """Where the key is; beside the ledger when empty. Best on another volume."""
    anchor_file: Path | None = None
    """Where the newest seal is kept, which shows that lines were cut away; best on another volume."""
