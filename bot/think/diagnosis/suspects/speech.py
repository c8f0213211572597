"""Accuses services by what they say: errors never heard before, lines that fell silent though the work went on."""

import math
import re
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from bot.think.diagnosis.report import Sign
from bot.think.diagnosis.sight import Sight
from bot.think.diagnosis.suspects.accusation import CLIENT, Accusation, Scene, clip
from bot.think.diagnosis.suspects.work import error_handlers, left_out

ERROR = re.compile(r"\b(ERROR|FATAL|SEVERE|CRITICAL)\b|level=error|Exception\b|panic:", re.IGNORECASE)
STAMP = re.compile(r"^\S*\d{4}-\d\d-\d\d[T ][\d:.,]+\S*\s*|^\d{2}:\d{2}:\d{2}\S*\s*")
VALUE = re.compile(r"(?<=\S)(: |:(?=[\[{])|=|：)")
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{20,}|\b[0-9a-f]{12,}\b|\d+")
HEAD = 10
LEAST = 6


@lru_cache(maxsize=65536)
def pattern_of(text: str) -> str:
    """A line without its stamp, numbers and values: what stays the same from one time to the next."""
    text = STAMP.sub("", text[:400], count=1)
    found = VALUE.search(text, HEAD)
    if found:
        text = text[: found.start()]
    return re.sub(r"\s+", " ", ID.sub("#", text))[:160]


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
    past, now = _work(scene, past=True), _work(scene, past=False)
    found: list[Accusation] = []
    if before:
        late = _counted(scene.sight, scene.sight.start, scene.sight.now + 1)
        for service, (count, line) in _new_errors(before, after, past, now):
            query = f'{{service="{service}"}} |= "ERROR"'
            sign = Sign("new_errors", {"count": f"{count:.0f}", "line": line})
            found.append(Accusation(service, 0.8 * clip(count / 10), sign, query))
        for service, score, line in _silent(before, late, past, now):
            sign = Sign("silent", {"line": line})
            found.append(Accusation(service, 0.7 * score, sign, f'{{service="{service}"}}'))
    for service, count in error_handlers(scene).items():
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


def _work(scene: Scene, *, past: bool) -> Mapping[str, Counter[str]]:
    """Service -> how often each of its operations ran."""
    found: dict[str, Counter[str]] = {}
    for track in scene.sight.metric_names.get("trace_spans", ()):
        counted = scene.before(track) if past else scene.after(track)
        service = track.labels.get("service", "")
        found.setdefault(service, Counter())[track.labels.get("operation", "")] += int(sum(counted))
    return found


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
            if not ERROR.search(pattern):
                continue
            due = ratio * before.get(service, Counter())[pattern]
            more = count - 2 * due - 2 * math.sqrt(due)
            if more > best:
                best, said = more, pattern
        if best >= 3:
            yield service, (best, said[:160])


def _ratio(before: Counter[str] | None, after: Counter[str] | None) -> float:
    """How much more work there was than in the past."""
    was, now = sum((before or Counter()).values()), sum((after or Counter()).values())
    return now / was if was else 2.0


def _silent(
    before: Mapping[str, Counter[str]],
    after: Mapping[str, Counter[str]],
    work_before: Mapping[str, Counter[str]],
    work_after: Mapping[str, Counter[str]],
) -> Iterator[tuple[str, float, str]]:
    """A line that came once for each run of an operation, and no longer does.

    Logs and traces may not cover the same seconds: what holds for all lines is no news of one.
    """
    pairs = list(_pairs(before, after, work_before, work_after))
    cover = statistics.median(heard / due for _, _, due, heard in pairs) if len(pairs) >= 10 else 1.0
    best: dict[str, tuple[float, str]] = {}
    for service, pattern, once, heard in pairs:
        due = once * min(cover, 1.0)
        score = clip((due - heard) / math.sqrt(due + 1) / 4)
        if heard < 0.1 * due and score > best.get(service, (0.25, ""))[0]:
            best[service] = score, pattern[:160]
    for service, (score, pattern) in best.items():
        yield service, score, pattern


def _pairs(
    before: Mapping[str, Counter[str]],
    after: Mapping[str, Counter[str]],
    work_before: Mapping[str, Counter[str]],
    work_after: Mapping[str, Counter[str]],
) -> Iterator[tuple[str, str, float, float]]:
    """(service, pattern, how often it is due, how often it was heard)."""
    for service, counted in before.items():
        ran, runs = work_before.get(service, Counter()), work_after.get(service, Counter())
        for pattern, count in counted.items():
            partners = [name for name, n in ran.items() if n >= LEAST and abs(n - count) <= max(1, 0.1 * n)]
            partners = [name for name in partners if not CLIENT.search(name)]
            if partners and not ERROR.search(pattern):
                due = min(runs[name] * count / ran[name] for name in partners)
                if due >= LEAST:
                    yield service, pattern, due, after.get(service, Counter())[pattern]
