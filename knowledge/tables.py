"""The tables of the library: what is known, from where, and which of it already stands on the shelf of vectors."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

from knowledge.passage import Document

METADATA = MetaData()

documents = Table(
    "documents",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("hash", String(64), nullable=False),
    Column("tenant", String(200), nullable=False),
    Column("acl", String(200), nullable=False),
    Column("source", String(200), nullable=False),
    Column("key", String(1000), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("title", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("updated", Float),
    Column("services", JSON, nullable=False),
    Column("namespaces", JSON, nullable=False),
    Column("alerts", JSON, nullable=False),
    Column("verified", Boolean, nullable=False),
    Column("imported", Float, nullable=False),
    Column("thumbs", Integer, nullable=False, default=0),
    Index("documents_by_source", "source", "key"),
)

passages = Table(
    "passages",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("document", ForeignKey("documents.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("place", Integer, nullable=False),
    Column("language", String(2), nullable=False),
    Column("heading", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("read_as", String(64), nullable=False),
    Column("tenant", String(200), nullable=False),
    Column("acl", String(200), nullable=False),
    Column("shelved", Boolean, nullable=False),
    Index("passages_waiting", "shelved"),
    Index("passages_by_reader", "tenant", "acl"),
    Index("passages_by_reading", "read_as"),
    sqlite_autoincrement=True,  # a number is never used twice: an old vector can't stand for a new passage
)

vectors = Table(
    "vectors",
    METADATA,
    Column("read_as", String(64), primary_key=True),
    Column("model", String(100), primary_key=True),
    Column("vector", LargeBinary, nullable=False),
)

leaving = Table("leaving", METADATA, Column("id", String(32), primary_key=True))

notes = Table("notes", METADATA, Column("name", String(100), primary_key=True), Column("value", Text, nullable=False))

cursors = Table(
    "cursors",
    METADATA,
    Column("source", String(200), primary_key=True),
    Column("cursor", JSON, nullable=False),
    Column("ran", Float, nullable=False),
    Column("error", Text, nullable=False, default=""),
)

cases = Table(
    "cases",
    METADATA,
    Column("document", ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    Column("by", String(10), nullable=False),
    Column("quality", Float, nullable=False),
    Column("told", JSON, nullable=False),
)

drafts = Table(
    "drafts",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("incident", String(200), nullable=False, index=True),
    Column("tenant", String(200), nullable=False),
    Column("state", String(10), nullable=False),
    Column("by", String(200), nullable=False),
    Column("at", Float, nullable=False),
    Column("draft", JSON, nullable=False),
)

thumbs = Table(
    "thumbs",
    METADATA,
    Column("document", String(32), primary_key=True),
    Column("person", String(200), primary_key=True),
    Column("up", Integer, nullable=False),
)


def document_of(row: Any) -> Document:
    """A row of the documents, as what it is."""
    return Document(
        title=row.title,
        text=row.text,
        url=row.url,
        source=row.source,
        key=row.key,
        kind=row.kind,
        updated=datetime.fromtimestamp(row.updated, UTC) if row.updated is not None else None,
        services=tuple(row.services),
        namespaces=tuple(row.namespaces),
        alerts=tuple(row.alerts),
        acl=row.acl,
        tenant=row.tenant,
        verified=row.verified,
    )
