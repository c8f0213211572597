"""Turns untrusted text into what cannot command: numbers, live names, and the words of operations; the rest is a mark.

It does not look for attacks. It keeps what is known to be harmless: there is no command verb among its words, in
English or in Chinese, so whatever a log line says, a model cannot read from it what it should do. Nor is there what
makes words a sentence (small.*.txt), but for what programs are known to say in so many words (phrases.txt).
"""

import re
import secrets
import unicodedata
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Any

from bot.shield.templates import templated
from bot.shield.vocabulary import COMMANDS, HAN, KEYS, METHODS, METRICS, PHRASES, SMALL, WORDS, han_words

GAP = "[…]"
"""Stands for words that were left out."""
MOST_TEXT = 40_000
MOST_NAME = 253
NAME = re.compile(r"[a-z0-9](?:[-a-z0-9._]{0,250}[a-z0-9])?")
_MASKED = r"\[REDACTED:[a-z0-9_-]{1,40}:[0-9a-f]{6}\]"
_TOKEN = re.compile(
    rf"(?P<masked>{_MASKED}|\[…\])"
    r"|(?P<link>\b[a-zA-Z][a-zA-Z0-9+.-]{1,20}://\S+|\bwww\.\S+)"
    r"|(?P<time>\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)?)(?![\w])"
    r"|(?P<number>(?<![\w.-])[vV]?\d+(?:[.:,/]\d+){0,8}(?:%|[a-zA-Z]{1,3}\b)?(?![\w]))"
    r"|(?P<word>[A-Za-z0-9_](?:[\w.-]*[A-Za-z0-9_])?)(?<![^\x00-\x7f])"
    rf"|(?P<han>[{HAN}]+)"
    r"|(?P<line>\s*\n\s*)"
    r"|(?P<space>[ \t]+)"
    r"|(?P<other>.)",
    re.ASCII | re.DOTALL,
)
_UNITS = frozenset([*"smhdwbgktxz", *(a + b for a in "kmgt" for b in "bi"), "ms", "us", "ns", "th", "st", "nd", "rd"])
_PRIVATE = re.compile(r"(?:10|127|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.")
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}(?:[:/]\d+)?")
_HEX = re.compile(r"[0-9a-f]{12,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TICKET = re.compile(r"([A-Z]{1,8})-\d{1,8}")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[_.-]+")
_OFFSPRING = re.compile(r"-[a-z0-9]{4,10}(?:-[a-z0-9]{5})?|-\d{1,4}")
_CALL = re.compile(r"\((?!s\))")
"""After a word without a space: the word is called, and a call is an order."""
CLAUSES = frozenset({"by", "without", "on", "and", "or", "for", "is", "in", "as", "json", "logfmt"})
"""What a query is built with."""
PLAIN = frozenset(":,.=()/%-+→—·;，。：；、（）")
QUERYING = PLAIN | frozenset('{}[]"~|^*<>$&')


def names_in(texts: Iterable[str]) -> frozenset[str]:
    """Those that are names as a cluster gives them, one word each; a command is never a name."""
    return frozenset(text for text in texts if _is_name(text))


def _is_name(text: str) -> bool:
    if not 1 < len(text) <= MOST_NAME or not NAME.fullmatch(text) or not re.search("[a-z]", text):
        return False
    parts = re.split(r"[-._]", text)
    commands, small = sum(part in COMMANDS for part in parts), sum(part in SMALL for part in parts)
    return not (parts[0] in COMMANDS or commands > 1 or small > 1 or small == len(parts))


