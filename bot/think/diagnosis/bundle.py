"""Reads an evidence bundle (a folder) into a Sight. What is absent becomes a gap; what is broken is said."""

import gzip
import json
import math
import re
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.domain.alert import Alert
from bot.domain.report import Past
from bot.errors import BadInput
from bot.think.diagnosis.clock import END_OF_TIME, moment
from bot.think.diagnosis.sight import Ask, LogLine, Sight, Track
from bot.think.diagnosis.thing import Thing

BROKEN = (ValueError, OSError, EOFError, zlib.error, RecursionError)
MAX_BYTES = 256 * 2**20
_OF_PASSAGE = ("title", "text", "url", "source", "key")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})?")


def read_bundle(folder: Path) -> Sight:
    """The fast path of evals and replays: straight from the files."""
    case = _load(folder, "case")
    if not isinstance(case, Mapping):
        raise BadInput("bundle_no_case", path=str(folder))
    now = moment(case.get("now"))
    if now is None:
        raise BadInput("bundle_no_time", path=str(folder))
    objects, metrics, logs = (_load(folder, name) for name in ("objects", "metrics", "logs"))
    gaps = tuple(
        name for name, found in (("kubernetes", objects), ("prometheus", metrics), ("loki", logs)) if found is None
    )
    told = case.get("ask")
    ask = read_ask(told if isinstance(told, Mapping) else {})
    return Sight(
        now=now,
        ask=ask,
        things=tuple(read_things(objects)),
        tracks=tuple(read_tracks(metrics)),
        lines=tuple(sorted(read_lines(logs), key=lambda line: line.at)),
        gaps=gaps,
        passages=tuple(read_passages(_load(folder, "passages"))),
        fault_from=told_start(ask.text, now),
    )


def _load(folder: Path, name: str) -> Any:
    for path, opener in ((folder / f"{name}.json", open), (folder / f"{name}.json.gz", gzip.open)):
        if not path.is_file():
            continue
        if path.stat().st_size > MAX_BYTES:
            raise BadInput("bundle_too_big", path=str(path), limit=MAX_BYTES)
        try:
            with opener(path, "rt", encoding="utf-8") as file:
                return json.load(file)
        except BROKEN as error:
            raise BadInput("bundle_broken", path=str(path), why=str(error)) from error
    return None


def read_ask(ask: Mapping[str, Any]) -> Ask:
    """The alerts or the question of a case."""
    payloads = _rows([ask.get("payload")] if ask.get("kind") == "alert" else ask.get("payloads"))
    alerts = tuple(read_alert(alert) for payload in payloads for alert in _rows(payload.get("alerts")))
    return Ask(alerts, str(ask.get("text") or ""))


def read_alert(alert: Mapping[str, Any]) -> Alert:
    """One alert of an Alertmanager webhook (version 4)."""
    status, begun = str(alert.get("status", "firing")), str(alert.get("startsAt", ""))
    labels = _texts(alert.get("labels"))
    fingerprint = str(alert.get("fingerprint") or hash(tuple(sorted(labels.items()))))
    starts = datetime.fromtimestamp(moment(begun) or 0.0, UTC)
    ends = moment(alert.get("endsAt"))
    return Alert(
        key=f"{fingerprint}/{status}/{begun}",
        fingerprint=fingerprint,
        labels=labels,
        firing=status == "firing",
        starts_at=starts,
        ends_at=datetime.fromtimestamp(ends, UTC) if ends and ends > 0 else None,
        annotations=_texts(alert.get("annotations")),
        url=str(alert.get("generatorURL") or ""),
    )


def read_things(listed: Any) -> Iterator[Thing]:
    """A Kubernetes List (or a bare list) -> things; nested lists are opened."""
    found = listed.get("items") if isinstance(listed, Mapping) else listed
    for one in found if isinstance(found, list) else ():
        if not isinstance(one, Mapping):
            continue
        kind = str(one.get("kind", ""))
        if kind.endswith("List") and isinstance(one.get("items"), list):
            yield from read_things(one)
            continue
        meta = one.get("metadata") if isinstance(one.get("metadata"), Mapping) else {}
        assert isinstance(meta, Mapping)
        yield Thing(kind, str(meta.get("namespace") or ""), str(meta.get("name") or ""), one)


def read_tracks(series: Any) -> Iterator[Track]:
    """Prometheus range series -> tracks; NaN and broken points are left out."""
    for one in _rows(series):
        labels = _texts(one.get("metric"))
        name = labels.pop("__name__", "")
        points = sorted(_points(one.get("values") or ([one["value"]] if "value" in one else [])))
        if points:
            yield Track(name, labels, tuple(at for at, _ in points), tuple(value for _, value in points))


def _points(values: Any) -> Iterator[tuple[float, float]]:
    for pair in values if isinstance(values, list) else ():
        try:
            at, value = float(pair[0]), float(pair[1])
        except (TypeError, ValueError, LookupError, OverflowError):
            continue
        if math.isfinite(value) and 0 <= at < END_OF_TIME:
            yield at, value


def read_lines(streams: Any) -> Iterator[LogLine]:
    """Loki streams -> lines."""
    for stream in _rows(streams):
        labels, values = _texts(stream.get("stream")), stream.get("values")
        for pair in values if isinstance(values, list) else ():
            try:
                at, text = int(pair[0]) / 1e9, str(pair[1])
            except (TypeError, ValueError, LookupError, OverflowError):
                continue
            if 0 <= at < END_OF_TIME:
                yield LogLine(at, text, labels)


def _rows(found: Any) -> list[Mapping[str, Any]]:
    """Of what should be a list of objects, those that are."""
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def _texts(found: Any) -> dict[str, str]:
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, Mapping) else {}


def read_passages(kept: Any) -> Iterator[Past]:
    """Passages, or bare texts, alone or below `passages`; what has no words is left out."""
    listed = kept.get("passages") if isinstance(kept, Mapping) else kept
    for one in listed if isinstance(listed, list) else ():
        told = one if isinstance(one, Mapping) else {"text": one}
        title, text, url, source, key = (str(told.get(name) or "") for name in _OF_PASSAGE)
        if title.strip() or text.strip():
            yield Past(title or text.strip().splitlines()[0][:120], text, url, source, key)


def told_start(text: str, now: float) -> float | None:
    """'… since 2022-08-22T04:18:35Z …' -> that moment, if it lies before now."""
    for found in _TIME.findall(text):
        at = moment(found.replace(" ", "T"))
        if at is not None and at <= now:
            return at
    return None
