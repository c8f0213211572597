"""The parsers of a pipeline: what labels they find in a line."""

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from bot.playground.logql.tree import Parser
from bot.playground.logql.working import Working
from bot.playground.regexes import compile_pattern


class _Number(str):
    """A number as it stands in the text."""

    __slots__ = ()


_DECODER = json.JSONDecoder(parse_int=_Number, parse_float=_Number, parse_constant=_Number)


def clean(name: str) -> str:
    """A label's name from any text."""
    name = re.sub(r"[^a-zA-Z0-9_]", "_", name.strip())
    return f"_{name}" if name[:1].isdigit() else name


def _json(stage: Parser, entry: Working) -> None:
    try:
        value = _DECODER.decode(entry.line)
        if not isinstance(value, dict):
            raise ValueError("Value looks like object, but can't find closing '}' symbol")
    except ValueError as wrong:
        entry.wrong("JSONParserErr", str(wrong))
        return
    if stage.fields:
        for name, path in stage.fields:
            entry.found(name, _shown(_reach(value, path)))
        return
    for name, text in _flat(value, ""):
        entry.found(name, text)


def _flat(value: Mapping[str, Any], prefix: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, part in value.items():
        name = f"{prefix}_{clean(key)}" if prefix else clean(key)
        if prefix:
            name = f"{prefix}_{re.sub(r'[^a-zA-Z0-9_]', '_', key.strip())}"
        if isinstance(part, dict):
            found += _flat(part, name)
        elif not isinstance(part, list):
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


_PAIR = re.compile(r'\s*([^\s="]+)(?:=("(?:[^"\\]|\\.)*"|[^\s"]*))?')


def _logfmt(stage: Parser, entry: Working) -> None:
    wanted = {source: name for name, source in stage.fields}
    keep_empty = "--keep-empty" in stage.flags
    for name, value in _pairs(entry.line):
        if stage.fields:
            if name in wanted:
                entry.found(wanted[name], value)
        elif value or keep_empty:
            entry.found(clean(name), value)


def _pairs(line: str) -> list[tuple[str, str]]:
    found = []
    for match in _PAIR.finditer(line):
        raw = match[2] or ""
        if raw.startswith('"'):
            try:
                raw = str(json.loads(raw))
            except ValueError:
                raw = raw[1:-1]
        found.append((match[1], raw))
    return found


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
    for name, literal in _pattern_parts(stage.text):
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
    try:
        value = _DECODER.decode(entry.line)
        if not isinstance(value, dict):
            raise ValueError("expecting json object(6), but it is not")
    except ValueError as wrong:
        entry.wrong("JSONParserErr", str(wrong))
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
