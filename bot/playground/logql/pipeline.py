"""The stages at work: each takes a line with its labels and changes it, or lets it fall."""

import re
from collections.abc import Iterable, Sequence

from bot.playground.logql import parsers
from bot.playground.logql.templates import render
from bot.playground.logql.tokens import byte_count, nanoseconds
from bot.playground.logql.tree import (
    AnyOf,
    Decolorize,
    LabelFormat,
    LabelTest,
    LineFilter,
    LineFormat,
    Parser,
    Prune,
    Stage,
)
from bot.playground.logql.working import Working
from bot.playground.promql import Matcher
from bot.playground.regexes import compile_pattern

_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def run(stages: Sequence[Stage], entry: Working) -> bool:
    """Put a line through the stages; whether it is still there."""
    return all(_stage(stage, entry) for stage in stages)


def _stage(stage: Stage, entry: Working) -> bool:
    match stage:
        case LineFilter():
            return _line(stage, entry.line)
        case LabelTest() | AnyOf():
            return _test(stage, entry)
        case Parser():
            parsers.PARSERS[stage.kind](stage, entry)
        case LineFormat():
            entry.line = render(stage.template, entry.labels(), entry.line, entry.at)
        case LabelFormat():
            _label_format(stage, entry)
        case Prune():
            _prune(stage, entry)
        case Decolorize():
            entry.line = _COLOURS.sub("", entry.line)
    return True


def _line(stage: LineFilter, line: str) -> bool:
    match stage.op:
        case "|=":
            return any(text in line for text in stage.texts)
        case "!=":
            return not any(text in line for text in stage.texts)
        case "|~":
            return any(compile_pattern(text).search(line) for text in stage.texts)
        case "!~":
            return not any(compile_pattern(text).search(line) for text in stage.texts)
        case "|>":
            return any(parsers.pattern_filter(text).search(line) for text in stage.texts)
        case _:
            return not any(parsers.pattern_filter(text).search(line) for text in stage.texts)


def _test(test: LabelTest | AnyOf, entry: Working) -> bool:
    if isinstance(test, AnyOf):
        results: Iterable[bool] = (_test(part, entry) for part in test.parts)
        return any(results) if test.op == "or" else all(results)
    have = entry.get(test.name)
    if test.kind == "text":
        return Matcher(test.name, test.op, str(test.value))({test.name: have or ""})
    if have is None:
        return False
    try:
        number = _number(have, test.kind)
    except ValueError as wrong:
        if not entry.error:
            entry.wrong("LabelFilterErr", str(wrong))
        return True
    return _compare(number, test.op, float(test.value))


def _number(text: str, kind: str) -> float:
    if kind == "duration":
        return nanoseconds(text) / 1e9
    if kind == "bytes":
        return byte_count(text)
    try:
        return float(text)
    except ValueError as wrong:
        raise ValueError(f'strconv.ParseFloat: parsing "{text}": invalid syntax') from wrong


def _compare(left: float, op: str, right: float) -> bool:
    match op:
        case "=" | "==":
            return left == right
        case "!=":
            return left != right
        case ">":
            return left > right
        case ">=":
            return left >= right
        case "<":
            return left < right
        case _:
            return left <= right


def _label_format(stage: LabelFormat, entry: Working) -> None:
    for target, source, template in stage.parts:
        if template:
            entry.set(target, render(source, entry.labels(), entry.line, entry.at))
        else:
            value = entry.get(source)
            if value is not None:
                entry.drop(source)
                entry.set(target, value)


def _prune(stage: Prune, entry: Working) -> None:
    for name, value in list(entry.labels().items()):
        named = name in stage.names or any(each.name == name and each({name: value}) for each in stage.matchers)
        if (named and not stage.keep) or (stage.keep and not named and not name.startswith("__")):
            entry.drop(name)


def unwrapped(entry: Working, name: str, conversion: str) -> float | None:
    """The number in a label; nothing when the label is not there."""
    text = entry.get(name)
    if text is None or text == "":
        return None
    try:
        if conversion in ("duration", "duration_seconds"):
            return nanoseconds(text) / 1e9
        if conversion == "bytes":
            return byte_count(text)
        return float(text)
    except ValueError:
        entry.wrong("SampleExtractionErr", f'strconv.ParseFloat: parsing "{text}": invalid syntax')
        return 0.0
