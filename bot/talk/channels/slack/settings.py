"""How we get into Slack, and which of its user groups mean which role."""

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class SlackSettings(BaseSettings):
    """Read from SLACK_*."""

    model_config = SettingsConfigDict(env_prefix="SLACK_", env_ignore_empty=True)

    bot_token: SecretStr = SecretStr("")
    """`xoxb-…`, from OAuth & Permissions."""
    app_token: SecretStr = SecretStr("")
    """`xapp-…` with connections:write, for Socket Mode: no address of ours need be reachable."""
    signing_secret: SecretStr = SecretStr("")
    """For events over HTTP, at /slack/events; from Basic Information."""
    config_token: SecretStr = SecretStr("")
    """`xoxe.xoxp-…`, an app configuration token: only for `dutybot doctor`, to compare events and settings."""
    roles: dict[str, str] = {}
    """Role by the id of a user group, as JSON: {"S0123456": "approver"}."""
    api_url: str = "https://slack.com/api/"
    """Where Slack's Web API is."""
    updates_per_minute: int = 45
    """Of all our messages in the workspace; Slack allows about 50."""
