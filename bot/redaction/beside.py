"""Values that stand apart from their names: in the next field, on the next line, in the columns of an INSERT."""

import re
from collections.abc import Iterator

from bot.redaction.keyvalue import placeholder, prose
from bot.redaction.names import Hold, holds

SIGNS = ("value", r"~[:=]\s{0,3}[|>]?-?\r?\n", r"~：\s{0,3}\r?\n", r"~[a-z]>\s{0,3}\r?\n")
"""One of these stands where a value may stand apart from its name."""
_Q = r"\\{0,3}[\"']"
_FIELDS = re.compile(
    rf"(?i)(?<![a-z])(?:name|key|variable|env|property)(?:{_Q})?\s{{0,3}}[:=]\s{{0,3}}(?:{_Q})?(?P<name>[A-Za"
    rf"-z0-9_.\-]{{2,80}})(?:{_Q})?"
    rf"[\s,]{{1,40}}(?:-\s)?(?:{_Q})?(?:value|val)(?:{_Q})?\s{{0,3}}[:=]\s{{0,3}}(?P<q>{_Q})?(?P<v>(?(q)[^\"'"
    rf"\\\n]{{1,4096}}|[^\s\"',{{}}\[\]<>]{{1,4096}}))"
)
_NEXT_LINE = re.compile(
    r"(?m)^(?P<dent>[ \t-]{0,40})[\"']?(?P<name>[\w.\-]{2,60}|[\w./ \u4e00-\u9fff]{0,20}(?:密码|口令|密钥"
    r"|令牌))[\"']?[ \t]{0,3}(?:[:=：]|[:：][ \t]{0,3}[|>]-?)[ \t]{0,3}\r?\n"
    r"(?P<more>[ \t]*)[\"']?(?P<v>[^\s\"':,{}\[\]<>]{4,1024})[\"']?[ \t]*$"
)
_ELEMENT = re.compile(
    r"<(?:\w{1,40}:)?(?P<name>[A-Za-z][\w.\-]{1,80})(?:\s[^<>\n]{0,200})?>\s{0,3}\r?\n\s{0,40}(?P<v>[^\s<>]{4,1024})\s{0,8}\n\s{0,40}</"
)
_INSERT = re.compile(
    r"(?i)\binto\s{1,4}\S{1,80}\s{0,4}\((?P<columns>[^()]{1,2000})\)\s{0,4}values\s{0,4}(?P<rows>\([^\n]{1,20000})"
)
_FIELD = re.compile(
    r"\s*(?:'(?P<s>(?:[^'\\]|\\.|''){0,4096})'|\"(?P<d>(?:[^\"\\]|\\.){0,4096})\""
    r"|(?P<o>[^,()'\"]{0,512}(?:\([^()]{0,200}\))?))\s*(?P<end>[,)])"
)


def beside(text: str) -> Iterator[tuple[int, int, str]]:
    """Spans of such values in a whole text."""
    for found in _FIELDS.finditer(text):
        if _secret(found["name"], found["v"]):
            yield *found.span("v"), "secret"
    for found in _ELEMENT.finditer(text):
        if _secret(found["name"], found["v"]):
            yield *found.span("v"), "secret"
    for found in _NEXT_LINE.finditer(text):
        han = found["name"] > "\u4e00" or "码" in found["name"] or "令" in found["name"]
        deeper = len(found["more"]) > len(found["dent"]) or han
        if deeper and (han or _secret(found["name"], found["v"])) and not placeholder(found["v"]):
            yield *found.span("v"), "secret"


def inserted(line: str) -> Iterator[tuple[int, int, str]]:
    """Spans of the values that go into columns which hold secrets."""
    for found in _INSERT.finditer(line):
        names = [each.strip(" `\"'[]") for each in found["columns"].split(",")]
        wanted = {place for place, name in enumerate(names) if holds(name) is Hold.SECRET}
        at, place = found.start("rows"), 0
        while wanted and at < len(line):
            if place == 0:
                if line[at : at + 1] != "(":
                    break
                at += 1
            field = _FIELD.match(line, at)
            if field is None:
                break
            if (
                place in wanted
                and (group := next((each for each in "sd" if field[each]), ""))
                and not placeholder(field[group])
            ):
                yield *field.span(group), "secret"
            at, place = field.end(), place + 1
            if field["end"] == ")":
                place = 0
                while line[at : at + 1] in {",", " "} and at < len(line):
                    at += 1


def _secret(name: str, value: str) -> bool:
    hold = holds(name)
    if (value.isdigit() and len(value) < 4) or placeholder(value) or prose(value) or hold is Hold.NOTHING:
        return False
    if value.isdigit() and len(value) >= 16:
        return True
    return hold is Hold.SECRET or bool(re.search(r"\d", value) and re.search(r"[A-Za-z]", value) and len(value) >= 12)
