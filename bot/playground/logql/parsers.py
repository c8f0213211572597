"""The parsers of a pipeline: what labels they find in a line."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from bot.playground.logql.tree import Parser
from bot.playground.logql.working import Working
from bot.playground.regexes import compile_pattern


class _Number(str):
    """A number as it stands in the text."""

    __slots__ = ()


def _first_wins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        found.setdefault(name, value)
    return found


_DECODER = json.JSONDecoder(
    parse_int=_Number, parse_float=_Number, parse_constant=_Number, object_pairs_hook=_first_wins
)


def clean(name: str) -> str:
    """A label's name from any text."""
    name = re.sub(r"[^a-zA-Z0-9_]", "_", name.strip())
    return f"_{name}" if name[:1].isdigit() else name


def _json(stage: Parser, entry: Working) -> None:
    if stage.fields:
        _json_fields(stage, entry)
        return
    value = _decoded(entry, "Value looks like object, but can't find closing '}' symbol")
    for name, text in _flat(value, "") if value is not None else ():
        entry.found(name, text)


def _json_fields(stage: Parser, entry: Working) -> None:
    """Only the fields asked for; what is not there is empty."""
    if not entry.line:
        return
    try:
        value = _DECODER.decode(entry.line)
    except ValueError:
        entry.wrong("JSONParserErr", "")
        return
    for name, path in stage.fields:
        entry.found(name, _shown(_reach(value, path)), asked=True)


def _decoded(entry: Working, no_object: str) -> dict[str, Any] | None:
    """The line as a JSON object; else the line is marked."""
    try:
        value = _DECODER.decode(entry.line)
    except ValueError:
        value = None
    if isinstance(value, dict):
        return value
    entry.wrong("JSONParserErr", "Malformed JSON error" if entry.line.lstrip().startswith("{") else no_object)
    return None


def _flat(value: Mapping[str, Any], prefix: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, part in value.items():
        name = f"{prefix}_{clean(key)}" if prefix else clean(key)
        if prefix:
            name = f"{prefix}_{re.sub(r'[^a-zA-Z0-9_]', '_', key.strip())}"
        if isinstance(part, dict):
            found += _flat(part, name)
        elif not isinstance(part, list) and part is not None:
            found.append((name, _shown(part)))
    return found


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return str(value)


def _reach(value: Any, path: str) -> Any:
    for name, index, quoted in re.findall(r'([A-Za-z_][\w-]*)|\[(\d+)\]|\["([^"]*)"\]', path):
        key = name or quoted
        if index:
            value = value[int(index)] if isinstance(value, list) and int(index) < len(value) else None
        else:
            value = value.get(key) if isinstance(value, dict) else None
    return value


def _logfmt(stage: Parser, entry: Working) -> None:
    wanted = {source: name for name, source in stage.fields}
    keep_empty = "--keep-empty" in stage.flags
    for name in wanted.values():
        entry.found(name, "")
    try:
        for name, value in logfmt_pairs(entry.line, strict="--strict" in stage.flags):
            if name in wanted:
                entry.found(wanted[name], value, asked=True)
            elif not wanted and (value or keep_empty):
                entry.found(clean(name), value)
    except ValueError as wrong:
        entry.wrong("LogfmtParserErr", str(wrong))


_KEY = re.compile(r'[^\s="]+')
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


def logfmt_pairs(line: str, *, strict: bool = False) -> Iterator[tuple[str, str]]:
    """The pairs of a line; what cannot be one is passed over up to the next blank, or is an error when strict."""
    place = 0
    while place < len(line):
        if line[place].isspace():
            place += 1
            continue
        pair = _pair(line, place)
        if isinstance(pair, int):
            if strict:
                why = f"unexpected '{line[pair]}'" if pair < len(line) else "unterminated quoted value"
                raise ValueError(f"logfmt syntax error at pos {pair + 1} : {why}")
            found = re.compile(r"\s").search(line, pair)
            place = found.start() if found else len(line)
        else:
            name, value, place = pair
            yield name, value


def _pair(line: str, place: int) -> tuple[str, str, int] | int:
    """The pair at a place and where it ends; or where it goes wrong."""
    key = _KEY.match(line, place)
    if not key:
        return place
    end = key.end()
    if end == len(line) or line[end].isspace():
        return key[0], "", end
    if line[end] == '"':
        return end
    quoted = _QUOTED.match(line, end + 1)
    if quoted:
        return key[0], _unescaped(quoted[1]), quoted.end()
    if line.startswith('"', end + 1):
        return len(line)
    value = _KEY.match(line, end + 1)
    stop = value.end() if value else end + 1
    if stop < len(line) and not line[stop].isspace():
        return stop
    return key[0], value[0] if value else "", stop


def _unescaped(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"'))
    except ValueError:
        return text


def _regexp(stage: Parser, entry: Working) -> None:
    match = compile_pattern(stage.text).search(entry.line)
    if match:
        for name, value in match.groupdict().items():
            if value is not None:
                entry.found(name, value)


@lru_cache(maxsize=256)
def _pattern_parts(text: str) -> list[tuple[str, str]]:
    """The captures of a pattern, each with the literal that ends it; the first may be a literal alone."""
    pieces = re.split(r"<([A-Za-z_]\w*)>", text)
    return [("", pieces[0]), *zip(pieces[1::2], pieces[2::2], strict=True)]


def _pattern(stage: Parser, entry: Working) -> None:
    line = entry.line
    for name, literal in _pattern_parts(stage.text) if line else ():
        if not name:
            place = line.find(literal) if literal else 0
            if place != 0 and literal:
                if place < 0:
                    return
                return
            line = line[len(literal) :]
            continue
        place = line.find(literal) if literal else len(line)
        value = line if place < 0 else line[:place]
        if name != "_":
            entry.found(name, value)
        if place < 0:
            return
        line = line[place + len(literal) :]


@lru_cache(maxsize=256)
def pattern_filter(text: str) -> re.Pattern[str]:
    """The pattern of a line filter `|>`: `<_>` stands for anything."""
    return re.compile(".*".join(re.escape(part) for part in text.split("<_>")), re.DOTALL)


def _unpack(_: Parser, entry: Working) -> None:
    if not entry.line:
        return
    value = _decoded(entry, "expecting json object(6), but it is not")
    if value is None or "_entry" not in value:
        return
    for name, part in value.items():
        if isinstance(part, str) and not isinstance(part, _Number):
            if name == "_entry":
                entry.line = part
            else:
                entry.found(clean(name), part)


PARSERS: Mapping[str, Callable[[Parser, Working], None]] = {
    "json": _json,
    "logfmt": _logfmt,
    "regexp": _regexp,
    "pattern": _pattern,
    "unpack": _unpack,
}
