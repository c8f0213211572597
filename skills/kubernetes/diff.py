"""What differs between two versions of a thing, in short lines: "spec.replicas: 3 -> 5"."""

from collections.abc import Iterator
from typing import Any

_QUIET = frozenset({"managedFields", "resourceVersion", "generation", "status", "uid", "creationTimestamp", "selfLink"})
_MOST_LINES = 40


def changes(before: Any, after: Any) -> tuple[str, ...]:
    """Each changed field by its path; the server's own book-keeping is left out."""
    lines = list(_walk(before, after, ""))
    if len(lines) > _MOST_LINES:
        lines = [*lines[:_MOST_LINES], f"… and {len(lines) - _MOST_LINES} more"]
    return tuple(lines)


def _walk(before: Any, after: Any, path: str) -> Iterator[str]:
    if before == after:
        return
    if isinstance(before, list) and isinstance(after, list) and _named(before) and _named(after):
        before, after = {each["name"]: each for each in before}, {each["name"]: each for each in after}
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys((*before, *after)):
            if key not in _QUIET:
                yield from _walk(before.get(key), after.get(key), f"{path}.{key}" if path else str(key))
        return
    yield f"{path}: {_short(before)} -> {_short(after)}"


def _named(entries: list[Any]) -> bool:
    return all(isinstance(each, dict) and "name" in each for each in entries)


def _short(value: Any) -> str:
    if value is None:
        return "(none)"
    text = " ".join(str(value).split())
    return text if len(text) <= 120 else text[:117] + "…"
