"""Alerts of our own: volumes, quotas and nodes that the capacity forecast says will be full within three days."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from starlette.routing import BaseRoute

from bot.database.rounds import Rounds
from bot.domain.alert import FORESEEN, Alert
from bot.domain.plan import digest_of
from bot.errors import BotError
from bot.talk.alerts import Around
from bot.talk.alerts.foreseen import Foreseen
from bot.talk.alerts.settings import ForecastAlertsSettings
from bot.talk.channels import Ears
from skills import Clock, NotFound, SkillError
from skills.catalogue import Catalogue, discover
from skills.clock import reader_in

TARGETS = ("volume", "namespace", "workload", "pool", "cluster")
NAMES = {"volume": "VolumeFullSoon", "quota": "QuotaExhaustedSoon", "replicas": "AutoscalerAtMostSoon"}
ROUND = "forecast-alerts"
LASTS = timedelta(minutes=15)
"""A look that takes longer has died; another replica then looks."""
log = structlog.get_logger()


class Forecast:
    """Asks the capacity skill now and then: one look for all replicas, and what it told is kept."""

    name = FORESEEN

    def __init__(
        self, settings: ForecastAlertsSettings, catalogue: Catalogue, around: Around, now: Callable[[], datetime]
    ) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._around = around
        self._now = now
        self._foreseen = Foreseen(around.database)
        self._rounds = Rounds(around.database)
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
        known = await self._foreseen.on()
        whole = True
        for target in TARGETS:
            try:
                with reader_in(ZoneInfo(self._around.zone), self._around.language):
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
                    alert = self._alert(target, shortage, sentence, known)
                    seen[alert.fingerprint] = alert
        heard = [await ears.hear(alert) for alert in seen.values()]
        for ended in await self._foreseen.seen(seen, whole):
            await ears.hear(self._ended(ended))
        return sum(heard)

    async def take_turn(self, ears: Ears) -> bool:
        """Look, if a look is due and no other replica looks."""
        now, every = self._now(), timedelta(minutes=self._settings.every_minutes)
        due = now - (now - datetime.min.replace(tzinfo=now.tzinfo)) % every
        if not await self._rounds.take(ROUND, due, now, LASTS):
            return False
        await self.look(ears)
        await self._rounds.done(ROUND, due)
        return True

    async def _watch(self, ears: Ears) -> None:
        while True:
            try:
                await self.take_turn(ears)
            except BotError as error:
                log.warning("A forecast was not kept", why=str(error))
            await asyncio.sleep(min(60.0, self._settings.every_minutes * 60))

    def _alert(self, target: str, shortage: Mapping[str, Any], sentence: str, firing: Mapping[str, Alert]) -> Alert:
        labels = {str(key): str(value) for key, value in dict(shortage.get("labels") or {}).items()}
        fingerprint = digest_of({**labels, "target": target})[:16]
        labels["target"] = target
        labels["alertname"] = NAMES.get(labels.get("measure", ""), "CapacityShortSoon")
        hours = float(shortage.get("expected_full_hours") or 0)
        labels["severity"] = "critical" if hours <= self._settings.urgent_hours else "warning"
        known = firing.get(fingerprint)
        start = known.starts_at if known else self._now()
        return Alert(
            key=f"alert:{fingerprint}:firing:{start.isoformat()}:{labels['severity']}",
            fingerprint=fingerprint,
            labels=labels,
            firing=True,
            starts_at=start,
            annotations={"summary": sentence},
            source=FORESEEN,
        )

    def _ended(self, alert: Alert) -> Alert:
        now = self._now()
        key = f"alert:{alert.fingerprint}:resolved:{alert.starts_at.isoformat()}:{now.isoformat()}"
        return replace(alert, key=key, firing=False, ends_at=now)


def make(around: Around, skills: Mapping[str, Any] | None = None, **settings: Any) -> Forecast:
    """From the environment; `settings` win over it, and `skills` over those of the capacity skill."""
    catalogue = discover(["capacity"], Clock(), {"capacity": dict(skills or {})})
    return Forecast(ForecastAlertsSettings(**settings), catalogue, around, lambda: datetime.now(UTC))
