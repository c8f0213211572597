"""How approved changes reach the cluster: by the bot itself, or by the operator with rights of its own."""

from pathlib import Path
from typing import Literal

from pydantic_settings import BaseSettings, SettingsConfigDict


class ActSettings(BaseSettings):
    """Read from ACT_*."""

    model_config = SettingsConfigDict(env_prefix="ACT_", env_ignore_empty=True)

    mode: Literal["direct", "operator"] = "direct"
    """direct: the bot's own account changes things; operator: it only writes Remediations."""
    namespace: str = "dutybot"
    """Where Remediations are written."""
    signing_key_file: Path | None = None
    """The bot's private key (`dutybot operator keys`); only for mode operator."""
    public_key_file: Path | None = None
    """The operator's half of it."""
    policy: str = ""
    """An ApprovalPolicy in the cluster, as namespace/name, instead of the policy file."""
    peers: bool = False
    """Several replicas of the operator: a KopfPeering `dutybot` beside the Remediations says which of them works."""
    signs_minutes: int = 10
    """For so long a repair of an incident waits for its alerts to end, and errors to be few; 0: its own check alone."""
    minutes: int = 5
    """For how long a signed Remediation may still be taken."""
