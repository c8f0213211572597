"""What can be asked of Alertmanager, and the silences it can be told."""

from typing import Annotated

from pydantic import Field

from skills.action import action
from skills.alertmanager.client import AlertmanagerClient, matchers_of, read_matchers
from skills.alertmanager.settings import AlertmanagerSettings
from skills.alertmanager.silences import CreateSilence, ExpireSilence, length_of
from skills.change import Deed
from skills.clock import Clock
from skills.durations import parse_duration
from skills.errors import BadArguments
from skills.evidence import Evidence, Table
from skills.names import Span
from skills.numerals import plain
from skills.risk import Risk
from skills.skill import Skill
from skills.words import counted, told

SILENCE_ID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"


class Alertmanager(Skill):
    """Alerts and silences."""

    def __init__(self, settings: AlertmanagerSettings, clock: Clock, client: AlertmanagerClient | None = None) -> None:
        self._settings = settings
        self._clock = clock
        self._client = client or AlertmanagerClient(settings)

    @action(risk=Risk.READ)
    async def alerts(self, matchers: str = "", silenced: bool = False) -> Evidence:
        """List the alerts that fire now, as Alertmanager groups and silences them.

        Args:
            matchers: Only those with these labels, as namespace=shop,severity=critical.
            silenced: Show silenced and inhibited ones too.
        """
        wanted = read_matchers(matchers) if matchers else ()
        found = [
            each
            for each in await self._client.alerts()
            if all(matcher.matches(each["labels"]) for matcher in wanted)
            and (silenced or each["status"]["state"] == "active")
        ]
        found.sort(key=lambda each: str(each["startsAt"]))
        rows = tuple(
            (
                each["labels"].get("alertname", ""),
                each["labels"].get("severity", ""),
                each["labels"].get("namespace", ""),
                str(each["startsAt"])[:19],
                each["status"]["state"],
                each.get("annotations", {}).get("summary", ""),
            )
            for each in found[:100]
        )
        columns = ("alert", "severity", "namespace", "since", "state", "summary")
        return Evidence(
            summary=told(counted(len(found), "alert"), f"{len(found)} 条告警"),
            query="GET /api/v2/alerts",
            url=f"{self._page}/#/alerts",
            table=Table(columns, rows) if rows else None,
            facts={"alerts": [dict(each) for each in found[:100]]},
            gaps=(told(f"{len(found) - 100} more are not shown.", f"还有 {len(found) - 100} 条未显示。"),)
            if len(found) > 100
            else (),
        )

    @action(risk=Risk.READ, command="silences")
    async def list_silences(self, ended: bool = False) -> Evidence:
        """List the silences that hold: whose alerts tell nobody, until when, and why.

        Args:
            ended: Show those that have ended too.
        """
        found = [each for each in await self._client.silences() if ended or each["status"]["state"] != "expired"]
        rows = tuple(
            (
                each["id"],
                ", ".join(str(matcher) for matcher in matchers_of(each)),
                str(each["endsAt"])[:19],
                each["status"]["state"],
                each.get("createdBy", ""),
                each.get("comment", ""),
            )
            for each in found[:100]
        )
        return Evidence(
            summary=told(counted(len(found), "silence"), f"{len(found)} 条静默"),
            query="GET /api/v2/silences",
            url=f"{self._page}/#/silences",
            table=Table(("id", "alerts", "until", "state", "by", "why"), rows) if rows else None,
            facts={"silences": [dict(each) for each in found[:100]]},
            gaps=(told(f"{len(found) - 100} more are not shown.", f"还有 {len(found) - 100} 条未显示。"),)
            if len(found) > 100
            else (),
        )

    @action(
        risk=Risk.CHANGE,
        undo="the silence is ended",
        verify="the silence is active",
        settles_in=30,
    )
    def create_silence(
        self, matchers: str, comment: Annotated[str, Field(min_length=3, max_length=300)], duration: Span = "1h"
    ) -> Deed:
        """Silence alerts for a while: they fire on, and tell nobody.

        Args:
            matchers: Which alerts, as alertname=HighLatency,namespace=shop.
            comment: Why.
            duration: For how long, as 1h or 30分钟.
        """
        length = parse_duration(plain(duration))
        if length is None:
            raise BadArguments("bad_time_range", text=duration)
        now = self._clock.now()
        held = length_of(duration, (now, now + length), self._settings.most_silence_hours)
        return CreateSilence(self._client, self._clock, read_matchers(matchers), held, comment)

    @action(
        risk=Risk.CHANGE,
        undo="the same silence is made again, until the time it was meant for",
        verify="the silence is expired",
        settles_in=30,
    )
    def expire_silence(self, id: Annotated[str, Field(pattern=SILENCE_ID)]) -> Deed:
        """End a silence: its alerts tell people again.

        Args:
            id: Which, as list_silences names it.
        """
        return ExpireSilence(self._client, self._clock, id)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.close()

    @property
    def _page(self) -> str:
        return (self._settings.public_url or self._settings.url).rstrip("/")
