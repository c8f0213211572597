"""Alerts of our own: volumes, quotas and nodes that the capacity forecast says will be full within three days."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import structlog
from starlette.routing import BaseRoute

from bot.domain.alert import Alert
from bot.domain.plan import digest_of
from bot.errors import BotError
from bot.talk.alerts.settings import ForecastAlertsSettings
from bot.talk.channels import Ears
from skills import Clock, NotFound, SkillError
from skills.catalogue import Catalogue, discover

TARGETS = ("volume", "namespace", "cluster")
NAMES = {"volume": "VolumeFullSoon", "quota": "QuotaExhaustedSoon"}
CALM = 2
"""Looks in a row that must be quiet before an alert is called off: one forecast may waver."""
log = structlog.get_logger()


class Forecast:
    """Asks the capacity skill now and then. Replicas agree on the keys, so each alert is heard once."""

    name = "forecast"

    def __init__(self, settings: ForecastAlertsSettings, catalogue: Catalogue, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._now = now
        self._firing: dict[str, Alert] = {}
        self._calm: dict[str, int] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self, ears: Ears) -> None:
        self._task = asyncio.create_task(self._watch(ears))

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._catalogue.close()

    def routes(self) -> Sequence[BaseRoute]:
        return ()

    async def look(self, ears: Ears) -> int:
        """Ask once; gives how many alerts were new."""
        seen: dict[str, Alert] = {}
        whole = True
        for target in TARGETS:
            try:
                told = await self._catalogue["capacity.upcoming_shortages"]({"target": target})
            except NotFound:
                continue  # nothing of this kind is watched here
            except SkillError as error:
                whole = False
                log.info("Cannot look ahead", target=target, why=str(error))
                continue
            shortages = told.facts.get("outlooks")
            for shortage, sentence in zip(shortages if isinstance(shortages, list) else [], told.lines, strict=False):
                if isinstance(shortage, dict):
                    alert = self._alert(shortage, sentence)
                    seen[alert.fingerprint] = alert
        gone = self._called_off(seen) if whole else []
        self._firing |= seen
        heard = [await ears.hear(alert) for alert in (*seen.values(), *gone)]
        return sum(heard)

    async def _watch(self, ears: Ears) -> None:
        while True:
            try:
                await self.look(ears)
            except BotError as error:
                log.warning("A forecast was not kept", why=str(error))
            await asyncio.sleep(self._settings.every_minutes * 60)

    def _alert(self, shortage: Mapping[str, Any], sentence: str) -> Alert:
        labels = {str(key): str(value) for key, value in dict(shortage.get("labels") or {}).items()}
        labels["alertname"] = NAMES.get(labels.pop("measure", ""), "CapacityShortSoon")
        fingerprint = digest_of({**labels, "name": str(shortage["name"])})[:16]
        hours = float(shortage.get("expected_full_hours") or 0)
        labels["severity"] = "critical" if hours <= self._settings.urgent_hours else "warning"
        known = self._firing.get(fingerprint)
        start = known.starts_at if known else self._now().replace(hour=0, minute=0, second=0, microsecond=0)
        return Alert(
            key=f"alert:{fingerprint}:firing:{start.isoformat()}:{labels['severity']}",
            fingerprint=fingerprint,
            labels=labels,
            firing=True,
            starts_at=start,
            annotations={"summary": sentence},
            source=self.name,
        )

    def _called_off(self, seen: Mapping[str, Alert]) -> list[Alert]:
        """Alerts that were quiet long enough."""
        gone = []
        for fingerprint, alert in list(self._firing.items()):
            self._calm[fingerprint] = 0 if fingerprint in seen else self._calm.get(fingerprint, 0) + 1
            if self._calm[fingerprint] >= CALM:
                del self._firing[fingerprint], self._calm[fingerprint]
                now = self._now()
                gone.append(
                    Alert(
                        key=f"alert:{fingerprint}:resolved:{now.date().isoformat()}",
                        fingerprint=fingerprint,
                        labels=alert.labels,
                        firing=False,
                        starts_at=alert.starts_at,
                        ends_at=now,
                        annotations=alert.annotations,
                        source=self.name,
                    )
                )
        return gone


def make(skills: Mapping[str, Any] | None = None, **settings: Any) -> Forecast:
    """From the environment; `settings` win over it, and `skills` over those of the capacity skill."""
    catalogue = discover(["capacity"], Clock(), {"capacity": dict(skills or {})})
    return Forecast(ForecastAlertsSettings(**settings), catalogue, lambda: datetime.now(UTC))