@dataclass(frozen=True, slots=True)
class Shield:
    """Knows the live names of one briefing."""

    names: Set[str] = frozenset()
    nonce: str = field(default_factory=lambda: secrets.token_hex(4))
    """Marks the blocks of one prompt; no text can know it before."""

    def text(self, told: str, signs: Set[str] = PLAIN) -> str:
        """What may be read of it."""
        told = "".join(letter for letter in unicodedata.normalize("NFKC", told[:MOST_TEXT]) if _visible(letter))
        told = told.replace("[...]", GAP)
        return _joined(self._pieces(templated(told), signs))

    def query(self, told: str) -> str:
        """The same of a query, whose signs stay."""
        return replace(self, names=self.names | CLAUSES).text(told, QUERYING)

    def block(self, name: str, told: str) -> str:
        """Marked, so that one sees where what others wrote begins and ends. Empty stays empty."""
        return f"[material {self.nonce}: {name}]\n{told}\n[end of material {self.nonce}]" if told else ""

    def value(self, told: Any) -> Any:
        """The same of everything in a JSON value, however deep."""
        if isinstance(told, str):
            return self.text(told)
        if isinstance(told, Mapping):
            return {self.key(str(name)): self.value(each) for name, each in told.items()}
        if isinstance(told, list | tuple):
            return [self.value(each) for each in told]
        return told if told is None or isinstance(told, bool | int | float) else self.text(str(told))

    def key(self, told: str) -> str:
        """The name of a field: ours keep theirs."""
        parts = [part.lower() for part in _HUMP.split(told.replace(" ", "_")) if part]
        if (
            told.isascii()
            and len(told) <= 60
            and all(part in WORDS or part in KEYS or part.isdigit() for part in parts)
        ):
            return told
        return self.text(told)

    def _pieces(self, told: str, signs: Set[str]) -> Iterable[str]:
        at = 0
        while token := _TOKEN.match(told, at):
            kind, text, at = token.lastgroup, token.group(), token.end()
            match kind:
                case "masked" | "time":
                    yield text
                case "line":
                    yield "\n"
                case "space":
                    yield " "
                case "link":
                    yield GAP
                case "number":
                    yield _number(text)
                case "word" if phrase := _phrase(told, token.start(), text):
                    yield phrase
                    at += len(phrase) - len(text)
                case "word" if signs is PLAIN and _CALL.match(told, at):
                    yield GAP
                case "word":
                    yield self._word(text)
                case "han":
                    yield from han_words(text, GAP)
                case _:
                    yield text if text in signs else (GAP if text.isalnum() else " ")

    def _word(self, text: str) -> str:
        if text in self.names or text.lower() in self.names or self._offspring(text):
            return text
        lower = text.lower()
        if lower in WORDS or text in METHODS:
            return text
        if lower in SMALL:
            return " "
        if lower in COMMANDS:
            return GAP
        if (ticket := _TICKET.fullmatch(text)) and ticket[1].lower() not in COMMANDS:
            return text
        if _HEX.fullmatch(lower):
            return lower[:8] + "…"
        if _ADDRESS.fullmatch(text):
            return text if _PRIVATE.match(text) else GAP
        parts = [part for part in _HUMP.split(text) if part]
        metric = "_" in text and parts and parts[0] in METRICS
        small = [part for part in parts if part.lower() in SMALL and part.lower() not in COMMANDS]
        whole = parts if 2 * len(small) >= len(parts) else [part for part in parts if part not in small]
        fit = all(self._part(part) or (metric and part in KEYS) for part in whole)
        return text if fit and len(parts) > 1 and len(text) <= 80 else GAP

    def _part(self, part: str) -> bool:
        lower = part.lower()
        return lower in WORDS or lower in self.names or (len(part) <= 6 and part.isdigit())

    def _offspring(self, text: str) -> bool:
        """A pod of a workload that is known, or of one that was."""
        for found in _OFFSPRING.finditer(text):
            if found.end() == len(text) and text[: found.start()] in self.names:
                return True
        return False


def _phrase(told: str, at: int, word: str) -> str:
    """What programs say in so many words, from here on."""
    known = PHRASES.get(word.lower())
    found = known.match(told, at) if known else None
    return found.group() if found else ""


def _number(text: str) -> str:
    if _ADDRESS.fullmatch(text) and not _PRIVATE.match(text):
        return GAP
    unit = text.lstrip("vV0123456789.:,/").lower()
    if unit and unit != "%" and unit not in _UNITS:
        return GAP
    return text if sum(letter.isdigit() for letter in text) <= 20 else GAP


def _visible(letter: str) -> bool:
    return letter in "\n\t" or unicodedata.category(letter) not in {"Cf", "Cc", "Co", "Cn", "Cs"}


def _joined(pieces: Iterable[str]) -> str:
    """Marks and spaces that follow each other are one."""
    kept: list[str] = []
    for piece in filter(None, pieces):
        if piece == " " and kept and kept[-1] in {" ", "\n"}:
            continue
        if piece == GAP and _ends_in_gap(kept):
            continue
        kept.append(piece)
    return "".join(kept).strip()


def _ends_in_gap(kept: list[str]) -> bool:
    for piece in reversed(kept[-6:]):
        if piece == GAP:
            return True
        if piece == "\n" or piece[-1].isalnum() or piece[-1] == "]":
            return False
    return False
