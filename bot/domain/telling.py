"""What was seen, in words that a model reads: bounded, without secrets, and without what could command."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from bot.domain.approval import Refusal
from bot.redaction import mask
from bot.shield import Shield, names_in
from skills import Evidence

MOST_NAMES = 2_000


def in_words(seen: Evidence | Refusal, most: int, shield: Shield | None = None) -> str:
    """One piece of evidence, or one refusal, as the brain reads it."""
    shield = shield or Shield(names_of(seen))

    def read(text: str) -> str:
        return shield.text(mask(text))

    if isinstance(seen, Refusal):
        arguments = json.dumps(shield.value(dict(seen.step.arguments)), ensure_ascii=False)
        return cut(f"REFUSED {seen.step.action[:100]} {arguments}: {read(seen.why or seen.key)}", most)
    parts = [read(seen.summary), f"query: {shield.query(mask(seen.query))}"]
    if seen.table:
        rows = [" | ".join(map(read, row)) for row in seen.table.rows[:30]]
        parts.append("\n".join([" | ".join(map(shield.key, seen.table.columns)), *rows]))
    if seen.lines:
        parts.append("\n".join(read(line[:300]) for line in seen.lines[:20]))
    if seen.facts and not seen.table:
        facts = shield.value(json.loads(mask(json.dumps(dict(seen.facts), ensure_ascii=False, default=str))))
        parts.append(cut(json.dumps(facts, ensure_ascii=False), most // 2))
    if seen.gaps:
        parts.append("not seen: " + "; ".join(map(read, seen.gaps)))
    return cut("\n".join(parts), most)


def names_of(seen: Evidence | Refusal) -> frozenset[str]:
    """What is named in its typed fields: cells, facts, arguments; never in a line or a sentence."""
    if isinstance(seen, Refusal):
        return names_in(_leaves(seen.step.arguments))
    cells = [cell for row in seen.table.rows[:200] for cell in row] if seen.table else []
    labels = [value for series in seen.series[:200] for value in series.labels.values()]
    return names_in([*cells, *labels, *_leaves(seen.facts)])


def _leaves(value: Any) -> Iterator[str]:
    """The strings in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _leaves(each)
    elif isinstance(value, list | tuple):
        for each in value[:MOST_NAMES]:
            yield from _leaves(each)


def cut(text: str, most: int) -> str:
    """At most so many characters; what was cut is said."""
    if len(text) <= most:
        return text
    return text[: most - 30] + f"\n… ({len(text) - most + 30} more characters)"
