"""When the hall speaks by the clock."""

from croniter import croniter
from pydantic import field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class ReportSettings(BaseSettings):
    """Read from CAPACITY_REPORT_*."""

    model_config = SettingsConfigDict(env_prefix="CAPACITY_REPORT_", env_ignore_empty=True)

    cron: str = ""
    """When the capacity report is sent, as a cron line in the house's time zone; never, when empty."""
    days: int = 3
    """How many days ahead it looks."""

    @field_validator("cron")
    @classmethod
    def _readable(cls, told: str) -> str:
        if told and not croniter.is_valid(told):
            raise ValueError(f"“{told}” is no cron line, as `0 9 * * 1` is: Mondays at nine")
        return told
