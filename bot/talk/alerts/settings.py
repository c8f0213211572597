"""How monitors prove who they are, how much they may say at once, and how often we look ahead ourselves."""

from typing import Annotated

from pydantic import SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class AlertsSettings(BaseSettings):
    """Read from ALERTS_*."""

    model_config = SettingsConfigDict(env_prefix="ALERTS_", env_ignore_empty=True)

    token: SecretStr = SecretStr("")
    """Bearer token of the webhook."""
    user: str = ""
    """User of the webhook, for basic authentication."""
    password: SecretStr = SecretStr("")
    client_subjects: list[str] = []
    """Subjects of client certificates (mTLS) that a proxy of ours has checked, as JSON: ["CN=alertmanager,O=ops"]."""
    subject_header: str = "x-ssl-client-s-dn"
    """Where the proxy writes the subject; it must overwrite what callers send under that name."""
    proxies: Annotated[tuple[str, ...], NoDecode] = ()
    """Addresses or networks of such proxies, with commas; from anywhere else the header means nothing."""
    most_bytes: int = 5_000_000
    """Largest body that is read; Alertmanager's own groups stay far below."""
    receiver: str = ""
    """The receiver in Alertmanager that tells us; when empty, the one that the last webhook named."""
    reconcile_seconds: float = 60.0
    """How often Alertmanager (ALERTMANAGER_URL) is asked what is on, for calls that were lost; 0: never."""
    open: bool = False
    """Take alerts from anyone who can reach the port: for trials on one machine only."""

    @field_validator("proxies", mode="before")
    @classmethod
    def _with_commas(cls, told: object) -> object:
        return tuple(filter(None, (one.strip() for one in told.split(",")))) if isinstance(told, str) else told


class ForecastAlertsSettings(BaseSettings):
    """Read from FORECAST_*."""

    model_config = SettingsConfigDict(env_prefix="FORECAST_", env_ignore_empty=True)

    every_minutes: float = 60.0
    """How often it is asked what will be full soon."""
    urgent_hours: float = 12.0
    """Full sooner than this is critical, else a warning."""


class KubernetesEventsSettings(BaseSettings):
    """Read from KUBERNETES_EVENTS_*."""

    model_config = SettingsConfigDict(env_prefix="KUBERNETES_EVENTS_", env_ignore_empty=True)

    namespaces: Annotated[tuple[str, ...], NoDecode] = ()
    """Only warnings of these namespaces, with commas; all, when empty."""
    least_count: int = 3
    """A warning that was said less often is no alert yet."""
    calm_minutes: float = 10.0
    """Quiet for so long, it is over."""

    @field_validator("namespaces", mode="before")
    @classmethod
    def _listed(cls, told: object) -> object:
        return tuple(filter(None, (one.strip() for one in told.split(",")))) if isinstance(told, str) else told
