"""Golden signals of what was asked about: slower, failing or refused more than before, with the time of the change."""

import statistics
from collections.abc import Iterable, Iterator

from bot.domain.finding import Category, Finding, Proof, Subject
from bot.think.diagnosis.asked import asked_about
from bot.think.diagnosis.looks import Look
from bot.think.diagnosis.sight import Sight, Track

LATENCY = ("latency_average", "latency_mean", "duration_mean")
SUCCESS = ("availability_average", "success_rate")
LEAD = 900.0
"""Alerts come late: the change may lie so long before."""
LEAST_POINTS = 6
SLOWER = 2.5
LEAST_SECONDS = 0.1
FAILS = 0.03


def make() -> Look:
    return look


def look(sight: Sight) -> Iterable[Finding]:
    asked = {one.name for one in asked_about(sight)} | {sight.cluster.owner(one).name for one in asked_about(sight)}
    for track in sight.tracks:
        service = track.labels.get("service") or track.labels.get("microservice") or ""
        if service in asked and service and track.name.endswith((*LATENCY, *SUCCESS)):
            yield from _moved(sight, track, service)


def _moved(sight: Sight, track: Track, service: str) -> Iterator[Finding]:
    before = [value for at, value in _points(track) if at < sight.start - LEAD]
    since = [(at, value) for at, value in _points(track) if at >= sight.start - LEAD]
    if len(before) < LEAST_POINTS or len(since) < 3:
        return
    base = statistics.median(before)
    late = [value for _, value in since][-max(3, len(since) // 3) :]
    now = statistics.median(late)
    if track.name.endswith(LATENCY):
        moved, key = now >= SLOWER * base and now - base >= LEAST_SECONDS, "latency_rose"
    else:
        scale = 100.0 if max(*before, now) > 1.5 else 1.0
        moved, key = (base - now) / scale >= FAILS, "errors_rose"
    if not moved:
        return
    half = (base + now) / 2
    at = next((when for when, value in since if (value >= half) == (now > base)), since[0][0])
    values = {"name": service, "before": f"{base:.3g}", "after": f"{now:.3g}"}
    proof = Proof(track.query, f"{base:.3g} -> {now:.3g}", at)
    subject = Subject("Service", track.labels.get("namespace", ""), service)
    yield Finding(subject, key, Category.DEPENDENCY, 0.7, values, (proof,), at=at, symptom=True)


def _points(track: Track) -> Iterator[tuple[float, float]]:
    return iter(zip(track.times, track.values, strict=True))
