"""Streams of lines, and where they come from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

Labels = Mapping[str, str]


@dataclass(slots=True)
class Entry:
    """One line: when (nanoseconds), what, and the labels that it has beyond its stream's."""

    at: int
    line: str
    extra: Labels = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stream:
    """Lines with common labels, oldest first."""

    labels: Labels
    entries: Sequence[Entry]


class LogSource(Protocol):
    """Where streams come from."""

    def streams(self, wanted: "Wanted", start_ns: int, end_ns: int) -> Sequence[Stream]:
        """The wanted streams with their lines from start to before end; streams without lines are left out."""
        ...


class Wanted(Protocol):
    """A test for a stream's labels."""

    def __call__(self, labels: Labels) -> bool: ...


@dataclass(frozen=True, slots=True)
class KeptStreams:
    """Streams that are simply kept, as a bundle has them."""

    kept: Sequence[Stream]

    def streams(self, wanted: Wanted, start_ns: int, end_ns: int) -> Sequence[Stream]:
        """The wanted ones."""
        found = []
        for stream in self.kept:
            if wanted(stream.labels):
                entries = [entry for entry in stream.entries if start_ns <= entry.at < end_ns]
                if entries:
                    found.append(Stream(stream.labels, entries))
        return found
