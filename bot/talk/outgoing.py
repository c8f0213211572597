"""The table of what goes out: the newest state of each message of ours, and how far it has got."""

from sqlalchemy import Boolean, Column, DateTime, Integer, String, Table, Text

from bot.database import metadata

CARDS = Table(
    "outbox",
    metadata,
    Column("slot", String(400), primary_key=True),
    Column("thread", Text, nullable=False),
    Column("card", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("delivered", Integer, nullable=False, default=0),
    Column("ref", String(400), nullable=False, default=""),
    Column("given_up", Boolean, nullable=False, default=False),
    Column("error", Text),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("holder", String(64)),
)
