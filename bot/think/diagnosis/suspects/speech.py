"""Accuses services by what they say: errors never heard before, lines that fell silent though the work went on."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from bot.think.diagnosis.report import Sign
from bot.think.diagnosis.sight import Sight
from bot.think.diagnosis.stacks import shortened
from bot.think.diagnosis.suspects.accusation import Accusation, Scene, clip
from bot.think.diagnosis.suspects.elsewhere import about_others
from bot.think.diagnosis.suspects.patterns import is_error, pattern_of
from bot.think.diagnosis.suspects.silence import silent
from bot.think.diagnosis.suspects.work import error_handlers, left_out, runs

ABOUT_OTHERS = 0.4
"""By how much errors count less that say that another service could not be reached."""

SHOWN = 300
"""Of a line that is shown, so many characters."""


def accuse(scene: Scene) -> Iterable[Accusation]:
    """One accusation for each service that fails; callers of one that fails count less."""
    faults = _faults(scene)
    deepest: dict[str, Accusation] = {}
    for service, one in faults.items():
        deeper = any(
            faults[callee].score >= one.score / 2
            for callee in scene.below(service) - {service}
            if callee in faults and service not in scene.below(callee)
        )
        if not deeper:
            deepest[service] = one
        yield replace(one, score=one.score * (0.4 if deeper else 1.0))
    yield from _mute(scene, faults, deepest)


def _mute(scene: Scene, faults: Mapping[str, Accusation], deepest: Mapping[str, Accusation]) -> Iterator[Accusation]:
    """Whom those that fail call, and those that do not fail do not: it may fail without a word."""
    callers: dict[str, set[str]] = {}
    for caller, callees in scene.calls.items():
        for callee in callees:
            callers.setdefault(callee, set()).add(caller)
    for callee, asking in callers.items():
        failing = [deepest[caller].score for caller in asking if caller in deepest]
        if failing and callee not in faults:
            share = len(failing) / len(asking)
            sign = Sign("mute", {"failing": str(len(failing)), "callers": str(len(asking))})
            yield Accusation(callee, 0.9 * max(failing) * share, sign, _where(deepest, asking))


def _where(deepest: Mapping[str, Accusation], asking: set[str]) -> str:
    return next(deepest[caller].query for caller in sorted(asking) if caller in deepest)


def _faults(scene: Scene) -> Mapping[str, Accusation]:
    """The strongest sign of failure of each service."""
    before, after = _counted(scene.sight, 0.0, scene.start), _counted(scene.sight, scene.start, scene.sight.now + 1)
    past, now = runs(scene, past=True), runs(scene, past=False)
    others, found = about_others(scene), list[Accusation]()
    if before:
        for service, (count, line) in _new_errors(before, after, past, now):
            query = f'{{service="{service}"}} |= "ERROR"'
            sign = Sign("new_errors", {"count": f"{count:.0f}", "line": _said(scene, service, line)})
            about = others.get(service, Counter())[line] / max(1, after[service][line])
            found.append(Accusation(service, 0.8 * clip(count / 10) * (1 - ABOUT_OTHERS * about), sign, query))
        for service, missed in silent(scene).items():
            sign = Sign("silent", {"line": missed.line})
            found.append(Accusation(service, 0.7 * missed.score, sign, f'{{service="{service}"}}'))
    for service, handled in error_handlers(scene).items():
        count = handled - others.get(service, Counter()).total()
        sign = Sign("error_handlers", {"count": f"{count:.0f}"})
        found.append(Accusation(service, 0.6 * clip(count / 10), sign, "trace_spans"))
    for service, (score, operation) in left_out(scene).items():
        found.append(Accusation(service, 0.6 * score, Sign("left_out", {"operation": operation}), "trace_spans"))
    strongest: dict[str, Accusation] = {}
    for one in sorted(found, key=lambda each: each.score):
        strongest[one.service] = one
    return strongest


def _counted(sight: Sight, start: float, end: float) -> Mapping[str, Counter[str]]:
    """Service -> how often each pattern was heard."""
    found: dict[str, Counter[str]] = {}
    for line in sight.lines:
        service = line.labels.get("service", "")
        if service and start <= line.at < end:
            found.setdefault(service, Counter())[pattern_of(line.text)] += 1
    return found


def _said(scene: Scene, service: str, pattern: str) -> str:
    """The newest line of this pattern, with its true cause: a pattern ends where the values begin."""
    for line in reversed(scene.sight.lines):
        if line.at < scene.start:
            break
        if line.labels.get("service") == service and pattern_of(line.text) == pattern:
            return shortened(line.text, SHOWN)
    return pattern


def _new_errors(
    before: Mapping[str, Counter[str]],
    after: Mapping[str, Counter[str]],
    work_before: Mapping[str, Counter[str]],
    work_after: Mapping[str, Counter[str]],
) -> Iterator[tuple[str, tuple[float, str]]]:
    """Error patterns far beyond what the past leads to expect."""
    for service, counted in after.items():
        ratio = _ratio(work_before.get(service), work_after.get(service))
        best, said = 0.0, ""
        for pattern, count in counted.items():
            if not is_error(pattern):
                continue
            due = ratio * before.get(service, Counter())[pattern]
            more = count - 2 * due - 2 * math.sqrt(due)
            if more > best:
                best, said = more, pattern
        if best >= 3:
            yield service, (best, said)


def _ratio(before: Counter[str] | None, after: Counter[str] | None) -> float:
    """How much more work there was than in the past."""
    was, now = sum((before or Counter()).values()), sum((after or Counter()).values())
    return now / was if was else 2.0
