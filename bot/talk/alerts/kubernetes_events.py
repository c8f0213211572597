"""Kubernetes' own warnings as alerts: what is said again and again fires, and is over when it was quiet a while."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from starlette.routing import BaseRoute

from bot.domain.alert import Alert
from bot.domain.plan import digest_of
from bot.errors import BotError
from bot.talk.alerts import Around
from bot.talk.alerts.settings import KubernetesEventsSettings
from bot.talk.channels import Ears
from skills import SkillError
from skills.kubernetes.cluster import Cluster
from skills.kubernetes.connection import connection
from skills.kubernetes.settings import KubernetesSettings
from skills.kubernetes.warnings import Warnings

LABELS = {
    "Pod": "pod",
    "Deployment": "deployment",
    "StatefulSet": "statefulset",
    "DaemonSet": "daemonset",
    "ReplicaSet": "replicaset",
    "Job": "job_name",
    "CronJob": "cronjob",
    "Node": "node",
    "PersistentVolumeClaim": "persistentvolumeclaim",
    "HorizontalPodAutoscaler": "horizontalpodautoscaler",
    "Service": "service",
    "Ingress": "ingress",
}
AGAIN = (1.0, 2.0, 5.0, 15.0, 30.0)
"""Seconds to wait before the cluster is asked again."""
LOOKED = 15.0
log = structlog.get_logger()


class KubernetesEvents:
    """Listed, then watched with resume. Keys tell when a warning began: after a restart nothing is told twice."""

    name = "kubernetes_events"

    def __init__(self, settings: KubernetesEventsSettings, warnings: Warnings, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._warnings = warnings
        self._now = now
        self._firing: dict[str, tuple[Alert, datetime]] = {}
        """Alert and when it was last told, by fingerprint."""
        self._tasks: tuple[asyncio.Task[None], ...] = ()

    async def start(self, ears: Ears) -> None:
        self._tasks = (asyncio.create_task(self._watch(ears)), asyncio.create_task(self._calm(ears)))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def routes(self) -> Sequence[BaseRoute]:
        return ()

    async def _watch(self, ears: Ears) -> None:
        failed = 0
        while True:
            try:
                if not self._warnings.version:
                    for event in await self._warnings.listed():
                        await self.see(event, ears)
                async for event in self._warnings.follow():
                    failed = 0
                    await self.see(event, ears)
            except (SkillError, BotError) as error:
                log.warning("Kubernetes events are not heard", why=str(error))
                await asyncio.sleep(AGAIN[min(failed, len(AGAIN) - 1)])
                failed += 1

    async def _calm(self, ears: Ears) -> None:
        while True:
            await asyncio.sleep(LOOKED)
            try:
                await self.call_off(ears)
            except BotError as error:
                log.warning("The end of a warning was not kept", why=str(error))

    async def see(self, event: Mapping[str, Any], ears: Ears) -> bool:
        """One event, as the API has it; True: it is an alert that nobody had heard."""
        about = event.get("involvedObject") or event.get("regarding") or {}
        count = event.get("count") or (event.get("series") or {}).get("count") or 1
        last = _moment(event, "lastTimestamp", "eventTime") or self._now()
        space = str(about.get("namespace") or "")
        wanted = not self._settings.namespaces or space in self._settings.namespaces
        if not wanted or int(count) < self._settings.least_count or self._now() - last > self._quiet:
            return False
        labels = {
            "alertname": str(event.get("reason") or "Warning"),
            "severity": "warning",
            LABELS.get(str(about.get("kind")), "object"): str(about.get("name") or ""),
        } | ({"namespace": space} if space else {})
        fingerprint = digest_of(labels)[:16]
        known = self._firing.get(fingerprint)
        begun = known[0].starts_at if known else _moment(event, "firstTimestamp", "eventTime") or last
        alert = Alert(
            key=f"alert:{fingerprint}:firing:{begun.isoformat()}",
            fingerprint=fingerprint,
            labels=labels,
            firing=True,
            starts_at=begun,
            annotations={"summary": str(event.get("message") or event.get("note") or "")[:500]},
            source=self.name,
        )
        self._firing[fingerprint] = (alert, last)
        return await ears.hear(alert)

    async def call_off(self, ears: Ears) -> int:
        """What has been quiet long enough is over; gives how many."""
        quiet = [one for one, (_, last) in self._firing.items() if self._now() - last > self._quiet]
        for fingerprint in quiet:
            alert, last = self._firing[fingerprint]
            await ears.hear(
                Alert(
                    key=f"alert:{fingerprint}:resolved:{last.isoformat()}",
                    fingerprint=fingerprint,
                    labels=alert.labels,
                    firing=False,
                    starts_at=alert.starts_at,
                    ends_at=last,
                    annotations=alert.annotations,
                    source=self.name,
                )
            )
            del self._firing[fingerprint]
        return len(quiet)

    @property
    def _quiet(self) -> timedelta:
        return timedelta(minutes=self._settings.calm_minutes)


def _moment(event: Mapping[str, Any], *names: str) -> datetime | None:
    for name in names:
        told = event.get(name)
        if isinstance(told, str) and told:
            with contextlib.suppress(ValueError):
                return datetime.fromisoformat(told).astimezone(UTC)
    return None


def make(
    _around: Around | None = None, kubernetes: Mapping[str, Any] | None = None, **settings: Any
) -> KubernetesEvents:
    """From the environment; `settings` win over it, and `kubernetes` over how we sign in to the cluster."""
    signed = KubernetesSettings(**dict(kubernetes or {}))
    warnings = Warnings(Cluster(lambda: connection(signed)))
    return KubernetesEvents(KubernetesEventsSettings(**settings), warnings, lambda: datetime.now(UTC))
