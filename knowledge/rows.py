"""A document and its passages as they are kept: one row each, named by what they say and who may read them."""

import hashlib
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

from knowledge.chunks import as_embedded, cut
from knowledge.language import language_of
from knowledge.passage import Document, Passage

MANY = 500  # values in one IN (…)


def document_row(document: Document) -> dict[str, Any]:
    return {
        "hash": document.hash,
        "tenant": document.tenant,
        "acl": document.acl,
        "source": document.source,
        "key": document.key,
        "kind": document.kind,
        "title": document.title,
        "url": document.url,
        "text": document.text,
        "updated": document.updated.timestamp() if document.updated else None,
        "services": list(document.services),
        "namespaces": list(document.namespaces),
        "alerts": list(document.alerts),
        "verified": document.verified,
        "imported": time.time(),
    }


def about(document: Document) -> str:
    return " ".join((document.title, *document.alerts, *document.services))


def passage_rows(document: Document) -> Iterable[dict[str, Any]]:
    """Who may read a passage is part of its name: one that is to be hidden leaves every index and comes back anew."""
    seen = Counter[str]()
    for place, passage in enumerate(cut(document)):
        row = _passage_row(document, passage, place)
        seen[row["read_as"]] += 1
        row["id"] = _digest(document.id, row["read_as"], str(seen[row["read_as"]]), row["tenant"], row["acl"])[:32]
        yield row


def _passage_row(document: Document, passage: Passage, place: int) -> dict[str, Any]:
    reading = as_embedded(passage)
    return {
        "document": document.id,
        "place": place,
        "language": language_of(reading),
        "heading": passage.heading,
        "text": passage.text,
        "read_as": _digest(reading),
        "tenant": document.tenant,
        "acl": document.acl,
        "shelved": False,
    }


def reading(title: str, heading: str, body: str) -> str:
    return as_embedded(Passage(Document(title, "", ""), body, heading=heading))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()
