"""Words of operations in both languages: finds an English page for a Chinese question, and the other way round."""

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from knowledge.errors import BadSource
from knowledge.language import HAN
from knowledge.words import words_of

OURS = Path(__file__).with_name("glossary.txt")
_LONGEST_PHRASE = 4
_FOREIGN = re.compile(r"[\u3000-\u9fff\uf900-\uffef]+")


class Glossary:
    """Pairs of words. The longest Chinese word wins: 消费者组 is not also 消费者."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._to_english: dict[str, tuple[str, ...]] = {}
        self._to_chinese: dict[tuple[str, ...], list[str]] = {}
        for number, line in enumerate(lines, 1):
            if line.strip() and not line.startswith("#"):
                self._learn(line, number)
        longest_first = sorted(self._to_english, key=len, reverse=True)
        self._chinese = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)", re.IGNORECASE)

    def _learn(self, line: str, number: int) -> None:
        left, colon, right = line.replace("：", ":").partition(":")
        chinese = [word.strip().lower() for word in left.split("/") if word.strip()]
        english = [phrase.strip() for phrase in right.replace("；", ";").split(";") if phrase.strip()]
        if not colon or not chinese or not english or not all(HAN.search(word) for word in chinese):
            why = f"line {number} of the glossary, {line.strip()[:80]!r}, is not `中文/中文: english; english`"
            raise BadSource("library_bad_setting", why=why)
        for word in chinese:
            self._to_english[word] = (*self._to_english.get(word, ()), *english)
        for phrase in english:
            stems = tuple(dict.fromkeys(words_of(phrase)))[:_LONGEST_PHRASE]
            known = self._to_chinese.setdefault(stems, [])
            known.extend(word for word in chinese[:2] if word not in known)

    @classmethod
    def read(cls, *more: Path) -> "Glossary":
        """Ours, and the files of the user."""
        lines: list[str] = []
        for path in (OURS, *more):
            try:
                lines += path.read_text("utf-8").splitlines()
            except (OSError, ValueError) as error:
                raise BadSource("library_bad_setting", why=f"the glossary {path} cannot be read ({error})") from error
        return cls(lines)

    def __len__(self) -> int:
        return sum(map(len, self._to_chinese.values()))

    def english(self, question: str) -> list[str]:
        """English phrases for the Chinese words of a question, in its order."""
        found: dict[str, None] = {}
        for match in self._chinese.finditer(question):
            found.update(dict.fromkeys(self._to_english[match[0].lower()]))
        return list(found)

    def chinese(self, question: str) -> list[str]:
        """Chinese words for the English phrases of a question; a longer phrase covers its parts."""
        stems = list(words_of(question))
        found: dict[str, None] = {}
        at = 0
        while at < len(stems):
            for size in range(_LONGEST_PHRASE, 0, -1):
                known = self._to_chinese.get(tuple(stems[at : at + size])) if at + size <= len(stems) else None
                if known:
                    found.update(dict.fromkeys(known[:3]))
                    at += size - 1
                    break
            at += 1
        return list(found)

    def translated(self, question: str) -> str:
        """A Chinese question word by word in English, without what the glossary does not know."""
        english = self._chinese.sub(lambda match: f" {self._to_english[match[0].lower()][0]} ", question)
        return " ".join(_FOREIGN.sub(" ", english).split())

    def other_words(self, question: str) -> list[str]:
        """What the question would be asked with in the other language."""
        return self.english(question) + self.chinese(question)


@lru_cache(maxsize=4)
def glossary(*more: Path) -> Glossary:
    """The glossary, read once."""
    return Glossary.read(*more)
