"""`make migration WHAT="…"`: writes the next step, from what the rooms declare and what the steps so far make."""

import importlib
import pkgutil
import sys

from alembic import command
from sqlalchemy import create_engine

import bot
from bot.database.steps import configuration, upgrade


def declare_all() -> None:
    """Import every room, so that every table is declared."""
    for module in pkgutil.walk_packages(bot.__path__, "bot."):
        if "migrations" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def write(what: str) -> None:
    """A step after the newest; read it before you commit it."""
    declare_all()
    with create_engine("sqlite://").connect() as connection:
        upgrade(connection)
        chosen = configuration(connection)
        number = len(list(pkgutil.iter_modules([f"{chosen.get_main_option('script_location')}/versions"]))) + 1
        command.revision(chosen, message=what, autogenerate=True, rev_id=f"{number:04d}")


if __name__ == "__main__":
    write(" ".join(sys.argv[1:]) or "what changed")
