"""What stays the same in a line of a log from one time to the next."""

import re
from functools import lru_cache

ERROR = re.compile(r"\b(ERROR|FATAL|SEVERE|CRITICAL)\b|level=error|Exception\b|panic:", re.IGNORECASE)
STAMP = re.compile(r"^\S*\d{4}-\d\d-\d\d[T ][\d:.,]+\S*\s*|^\d{2}:\d{2}:\d{2}\S*\s*")
VALUE = re.compile(r"(?<=\S)(: |:(?=[\[{])|=|：)")
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{20,}|\b[0-9a-f]{12,}\b|\d+")
HEAD = 10


@lru_cache(maxsize=65536)
def pattern_of(text: str) -> str:
    """A line without its stamp, numbers and values: what stays the same from one time to the next."""
    text = STAMP.sub("", text[:400], count=1)
    found = VALUE.search(text, HEAD)
    if found:
        text = text[: found.start()]
    return re.sub(r"\s+", " ", ID.sub("#", text))[:160]


@lru_cache(maxsize=65536)
def is_error(pattern: str) -> bool:
    """Whether it tells of an error. Patterns are few and lines many: each is looked at once."""
    return bool(ERROR.search(pattern))
