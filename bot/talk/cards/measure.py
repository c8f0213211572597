"""Text made to fit: cut by the letters that platforms count, aligned in a fixed font, free of what breaks JSON."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
WIDEST_CELL = 48


def clean(text: str) -> str:
    """Without control letters and halves of letters, which no platform takes."""
    return UNWANTED.sub("", text)


def length(text: str) -> int:
    """Letters as platforms count them: an emoji counts two."""
    return len(text) + sum(letter > "\uffff" for letter in text)


def cut(text: str, most: int) -> str:
    """At most so many letters; what was cut ends with an ellipsis."""
    if length(text) <= most:
        return text
    kept = text[: max(0, most - 1)]
    while length(kept) > most - 1:
        kept = kept[: -max(1, (length(kept) - most + 1) // 2)]
    return kept + "…"


@dataclass(slots=True)
class Room:
    """How many letters may still go into one message."""

    left: int

    def take(self, text: str, most: int) -> str:
        """As much of a text as fits; at least an ellipsis of what is not empty."""
        taken = cut(clean(text), max(1, min(most, self.left)))
        self.left = max(0, self.left - length(taken))
        return taken


def wide(text: str) -> int:
    """Columns that a text takes in a fixed font: Chinese letters take two."""
    return sum(
        0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text
    )


def aligned(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table for a fixed font, whatever the language of its cells."""
    cells = [[_cell(each) for each in row] for row in (columns, *rows)]
    count = max(map(len, cells))
    widths = [max(wide(row[place]) if place < len(row) else 0 for row in cells) for place in range(count)]
    lines = ["  ".join(cell + " " * (widths[place] - wide(cell)) for place, cell in enumerate(row)) for row in cells]
    return [line.rstrip() for line in (lines[0], "  ".join("-" * each for each in widths), *lines[1:])]


def _cell(text: str) -> str:
    return cut(" ".join(clean(text).split()), WIDEST_CELL)
