"""Where everything that must survive is kept: one SQL database, SQLite by default, PostgreSQL by URL."""

from bot.database.codec import Codec
from bot.database.engine import Database
from bot.database.tables import metadata

__all__ = ["Codec", "Database", "metadata"]
