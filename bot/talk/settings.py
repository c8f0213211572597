"""Where our own HTTP server listens, and what it will take."""

from pydantic_settings import BaseSettings, SettingsConfigDict


class HttpSettings(BaseSettings):
    """Read from HTTP_*."""

    model_config = SettingsConfigDict(env_prefix="HTTP_", env_ignore_empty=True)

    host: str = "127.0.0.1"
    port: int = 8080
    most_bytes: int = 5_000_000
    timeout: float = 30.0
    most_connections: int = 1000
