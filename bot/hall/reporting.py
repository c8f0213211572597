"""The capacity report by the clock: written once for all replicas, and told where incidents are told."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from croniter import croniter

from bot.database import Database
from bot.database.rounds import Rounds
from bot.errors import BotError
from bot.hall.home import Home
from bot.hall.settings import ReportSettings
from bot.talk.cards.capacity import capacity_card
from bot.talk.cards.notice import notice_card
from bot.talk.cards.words import Words
from bot.talk.outbox import Outbox
from bot.talk.threads import our_thread
from skills import SkillError
from skills.action import Action
from skills.clock import reader_in

REPORT = "capacity.capacity_report"
ROUND = "capacity-report"
LASTS = timedelta(minutes=30)
"""A report that takes longer has died; another replica then writes it."""
LATE = timedelta(hours=6)
"""A report that nobody could write for so long is left to the next time."""
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reporting:
    """One report for each time that is due."""

    actions: Mapping[str, Action]
    outbox: Outbox
    rounds: Rounds
    home: Home
    settings: ReportSettings
    now: Callable[[], datetime]

    @classmethod
    def over(
        cls, actions: Mapping[str, Action], outbox: Outbox, database: Database, home: Home, now: Callable[[], datetime]
    ) -> "Reporting":
        """As the environment says."""
        return cls(actions, outbox, Rounds(database), home, ReportSettings(), now)

    async def keep_time(self, seconds: float = 30.0) -> None:
        """For ever; at once over where no report is wanted."""
        while self.settings.cron and REPORT in self.actions:
            try:
                await self.take_turn()
            except BotError as error:
                log.warning("the capacity report waits", why=str(error))
            await asyncio.sleep(seconds)

    async def take_turn(self) -> bool:
        """Write and send it, if it is due and no other replica does."""
        now = self.now().astimezone(ZoneInfo(self.home.zone))
        due: datetime = croniter(self.settings.cron, now + timedelta(seconds=1)).get_prev(datetime)
        if now - due > LATE or not await self.rounds.take(ROUND, due, now, LASTS):
            return False
        words = Words(self.home.language)
        thread = our_thread(self.home.channel, self.home.place, f"{ROUND}:{due.isoformat()}")
        try:
            with reader_in(ZoneInfo(self.home.zone), self.home.language):
                seen = await self.actions[REPORT]({"days": self.settings.days, "language": self.home.language})
            card = capacity_card(seen, words, self.home.zone)
        except SkillError as error:
            why = words.of_error(error.key, error.values, str(error))
            card = notice_card(words("capacity_not_written", why=why), words, "warn")
        await self.outbox.show(f"{ROUND}:{due.isoformat()}", thread, card)
        await self.rounds.done(ROUND, due)
        return True
