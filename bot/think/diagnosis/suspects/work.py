"""Accuses by the work done: error handlers that ran, operations that were left out."""

import math
import re
from collections import Counter
from collections.abc import Mapping

from bot.think.diagnosis.suspects.accusation import CLIENT, Scene, clip

LEAST = 10
FAULTY = re.compile(r"error|exception|fallback", re.IGNORECASE)


def error_handlers(scene: Scene) -> Mapping[str, float]:
    """Service -> how many more times than in the past its error handlers ran."""
    more: dict[str, float] = {}
    for track in scene.sight.metric_names.get("trace_spans", ()):
        if FAULTY.search(track.labels.get("operation", "")):
            past = sum(scene.before(track))
            service = track.labels.get("service", "")
            more[service] = max(more.get(service, 0.0), sum(scene.after(track)) - 2 * past - 2 * math.sqrt(past))
    return {service: count for service, count in more.items() if count >= 2}


def left_out(scene: Scene) -> Mapping[str, tuple[float, str]]:
    """Service -> (score, operation) that it ran in the past for what it was asked, and now does not."""
    found = dict(_without_its_twin(scene))
    for service, missed in _out_of_proportion(scene).items():
        if missed[0] > found.get(service, (0.3, ""))[0]:
            found[service] = missed
    return found


def _out_of_proportion(scene: Scene) -> Mapping[str, tuple[float, str]]:
    """Steps inside a service that were taken for a share of its requests. What is asked of it is no step of its own."""
    past, now = runs(scene, past=True), runs(scene, past=False)
    owners = Counter(plain(operation) for ran in past.values() for operation in ran)
    found: dict[str, tuple[float, str]] = {}
    for service, ran in past.items():
        asked = {one for one in ran if one.startswith("/") or owners[plain(one)] > 1}
        was, since = (sum(each[one] for one in asked) for each in (ran, now[service]))
        for operation, count in ran.items():
            if count < LEAST or was < count or CLIENT.search(operation) or FAULTY.search(operation):
                continue
            if any(abs(ran[one] - count) <= 0.05 * count for one in asked):
                continue
            due, heard = since * count / was, now[service][operation]
            score = clip((due - heard) / math.sqrt(due + due * due / count + 1) / 6)
            if due >= LEAST and heard < 0.3 * due and score > found.get(service, (0.3, ""))[0]:
                found[service] = score, operation
    return found


def plain(operation: str) -> str:
    """'/shop.Cart/Add' of a server and 'grpc.shop.Cart/Add' of a client are the same."""
    return operation.removeprefix("/").removeprefix("grpc.")


def _without_its_twin(scene: Scene) -> Mapping[str, tuple[float, str]]:
    """Service -> (score, operation) that ran as often as another one in the past, and now does not."""
    past: dict[str, dict[str, float]] = {}
    now: dict[str, dict[str, float]] = {}
    for track in scene.sight.metric_names.get("trace_spans", ()):
        service, operation = track.labels.get("service", ""), track.labels.get("operation", "")
        if not CLIENT.search(operation) and not FAULTY.search(operation):
            past.setdefault(service, {})[operation] = sum(scene.before(track))
            now.setdefault(service, {})[operation] = sum(scene.after(track))
    found: dict[str, tuple[float, str]] = {}
    for service, ran in past.items():
        for operation, count in ran.items():
            partners = [one for one, n in ran.items() if one != operation and abs(n - count) <= 0.05 * count]
            due = max((now[service][one] for one in partners), default=0.0)
            score = clip((due - now[service][operation]) / math.sqrt(due + 1) / 4)
            gone = count >= LEAST and now[service][operation] < 0.3 * due
            if gone and score > found.get(service, (0.3, ""))[0]:
                found[service] = score, operation
    return found


def runs(scene: Scene, *, past: bool) -> Mapping[str, Counter[str]]:
    """Service -> how often each of its operations ran."""
    found: dict[str, Counter[str]] = {}
    for track in scene.sight.metric_names.get("trace_spans", ()):
        counted = scene.before(track) if past else scene.after(track)
        service = track.labels.get("service", "")
        found.setdefault(service, Counter())[track.labels.get("operation", "")] += int(sum(counted))
    return found
