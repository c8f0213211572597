"""Where the sources are, and how they know us."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class JiraSettings(BaseSettings):
    """Read from JIRA_*."""

    model_config = SettingsConfigDict(env_prefix="JIRA_", env_ignore_empty=True)

    url: str = ""
    """https://you.atlassian.net, or your own server."""
    email: str = ""
    """Cloud: whose token it is. Empty: the token is a personal access token of a server."""
    token: SecretStr = SecretStr("")
    projects: str = ""
    """Keys with commas between."""


class ConfluenceSettings(BaseSettings):
    """Read from CONFLUENCE_*."""

    model_config = SettingsConfigDict(env_prefix="CONFLUENCE_", env_ignore_empty=True)

    url: str = ""
    email: str = ""
    token: SecretStr = SecretStr("")
    spaces: str = ""
    """Keys with commas between; no other space is read."""


class ZendeskSettings(BaseSettings):
    """Read from ZENDESK_*."""

    model_config = SettingsConfigDict(env_prefix="ZENDESK_", env_ignore_empty=True)

    url: str = ""
    """https://you.zendesk.com"""
    email: str = ""
    token: SecretStr = SecretStr("")
    private_notes: bool = False
    """Also read what agents wrote to each other."""
    requests_per_minute: int = Field(default=10, ge=1, le=1000)
    """Of the incremental export; 30 with the add-on."""


class KubernetesEventsSettings(BaseSettings):
    """Read from KUBERNETES_EVENTS_*; inside a cluster nothing needs to be set."""

    model_config = SettingsConfigDict(env_prefix="KUBERNETES_EVENTS_", env_ignore_empty=True)

    url: str = ""
    """Address of the API server; empty: the cluster that we run in."""
    token: SecretStr = SecretStr("")
    ca_file: str = ""
    namespaces: str = ""
    """With commas between; empty: all."""
