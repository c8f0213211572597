"""Where Alertmanager is, and how long it may be silenced."""

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class AlertmanagerSettings(BaseSettings):
    """Read from ALERTMANAGER_*."""

    model_config = SettingsConfigDict(env_prefix="ALERTMANAGER_", env_ignore_empty=True)

    url: str = "http://alertmanager:9093"
    token: SecretStr = SecretStr("")
    token_file: str = ""
    user: str = ""
    password: SecretStr = SecretStr("")
    ca_file: str = ""
    check_certificate: bool = True
    timeout: float = 10.0
    public_url: str = ""
    most_silence_hours: float = 24.0
