"""Signs outside a target that a repair has helped: the alerts on it no longer fire, its errors are back to few.

What is to be watched is settled when leave is asked for, from what Prometheus itself shows then, so the card says it
beforehand. A repair counts as verified only once its own check and every sign are well.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.domain.alert import Alert
from bot.domain.approval import Signal
from bot.domain.incident import Incident
from skills import SkillError
from skills.change import Target, Verification
from skills.prometheus.client import PrometheusClient
from skills.words import told

NAMES = ("pod", "deployment", "statefulset", "daemonset", "workload", "service", "app", "job", "persistentvolumeclaim")
NODES = ("node", "instance", "hostname", "kubernetes_node")
CODES = ("code", "status")
FAILING = 0.03
"""Share of failed requests from which on errors are a sign at all."""
FEW = 0.01
MOST = 5
MARGIN = timedelta(minutes=2)
"""For a rule to be evaluated, and for whatever is measured late."""
RANGE = re.compile(r"\[\s*((?:\d+(?:ms|[smhdwy]))+)")
PART = re.compile(r"(\d+)(ms|[smhdwy])")
UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_536_000}
FLEETING = frozenset({"container", "container_id", "endpoint", "id", "reason", "uid"})
SCRAPED = frozenset({"instance", "job"})
"""Who was asked, where it is not what the alert is about."""
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Signs:
    """Read from one Prometheus."""

    prometheus: PrometheusClient
    now: Callable[[], datetime]
    lasts: timedelta = timedelta(minutes=10)
    """For so long after the repair's own check they are waited for."""

    async def of(self, incident: Incident | None, targets: Iterable[Target]) -> tuple[Signal, ...]:
        """What a repair of these is to end; nothing where no alert on them fires, or Prometheus cannot be asked."""
        if incident is None or not incident.open:
            return ()
        places = tuple(targets)
        try:
            firing, backs = await self._firing(), await self._looking_back()
            alerts = [
                Signal("alert", alert.name, labels)
                for alert in incident.alerts
                if alert.firing and any(about(alert, place) for place in places)
                for labels in firing
                if labels.items() <= alert.labels.items()
                and backs.get(alert.name, timedelta.max) <= self.lasts - MARGIN
            ]
            alerts = [each for place, each in enumerate(alerts) if each not in alerts[:place]]
            errors = [await self._errors(service, space) for service, space in _services(incident, places)]
        except SkillError as error:
            log.info("what a repair is to end cannot be seen; its own check alone counts", why=str(error))
            return ()
        return (*alerts[:MOST], *(each for each in errors if each))

    async def look(self, signals: Sequence[Signal]) -> Verification:
        """Look once. Raises SkillError when Prometheus does not answer."""
        left = []
        firing = await self._firing() if any(each.kind == "alert" for each in signals) else []
        for each in signals:
            if each.kind == "alert" and any(labels == each.labels for labels in firing):
                left.append(told(f"{each.name} still fires", f"{each.name} 仍在触发"))
            elif each.kind == "errors" and (share := await self._share(each.labels)) is not None and share > each.most:
                left.append(
                    told(
                        f"{share:.1%} of the requests to {each.name} fail (wanted: {each.most:.1%})",
                        f"{each.name} 有 {share:.1%} 的请求失败（目标：{each.most:.1%}）",
                    )
                )
        if left:
            return Verification(False, None, "; ".join(dict.fromkeys(left)))
        ended = ", ".join(dict.fromkeys(each.name for each in signals))
        return Verification(True, True, told(f"well again: {ended}", f"已恢复：{ended}"))

    async def _firing(self) -> list[Mapping[str, str]]:
        """What fires, by the labels that last."""
        return [steady(each["labels"]) for each in await self.prometheus.alerts() if each.get("state") == "firing"]

    async def _looking_back(self) -> dict[str, timedelta]:
        """For how long each alert may go on, by its own rule, after all is well again."""
        found: dict[str, timedelta] = {}
        for rule in await self.prometheus.rules():
            windows = [span(each) for each in RANGE.findall(str(rule.get("query", "")))]
            after = timedelta(seconds=float(rule.get("keepFiringFor") or 0))
            whole = max(windows, default=timedelta()) + after
            name = str(rule.get("name", ""))
            found[name] = max(whole, found.get(name, timedelta()))
        return found

    async def _errors(self, service: str, namespace: str) -> Signal | None:
        """Only where many fail now; back to few, or to a quarter of what it is."""
        labels = {"service": service, "namespace": namespace}
        share = await self._share(labels)
        if share is None or share < FAILING:
            return None
        return Signal("errors", service, labels, max(FEW, round(share / 4, 4)))

    async def _share(self, labels: Mapping[str, str]) -> float | None:
        """Of the requests of the last two minutes, how many failed; None: there were none, or nobody counts them."""
        within = f'service="{labels["service"]}",namespace="{labels["namespace"]}"'
        by_code, by_status = (f'sum(rate(http_requests_total{{{within},{name}=~"5.."}}[2m]))' for name in CODES)
        query = f"({by_code} or {by_status}) / (sum(rate(http_requests_total{{{within}}}[2m])) > 0)"
        answer = await self.prometheus.instant(query, self.now().timestamp())
        values = [value for series in answer.series for _, value in series.points[-1:]]
        return values[0] if values else None


def span(written: str) -> timedelta:
    """A length of time as PromQL writes it: 1h30m."""
    return sum((timedelta(seconds=int(n) * UNITS[unit]) for n, unit in PART.findall(written)), timedelta())


def steady(labels: Mapping[str, str]) -> Mapping[str, str]:
    """Without what changes while the same goes on: the next pod, and another reason, are no end of an alert."""
    workload = any(labels.get(each) for each in NAMES if each not in {"pod", "job"})
    fleeting = FLEETING | (SCRAPED if labels.get("namespace") else set()) | ({"pod"} if workload else set())
    return {name: value for name, value in labels.items() if name not in fleeting}


def about(alert: Alert, target: Target) -> bool:
    """Whether an alert is on what a repair is done to, by its labels."""
    labels = alert.labels
    if target.kind == "Node":
        return any(labels.get(name, "").partition(":")[0] == target.name for name in NODES)
    if not target.namespace or labels.get("namespace") != target.namespace:
        return False
    named = [labels[name] for name in NAMES if labels.get(name)]
    return any(_same(each, target.name) for each in named) if named else True


def _same(said: str, name: str) -> bool:
    """A workload, and the pods that it makes."""
    return said == name or said.startswith(f"{name}-") or name.startswith(f"{said}-")


def _services(incident: Incident, targets: Sequence[Target]) -> list[tuple[str, str]]:
    """The services that the alerts name and the repair touches."""
    named = [
        (alert.labels["service"], alert.labels["namespace"])
        for alert in incident.alerts
        if alert.firing and alert.labels.get("service") and any(about(alert, target) for target in targets)
        if alert.labels.get("namespace") and not set('"\\\n') & set(alert.labels["service"] + alert.labels["namespace"])
    ]
    return list(dict.fromkeys(named))[:MOST]
