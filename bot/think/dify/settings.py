"""Where Dify is, and how patient we are with it."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class DifySettings(BaseSettings):
    """Read from DIFY_*."""

    model_config = SettingsConfigDict(env_prefix="DIFY_", env_ignore_empty=True)

    url: str = "http://127.0.0.1/v1"
    """Base of the Service API; `/v1` is added when it is missing."""
    key: SecretStr = SecretStr("")
    """The app's API key, `app-…`."""
    streams: int = Field(default=5, ge=1, le=1000)
    """Answers heard at once; a stock Dify API serves about ten."""
    connect_seconds: float = Field(default=10.0, gt=0)
    read_seconds: float = Field(default=30.0, gt=0)
    """Silence that counts as a lost line; Dify pings every 10 s."""
    total_seconds: float = Field(default=1200.0, gt=0)

    @property
    def base(self) -> str:
        url = self.url.rstrip("/")
        return url if url.endswith("/v1") else url + "/v1"


class ConsoleSettings(BaseSettings):
    """Read from DIFY_CONSOLE_*: for `dutybot dify setup` alone."""

    model_config = SettingsConfigDict(env_prefix="DIFY_CONSOLE_", env_ignore_empty=True)

    url: str = "http://127.0.0.1"
    """Where people open Dify."""
    admin_key: SecretStr = SecretStr("")
    """ADMIN_API_KEY of the Dify server, if it has one."""
    workspace: str = ""
    """Id of the workspace, with the admin key."""
    email: str = ""
    password: SecretStr = SecretStr("")
