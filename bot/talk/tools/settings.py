"""Who may come through the doors, and how much at once."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class DoorSettings(BaseSettings):
    """Read from DOORS_*."""

    model_config = SettingsConfigDict(env_prefix="DOORS_", env_ignore_empty=True)

    tokens: SecretStr = SecretStr("")
    """`name:scopes:secret`, with commas between; scopes are `read`, `plan` and `knowledge`, joined by `+`."""
    public_url: str = "http://127.0.0.1:8080"
    """Where brains reach us, for the OpenAPI page."""
    per_minute: int = Field(default=240, ge=1)
    """Calls of one token."""
    most_bytes: int = Field(default=200_000, ge=1000)
    """Of one request."""
    seconds: float = Field(default=24.0, gt=0, le=60)
    """For one look; Dify waits 30."""
    most_reply: int = Field(default=8000, ge=500)
    """Bytes of one reply."""
    plan_minutes: float = Field(default=20.0, gt=0)
    """How long a proposed plan waits to be claimed by its conversation."""
