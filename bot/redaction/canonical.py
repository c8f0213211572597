"""Text as a reader sees it: colour codes, invisible letters, wide letters and escapes cannot hide a secret."""

import re
import unicodedata
from dataclasses import dataclass

TWINS = dict(zip("аеорсухіѕјһԁɡкмтвнАВЕКМНОРСТХІЅЈаοαρνι", "aeopcyxisjhdgkmtbhABEKMHOPCTXISJaoapvi", strict=True))
"""Cyrillic and Greek letters that look like Latin ones."""
ODD = re.compile(
    "(?P<gone>\x1b\\[[0-9;?]*[ -/]*[@-~]"
    "|[\u200b-\u200f\u2060-\u2064\ufeff\u00ad\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f])"
    r"|(?P<escape>\\u(?:00[2-7]|[4-9][0-9a-fA-F]{2}|[fF]{2}[0-5])[0-9a-fA-F]|%[2-7][0-9a-fA-F])"
    "|(?P<wide>[\uff01-\uff5e\u3000])"
    f"|(?P<twin>[{''.join(TWINS)}])"
)


@dataclass(frozen=True, slots=True)
class Canonical:
    """The plain text, and where each of its letters stands in the original; None: the same places."""

    text: str
    places: tuple[int, ...] | None = None

    def original(self, start: int, end: int) -> tuple[int, int]:
        """A span of the plain text, in the original."""
        if self.places is None:
            return start, end
        return self.places[start], self.places[end]


def canonical(text: str) -> Canonical:
    """The plain text of this text. Costs nothing where there is nothing odd."""
    if not ODD.search(text):
        return Canonical(text)
    letters: list[str] = []
    places: list[int] = []
    at = 0
    for found in ODD.finditer(text):
        letters += text[at : found.start()]
        places += range(at, found.start())
        at = found.end()
        if plain := _plain(found):
            letters.append(plain)
            places.append(found.start())
    letters += text[at:]
    places += range(at, len(text) + 1)
    return Canonical("".join(letters), tuple(places))


def _plain(found: re.Match[str]) -> str:
    if found["twin"]:
        return TWINS[found["twin"]]
    wide = chr(int(found["escape"].lstrip("\\u%"), 16)) if found["escape"] else found["wide"]
    return unicodedata.normalize("NFKC", wide)[:1] if wide else ""
