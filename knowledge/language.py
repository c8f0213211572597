"""Which of our two languages a text is in, and how long it is as a model counts."""

import re
from typing import Literal

Language = Literal["zh", "en"]
HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_LETTER = re.compile(r"[^\W\d_]")
_FENCED = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)


def language_of(text: str) -> Language:
    """Chinese if a good part of its letters is: our Chinese texts are full of Latin names, and code says nothing."""
    prose = _FENCED.sub(" ", text)[:4000] or text[:4000]
    han = len(HAN.findall(prose))
    return "zh" if han and han >= 0.15 * len(_LETTER.findall(prose)) else "en"


def tokens_of(text: str) -> float:
    """About how many tokens a model sees in it."""
    han = len(HAN.findall(text))
    return 0.7 * han + 0.27 * (len(text) - han)
