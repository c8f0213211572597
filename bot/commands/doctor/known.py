"""Which settings there are: those of every file called settings.py."""

import importlib
import pkgutil
from pathlib import Path

from pydantic_settings import BaseSettings

ROOT = Path(__file__).parents[3]
HOUSES = ("bot", "skills", "knowledge")


def known_settings() -> set[str]:
    """Their names in the environment."""
    found: set[str] = set()
    for house in HOUSES:
        for each in pkgutil.walk_packages([str(ROOT / house)], f"{house}."):
            if each.name.endswith(".settings"):
                found |= {name for thing in vars(importlib.import_module(each.name)).values() for name in _of(thing)}
    return found


def _of(thing: object) -> set[str]:
    if not (isinstance(thing, type) and issubclass(thing, BaseSettings)):
        return set()
    prefix = str(thing.model_config.get("env_prefix", ""))
    return {f"{prefix}{name}".upper() for name in thing.model_fields}
