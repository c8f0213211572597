"""Our own incidents as a source of the library: those that are over, whose cause was found, and that nobody refused."""

from collections.abc import AsyncIterator
from datetime import datetime

from bot.act.gate import Gate
from bot.database import Database
from bot.domain.incident import Incident
from bot.hall.closing import draft_of, repairs_of
from bot.hall.home import Home
from bot.think.ended import ended
from knowledge import Document
from knowledge.importers import JSON, Batch

NAME = "incidents"
AT_ONCE = 50
SETTLED = frozenset({"moment_case_kept", "moment_case_dropped"})
"""Kept as a case it stands there already, in words that people chose; dropped, they did not want it."""


class PastIncidents:
    """Read in the order in which they were last changed; what comes again costs nothing."""

    source = NAME

    def __init__(self, database: Database, gate: Gate, home: Home) -> None:
        self._database = database
        self._gate = gate
        self._home = home

    async def batches(self, cursor: JSON) -> AsyncIterator[Batch]:
        """The cursor: when the last one was changed, and its id."""
        after = (str(cursor["at"]), str(cursor["id"])) if isinstance(cursor, dict) else ("", "")
        while some := await ended(self._database, after, AT_ONCE):
            known, gone = [], []
            for incident, changed in some:
                if (document := await self._document(incident)) is not None:
                    known.append(document)
                else:
                    gone.append(incident.id)
                after = (changed.isoformat(), incident.id)
            yield Batch(tuple(known), tuple(gone), cursor={"at": after[0], "id": after[1]})

    async def _document(self, incident: Incident) -> Document | None:
        report = incident.report
        if report is None or report.healthy or SETTLED & {each.what for each in incident.moments}:
            return None
        draft = draft_of(incident, await repairs_of(incident, self._gate), self._home)
        return Document(
            title=draft.title,
            text=draft.text(),
            url="",
            key=incident.id,
            kind="incident",
            updated=_ended(incident),
            services=draft.services,
            namespaces=draft.namespaces,
            alerts=draft.alerts,
        )

    async def census(self) -> frozenset[str] | None:
        """What is gone is told with what is new."""
        return None

    async def close(self) -> None:
        """Everything is lent."""


def _ended(incident: Incident) -> datetime:
    return incident.resolved_at or incident.opened_at
