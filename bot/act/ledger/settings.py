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
    elasticsearch_url: str = ""
    """Kept there as well, when given: https://…:9200."""
    elasticsearch_api_key: SecretStr = SecretStr("")
    """May create documents in the stream, and nothing else."""
    elasticsearch_ca_file: str = ""
    """Who signed its certificate, when it is not one of the system's."""
    elasticsearch_stream: str = "dutybot-audit"
    """Name of the data stream."""
