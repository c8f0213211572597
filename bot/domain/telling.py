"""What was seen, in words that a model reads; bounded, and not masked yet."""

import json

from bot.domain.approval import Refusal
from skills import Evidence


def in_words(seen: Evidence | Refusal, most: int) -> str:
    """One piece of evidence, or one refusal, as the brain reads it."""
    if isinstance(seen, Refusal):
        arguments = json.dumps(dict(seen.step.arguments), ensure_ascii=False)
        return f"REFUSED {seen.step.action} {arguments}: {seen.why or seen.key}"
    parts = [seen.summary, f"query: {seen.query}"]
    if seen.table:
        rows = [" | ".join(row) for row in seen.table.rows[:30]]
        parts.append("\n".join([" | ".join(seen.table.columns), *rows]))
    if seen.lines:
        parts.append("\n".join(line[:300] for line in seen.lines[:20]))
    if seen.facts and not seen.table:
        parts.append(cut(json.dumps(dict(seen.facts), ensure_ascii=False, default=str), most // 2))
    if seen.gaps:
        parts.append("not seen: " + "; ".join(seen.gaps))
    return cut("\n".join(parts), most)


def cut(text: str, most: int) -> str:
    """At most so many characters; what was cut is said."""
    if len(text) <= most:
        return text
    return text[: most - 30] + f"\n… ({len(text) - most + 30} more characters)"
