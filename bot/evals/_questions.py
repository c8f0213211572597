"""Reads a set of documents, questions, and which document answers which question."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from knowledge import Document

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question. `right` is empty when nothing in the whole set answers it."""

    id: str
    sets: tuple[str, ...]
    text: str
    right: frozenset[str]
    answerable: bool
    among: Language | None = None
    alert: str | None = None


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Documents as the library takes them; their key is their id in the set."""

    documents: tuple[Document, ...]
    language: dict[str, str]
    questions: tuple[Asked, ...]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text("utf-8").splitlines():
        if line.strip():
            yield json.loads(line)


def read(folder: Path) -> QuestionSet:
    """docs.jsonl, queries.jsonl and qrels.jsonl of the folder."""
    rows = list(_lines(folder / "docs.jsonl"))
    language = {row["id"]: row["lang"] for row in rows}
    right: dict[str, set[str]] = defaultdict(set)
    for row in _lines(folder / "qrels.jsonl"):
        known = right[row["qid"]]
        if row.get("rel", 1) > 0 and row["doc"] in language:
            known.add(row["doc"])
    questions = tuple(_asked(row, right, language) for row in _lines(folder / "queries.jsonl"))
    documents = tuple(
        Document(row["title"], row["text"], row.get("source", ""), source=row.get("collection", "set"), key=row["id"])
        for row in rows
    )
    return QuestionSet(documents, language, questions)


def _asked(row: dict[str, Any], right: dict[str, set[str]], language: dict[str, str]) -> Asked:
    answers = frozenset(right.get(row["qid"], ()))
    sets = [row["set"]]
    if row["set"] == "hand" and answers:
        spoken = {language[answer] for answer in answers}
        sets.append(f"{row['lang']}_{spoken.pop() if len(spoken) == 1 else 'both'}")
    if row["set"].startswith("alert"):
        sets.append("alert")
    among = cast("Language | None", row.get("candidates_lang"))
    return Asked(row["qid"], tuple(sets), row["text"], answers, row["qid"] in right, among, row.get("alert"))
