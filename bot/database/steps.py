"""Brings the tables from whatever they were to what they should be."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection

FOLDER = Path(__file__).parent / "migrations"


def configuration(connection: Connection) -> Any:
    """Alembic's, over this connection."""
    from alembic.config import Config

    chosen = Config()
    chosen.set_main_option("script_location", str(FOLDER))
    chosen.set_main_option("file_template", "step_%%(rev)s_%%(slug)s")
    chosen.attributes["connection"] = connection
    return chosen


def upgrade(connection: Connection) -> None:
    """To the newest step."""
    from alembic import command

    command.upgrade(configuration(connection), "head")
