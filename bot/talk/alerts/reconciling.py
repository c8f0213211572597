"""What Alertmanager has against what we heard: a lost call of its webhook is made good within minutes."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.database.rounds import Rounds
from bot.domain.alert import Alert
from bot.errors import BotError
from bot.talk.channels import Ears
from bot.telemetry import ALERTS_RECONCILED
from skills import SkillError
from skills.alertmanager.client import AlertmanagerClient

ROUND = "alertmanager-reconcile"
SOURCE = "alertmanager"
GONE = 3
"""Looks in a row that must miss an alert before it is over: one that has just begun anew knows nothing yet."""
LONGEST_PAUSE = 600.0
log = structlog.get_logger()

Firing = Callable[[], Awaitable[Sequence[Alert]]]
Read = Callable[[Mapping[str, Any]], Alert | None]


class Reconciling:
    """Asks `/api/v2/alerts` now and then, one replica for all."""

    def __init__(
        self,
        client: AlertmanagerClient,
        rounds: Rounds,
        firing: Firing,
        read: Read,
        now: Callable[[], datetime],
        every: float,
    ) -> None:
        """`firing`: the alerts that we take to be on. `read`: an alert of the API as one of ours."""
        self._client = client
        self._rounds = rounds
        self._firing = firing
        self._read = read
        self._now = now
        self._every = every
        self._missed: Counter[str] = Counter()
        self.receiver = ""
        """Of the alerts that are ours; empty: not known yet, nothing is asked."""

    async def look(self, ears: Ears) -> int:
        """Ask once; gives how many alerts nobody had told us of. Raises SkillError, StoreDown."""
        listed = [each for each in await self._client.alerts() if isinstance(each, Mapping)]
        new = 0
        for alert in self._ours(listed):
            if await ears.hear(alert):
                new += 1
                ALERTS_RECONCILED.labels("firing").inc()
        there = {str(each.get("fingerprint")) for each in listed}
        for alert in await self._firing():
            if alert.source != SOURCE or alert.fingerprint in there:
                self._missed.pop(alert.fingerprint, None)
                continue
            self._missed[alert.fingerprint] += 1
            if self._missed[alert.fingerprint] >= GONE:
                del self._missed[alert.fingerprint]
                new += await ears.hear(self._ended(alert))
                ALERTS_RECONCILED.labels("resolved").inc()
        return new

    def _ours(self, listed: Sequence[Mapping[str, Any]]) -> Iterator[Alert]:
        for each in listed:
            status = each.get("status") or {}
            quiet = status.get("state") != "active" or status.get("mutedBy")
            receivers = {one.get("name") for one in each.get("receivers") or ()}
            if not quiet and (not receivers or self.receiver in receivers) and (alert := self._read(each)):
                yield alert

    def _ended(self, alert: Alert) -> Alert:
        now = self._now()
        key = f"alert:{alert.fingerprint}:resolved:{alert.starts_at.isoformat()}:not-there"
        return replace(alert, key=key, firing=False, ends_at=now)

    async def take_turn(self, ears: Ears) -> None:
        """Look, if a look is due and no other replica looks."""
        now, every = self._now(), timedelta(seconds=self._every)
        due = now - (now - datetime.min.replace(tzinfo=now.tzinfo)) % every
        if self.receiver and await self._rounds.take(ROUND, due, now, every):
            if new := await self.look(ears):
                log.warning("alerts were made good by asking Alertmanager", alerts=new)
            await self._rounds.done(ROUND, due)

    async def watch(self, ears: Ears) -> None:
        """For good; ever less often while Alertmanager does not answer."""
        pause = self._every
        while True:
            await asyncio.sleep(pause)
            try:
                await self.take_turn(ears)
                pause = self._every
            except (SkillError, BotError) as error:
                pause = min(pause * 2, LONGEST_PAUSE)
                log.info("Alertmanager cannot be asked what is on", why=str(error), seconds=pause)

    async def close(self) -> None:
        """Let go of the connections."""
        with contextlib.suppress(SkillError):
            await self._client.close()
