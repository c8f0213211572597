"""The table of all that was heard: what it is, whose turn it is, and whether it is done."""

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, String, Table, Text, false

from bot.database import metadata

EVENTS = Table(
    "inbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("key", String(400), nullable=False, unique=True),
    Column("lane", String(400), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("body", Text, nullable=False),
    Column("heard_at", DateTime(timezone=True), nullable=False),
    Column("done_at", DateTime(timezone=True)),
    Column("attempts", Integer, nullable=False, default=0),
    Column("error", Text),
    Column("holder", String(64)),
    Column("passed_on", Boolean, nullable=False, server_default=false()),
    Index("ix_inbox_waiting", "done_at", "id"),
    Index("ix_inbox_lane", "lane", "done_at"),
)
