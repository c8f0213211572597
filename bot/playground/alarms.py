"""Alert rules at work: evaluated over the playground's own metrics, and posted as Alertmanager posts them."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from bot.playground.alarm_rules import RULES, AlarmRule
from bot.playground.forms import number
from bot.playground.promql import Frame, SeriesSource, evaluate_instant
from bot.playground.promql.frames import Labels, key_of
from bot.playground.shop.metrics import Family, Floats, Line

Key = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Alarm:
    """One alert that a rule raised."""

    rule: AlarmRule
    labels: dict[str, str]
    annotations: dict[str, str]
    since: float
    value: float
    fired: float | None = None
    ended: float | None = None

    @property
    def fingerprint(self) -> str:
        """Its identity."""
        return hashlib.sha256(repr(sorted(self.labels.items())).encode()).hexdigest()[:16]


@dataclass(slots=True)
class Alarms:
    """Keeps all alerts, those of the past too."""

    source: SeriesSource
    now: Callable[[], float]
    active: dict[tuple[str, Key], Alarm] = field(default_factory=dict)
    past: list[Alarm] = field(default_factory=list)
    changed: list[Alarm] = field(default_factory=list)
    silences: dict[str, dict[str, Any]] = field(default_factory=dict)
    revised: Callable[[], None] = lambda: None

    def evaluate(self) -> None:
        """Evaluate every rule at this time."""
        for rule in RULES:
            value = evaluate_instant(self.source, rule.expression, round(self.now() * 1000)).value
            assert isinstance(value, Frame)
            rows = [
                (labels, float(value.values[row, 0]))
                for row, labels in enumerate(value.labels)
                if value.present[row, 0]
            ]
            self._rule(rule, rows)

    def _rule(self, rule: AlarmRule, rows: list[tuple[Labels, float]]) -> None:
        seen = set()
        for labels, value in rows:
            told = {name: text for name, text in labels.items() if name != "__name__"}
            full = {"alertname": rule.name, "severity": rule.severity, "cluster": "playground", **told}
            key = (rule.name, key_of(full))
            seen.add(key)
            alarm = self.active.get(key)
            if alarm is None:
                alarm = self.active[key] = Alarm(rule, full, {}, self.now(), value)
            alarm.value = value
            alarm.annotations = {name: _fill(text, full, value) for name, text in rule.annotations.items()}
            if alarm.fired is None and self.now() - alarm.since >= rule.wait:
                alarm.fired = self.now()
                self.changed.append(alarm)
                self.revised()
        for key in [key for key in self.active if key[0] == rule.name and key not in seen]:
            alarm = self.active.pop(key)
            if alarm.fired is not None:
                alarm.ended = self.now()
                self.past.append(alarm)
                self.changed.append(alarm)
                self.revised()

    def firing(self) -> list[Alarm]:
        """Those that fire now."""
        return [alarm for alarm in self.active.values() if alarm.fired is not None]

    def family(self) -> Family:
        """The series ALERTS."""

        def lines():  # type: ignore[no-untyped-def]
            for alarm in [*self.past, *self.firing()]:
                fired = alarm.fired or alarm.since
                told = {**alarm.labels, "alertstate": "firing"}
                yield Line(told, _ones, fired, alarm.ended)

        return Family("ALERTS", "gauge", "Alerts.", lines)

    def webhook(self, url: str) -> list[dict[str, Any]]:
        """What Alertmanager would post of what has changed since last asked: one message for each group."""
        groups: dict[tuple[str, str], list[Alarm]] = {}
        for alarm in self.changed:
            groups.setdefault((alarm.rule.name, alarm.labels.get("namespace", "")), []).append(alarm)
        self.changed = []
        return [_message(name, namespace, alarms, url) for (name, namespace), alarms in groups.items()]

    def silenced(self, alarm: Alarm) -> list[str]:
        """The silences that cover an alert."""
        found = []
        for identity, silence in self.silences.items():
            ends = datetime.fromisoformat(silence["endsAt"]).timestamp()
            if ends > self.now() and all(_matches(each, alarm.labels) for each in silence["matchers"]):
                found.append(identity)
        return found


def _matches(matcher: dict[str, Any], labels: dict[str, str]) -> bool:
    have = labels.get(matcher["name"], "")
    same = bool(re.fullmatch(matcher["value"], have)) if matcher.get("isRegex") else have == matcher["value"]
    return same is bool(matcher.get("isEqual", True))


def _ones(times: Floats) -> Floats:
    return np.ones(len(times))


def _fill(text: str, labels: dict[str, str], value: float) -> str:
    def put(found: re.Match[str]) -> str:
        if found[1] == "value":
            return number(round(value, 3))
        return labels.get(found[1], "")

    return re.sub(r"\{(\w+)\}", put, text)


def iso(at: float) -> str:
    """A time as Alertmanager writes it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def told(alarm: Alarm, url: str) -> dict[str, Any]:
    """One alert as a webhook tells it."""
    return {
        "status": "resolved" if alarm.ended else "firing",
        "labels": alarm.labels,
        "annotations": alarm.annotations,
        "startsAt": iso(alarm.fired or alarm.since),
        "endsAt": iso(alarm.ended) if alarm.ended else "0001-01-01T00:00:00Z",
        "generatorURL": f"{url}/graph?g0.expr={alarm.rule.name}&g0.tab=1",
        "fingerprint": alarm.fingerprint,
    }


def _message(name: str, namespace: str, alarms: list[Alarm], url: str) -> dict[str, Any]:
    def common(parts: list[dict[str, str]]) -> dict[str, str]:
        return {key: value for key, value in parts[0].items() if all(part.get(key) == value for part in parts)}

    group = {"alertname": name, **({"namespace": namespace} if namespace else {})}
    shown = ", ".join(f'{key}="{value}"' for key, value in group.items())
    return {
        "version": "4",
        "groupKey": f"{{}}:{{{shown}}}",
        "truncatedAlerts": 0,
        "status": "firing" if any(alarm.ended is None for alarm in alarms) else "resolved",
        "receiver": "dutybot",
        "groupLabels": group,
        "commonLabels": common([alarm.labels for alarm in alarms]),
        "commonAnnotations": common([alarm.annotations for alarm in alarms]),
        "externalURL": url,
        "alerts": [told(alarm, url) for alarm in alarms],
    }
