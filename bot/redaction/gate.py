"""Which lines need a closer look, and for which signs: one quick pass over the whole text."""

import bisect
import functools
import itertools
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence

import hyperscan

LONG = 4_096
"""Letters of a line that is scanned by itself."""


class Gate:
    """Finds many signs at once."""

    def __init__(self, signs: Sequence[str], exact: Collection[str] = ()) -> None:
        """`exact`: these in their own case only."""
        self._signs = tuple(dict.fromkeys(signs))
        self._exact = frozenset(exact)
        self._every = _Scanner(self._signs, self._exact)

    @functools.cached_property
    def _first(self) -> "_Scanner":
        """Tells each sign once: a line may hold a hundred thousand, and to be told takes longer than to search."""
        return _Scanner(self._signs, self._exact, hyperscan.HS_FLAG_SINGLEMATCH)

    def lines(self, text: str) -> Mapping[int, set[str]]:
        """The signs that stand in each line, by its number as `splitlines` counts; lines without any are left out."""
        found: defaultdict[int, set[str]] = defaultdict(set)
        lines = text.splitlines(keepends=True)
        for number, line in enumerate(lines):
            if len(line) > LONG:

                def once(sign: int, _start: int, _end: int, _flags: int, _context: object, at: int = number) -> None:
                    found[at].add(self._signs[sign])

                self._first.scan(_coded(line), once)
                lines[number] = "\v"
        body = _coded("".join(lines))
        ends = list(itertools.accumulate(map(len if body.isascii() else _bytes, lines)))

        def hit(sign: int, _start: int, end: int, _flags: int, _context: object) -> None:
            found[bisect.bisect_left(ends, end)].add(self._signs[sign])

        self._every.scan(body, hit)
        return found


class _Scanner:
    """The signs made ready to be looked for."""

    def __init__(self, signs: Sequence[str], exact: Collection[str], flags: int = 0) -> None:
        self._database = hyperscan.Database()
        self._database.compile(
            expressions=[_expression(sign) for sign in signs],
            ids=list(range(len(signs))),
            elements=len(signs),
            flags=[flags | (0 if sign in exact else hyperscan.HS_FLAG_CASELESS) for sign in signs],
        )
        self._own = threading.local()

    def scan(self, body: bytes, hit: Callable[..., None]) -> None:
        """Calls it for each sign that is found, as the library calls it: with its number, its start and its end."""
        if not hasattr(self._own, "scratch"):  # each thread has its own: the library's is not to be shared
            self._own.scratch = hyperscan.Scratch(self._database)
        self._database.scan(body, match_event_handler=hit, scratch=self._own.scratch)


def _expression(sign: str) -> bytes:
    """A literal, or a pattern where the sign begins with ~."""
    return (sign[1:] if sign.startswith("~") else re.escape(sign)).encode()


def _coded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _bytes(line: str) -> int:
    return len(_coded(line))
