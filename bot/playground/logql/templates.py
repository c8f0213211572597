"""The templates of line_format and label_format: fields, and the functions that people use."""

import re
from collections.abc import Callable, Mapping

_ACTION = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
_WORD = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`|[^\s|()]+|\||\(|\)')

_FUNCTIONS: Mapping[str, Callable[..., str]] = {
    "ToUpper": lambda text: text.upper(),
    "upper": lambda text: text.upper(),
    "ToLower": lambda text: text.lower(),
    "lower": lambda text: text.lower(),
    "title": lambda text: text.title(),
    "trim": lambda text: text.strip(),
    "TrimSpace": lambda text: text.strip(),
    "trunc": lambda count, text: text[: int(count)] if int(count) >= 0 else text[int(count) :],
    "substr": lambda start, end, text: text[int(start) : int(end)],
    "Replace": lambda text, old, new, count: text.replace(old, new, int(count)),
    "replace": lambda old, new, text: text.replace(old, new),
    "default": lambda fallback, text="": text or fallback,
    "trimPrefix": lambda prefix, text: text.removeprefix(prefix),
    "trimSuffix": lambda suffix, text: text.removesuffix(suffix),
    "printf": lambda form, *rest: form % rest,
    "len": lambda text: str(len(text)),
}


def render(template: str, labels: Mapping[str, str], line: str, at: int) -> str:
    """The text of a template for one line; what it does not understand is left empty."""

    def act(found: re.Match[str]) -> str:
        value = ""
        for number, part in enumerate(found[1].split("|")):
            words = _WORD.findall(part.strip())
            if not words:
                continue
            value = _call(words, labels, line, at, [value] if number else [])
        return value

    return _ACTION.sub(act, template)


def _call(words: list[str], labels: Mapping[str, str], line: str, at: int, piped: list[str]) -> str:
    head, *rest = words
    values = [_value(word, labels, line, at) for word in rest]
    if head in _FUNCTIONS:
        return _FUNCTIONS[head](*values, *piped)
    return _value(head, labels, line, at)


def _value(word: str, labels: Mapping[str, str], line: str, at: int) -> str:
    if word.startswith("."):
        return labels.get(word[1:], "")
    if word[:1] in '"`':
        return word[1:-1]
    if word == "__line__":
        return line
    if word == "__timestamp__":
        return str(at)
    return word
