"""Alertmanager as a skill."""

from typing import Any

from skills.alertmanager.actions import Alertmanager
from skills.alertmanager.settings import AlertmanagerSettings
from skills.clock import Clock


def skill(clock: Clock, **settings: Any) -> Alertmanager:
    """Made from the environment; what is given here wins over it."""
    return Alertmanager(AlertmanagerSettings(**settings), clock)
