"""Which lines need a closer look, and for which signs: one quick pass over the whole text."""

import bisect
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import hyperscan


class Gate:
    """Finds many signs at once."""

    def __init__(self, signs: Sequence[str], exact: Collection[str] = ()) -> None:
        """`exact`: these in their own case only."""
        self._signs = tuple(dict.fromkeys(signs))
        self._database = hyperscan.Database()
        self._database.compile(
            expressions=[_expression(sign) for sign in self._signs],
            ids=list(range(len(self._signs))),
            elements=len(self._signs),
            flags=[0 if sign in exact else hyperscan.HS_FLAG_CASELESS for sign in self._signs],
        )
        self._own = threading.local()

    def lines(self, text: str) -> Mapping[int, set[str]]:
        """The signs that stand in each line, by its number as `splitlines` counts; lines without any are left out."""
        body = text.encode("utf-8", "surrogatepass")
        ends: list[int] = []
        found: defaultdict[int, set[str]] = defaultdict(set)
        _ends(text, ends, len if len(body) == len(text) else _bytes)

        def hit(sign: int, _start: int, end: int, _flags: int, _context: object) -> None:
            found[bisect.bisect_left(ends, end)].add(self._signs[sign])

        self._database.scan(body, match_event_handler=hit, scratch=self._scratch())
        return found

    def _scratch(self) -> Any:
        """Each thread has its own: the library's is not to be shared."""
        if not hasattr(self._own, "scratch"):
            self._own.scratch = hyperscan.Scratch(self._database)
        return self._own.scratch


def _expression(sign: str) -> bytes:
    """A literal, or a pattern where the sign begins with ~."""
    return (sign[1:] if sign.startswith("~") else re.escape(sign)).encode()


def _bytes(line: str) -> int:
    return len(line.encode("utf-8", "surrogatepass"))


def _ends(text: str, ends: list[int], size: Callable[[str], int]) -> None:
    at = 0
    for line in text.splitlines(keepends=True):
        at += size(line)
        ends.append(at)
