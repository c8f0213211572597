"""The one header card of each incident, which tells how it stands in the end, whoever shows it last."""

import asyncio
from weakref import WeakValueDictionary

from bot.domain.incident import Incident
from bot.hall.home import Home
from bot.hall.silencing import Silencing
from bot.talk.cards.incident import incident_card
from bot.talk.cards.words import Words
from bot.talk.outbox import Outbox
from bot.think.incidents import Incidents


class Headers:
    """Many alerts, people and replicas change an incident at once; each may come to show a state that is over.

    So nobody leaves before what was shown is what is kept, and who finds that shown already has nothing to do.
    """

    def __init__(self, incidents: Incidents, outbox: Outbox, home: Home, silencing: Silencing) -> None:
        self._incidents = incidents
        self._outbox = outbox
        self._home = home
        self._silencing = silencing
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._shown: dict[str, Incident] = {}
        """By id, as this process showed it last; only of what is open."""

    async def show(self, incident: Incident) -> None:
        """The header card of this incident, as it stands now. Raises StoreDown."""
        async with self._turns.setdefault(incident.id, asyncio.Lock()):
            shown = self._shown.pop(incident.id, None)
            while (newest := await self._incidents.get(incident.id) or incident) != shown:
                card = incident_card(newest, Words(self._home.language), self._home.zone, self._silencing.able)
                await self._outbox.show(f"incident:{newest.id}", self._home.thread(newest), card)
                shown = newest
            if newest.open:
                self._shown[newest.id] = newest
