"""Two changes, each the undo of the other: make a silence, end a silence."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import cast

from skills.alertmanager.client import AlertmanagerClient, Found, Matcher, matchers_of, moment
from skills.change import Preview, Snapshot, Target, Verification
from skills.clock import Clock
from skills.errors import BadArguments
from skills.evidence import JSON, Evidence
from skills.words import counted, told

AUTHOR = "DutyBot"


class CreateSilence:
    """Alerts that match tell nobody for a while."""

    def __init__(
        self, client: AlertmanagerClient, clock: Clock, matchers: tuple[Matcher, ...], length: timedelta, comment: str
    ) -> None:
        self._client, self._clock = client, clock
        self._matchers, self._length, self._comment = matchers, length, comment

    @property
    def target(self) -> Target:
        """The alerts, by the labels that name them."""
        named = {each.label: each.value for each in self._matchers if each.sign == "="}
        return Target("Silence", named.get("alertname") or self._words, named.get("namespace", ""))

    @property
    def _words(self) -> str:
        return ", ".join(str(each) for each in self._matchers)

    async def preview(self) -> Preview:
        """Which alerts would fall silent now."""
        hushed = [
            alert
            for alert in await self._client.alerts()
            if all(each.matches(alert["labels"]) for each in self._matchers)
        ]
        names = [f"{alert['labels'].get('alertname', '?')} {alert['status']['state']}" for alert in hushed]
        until = self._clock.now() + self._length
        return Preview(
            diff=(f"silence {self._words} until {until:%Y-%m-%d %H:%M %Z}",),
            notes=(told(f"{counted(len(hushed), 'alert')} now.", f"目前匹配 {len(hushed)} 条告警。"), *names[:10]),
            figures={"alerts": float(len(hushed))},
        )

    async def observe(self) -> Snapshot:
        """When it was asked: from it the mark is made by which the silence is known again."""
        start = self._clock.now().astimezone(UTC)
        seed = f"{self._words} {self._length.total_seconds()} {self._comment} {start.isoformat()}"
        mark = hashlib.sha256(seed.encode()).hexdigest()[:12]
        return Snapshot(mark, "", 0, cast("JSON", {"mark": mark, "start": start.isoformat()}))

    async def run(self, snapshot: Snapshot) -> Evidence:
        """Make it, if it is not there already."""
        made = await self._made(snapshot)
        if made is None:
            start = self._clock.now().astimezone(UTC)
            silence = {
                "matchers": [each.as_json() for each in self._matchers],
                "startsAt": start.isoformat(),
                "endsAt": (start + self._length).isoformat(),
                "createdBy": AUTHOR,
                "comment": f"{self._comment} [{snapshot.uid}]",
            }
            known_as = await self._client.create(silence)
        else:
            known_as = made["id"]
        return Evidence(
            told(f"Silenced: {self._words}", f"已静默：{self._words}"),
            "POST /api/v2/silences",
            facts={"id": known_as, "matchers": self._words},
        )

    async def took(self, snapshot: Snapshot) -> bool:
        """It is there."""
        return await self._made(snapshot) is not None

    async def verify(self, snapshot: Snapshot) -> Verification:
        """It is active."""
        made = await self._made(snapshot)
        if made is None:
            return Verification(True, False, told("the silence is not there", "静默不存在"))
        state = made["status"]["state"]
        return Verification(
            state != "pending",
            True if state == "active" else None,
            told(f"the silence is {state}", f"静默状态为 {state}"),
        )

    async def undo(self, snapshot: Snapshot) -> Evidence:
        """End it."""
        made = await self._made(snapshot)
        if made is None:
            return Evidence(told("There is no silence to end", "没有需要结束的静默"), "GET /api/v2/silences")
        await self._client.expire(made["id"])
        return Evidence(
            told(f"No longer silenced: {self._words}", f"已解除静默：{self._words}"),
            f"DELETE /api/v2/silence/{made['id']}",
        )

    async def _made(self, snapshot: Snapshot) -> Found | None:
        for each in await self._client.silences():
            if f"[{snapshot.uid}]" in each.get("comment", "") and each["status"]["state"] != "expired":
                return each
        return None


class ExpireSilence:
    """Alerts tell people again."""

    def __init__(self, client: AlertmanagerClient, clock: Clock, id: str) -> None:
        self._client, self._clock, self._id = client, clock, id

    @property
    def target(self) -> Target:
        """The silence."""
        return Target("Silence", self._id)

    async def preview(self) -> Preview:
        """What it says, and until when it would have held."""
        silence = await self._look()
        words = ", ".join(str(each) for each in matchers_of(silence))
        return Preview(
            diff=(f"silence {words} until {silence['endsAt'][:16]} -> ended now",),
            notes=(f"{silence.get('createdBy', '?')}: {silence.get('comment', '')}",),
        )

    async def observe(self) -> Snapshot:
        """The silence whole, so that it can be made again."""
        silence = await self._look()
        kept = {key: silence[key] for key in ("matchers", "endsAt", "createdBy", "comment")}
        return Snapshot(self._id, str(silence.get("updatedAt", "")), 0, cast("JSON", kept))

    async def run(self, snapshot: Snapshot) -> Evidence:
        """End it; ended is ended."""
        silence = await self._client.silence(self._id)
        if silence["status"]["state"] != "expired":
            await self._client.expire(self._id)
        return Evidence(
            told(f"Silence {self._id} has ended", f"静默 {self._id} 已结束"),
            f"DELETE /api/v2/silence/{self._id}",
            facts={"id": self._id},
        )

    async def took(self, snapshot: Snapshot) -> bool:
        """It has ended."""
        return bool((await self._client.silence(self._id))["status"]["state"] == "expired")

    async def verify(self, snapshot: Snapshot) -> Verification:
        """It is expired."""
        state = (await self._client.silence(self._id))["status"]["state"]
        return Verification(True, state == "expired", told(f"the silence is {state}", f"静默状态为 {state}"))

    async def undo(self, snapshot: Snapshot) -> Evidence:
        """Make it again, until the time it was meant for."""
        kept = cast("dict[str, str]", snapshot.before)
        now = self._clock.now().astimezone(UTC)
        if moment(kept["endsAt"]) <= now:
            return Evidence(told("It would have ended by now", "它本来也已经到期"), "nothing")
        for each in await self._client.silences():
            same = (each["comment"], each["endsAt"], each["matchers"]) == (
                kept["comment"],
                kept["endsAt"],
                kept["matchers"],
            )
            if same and each["status"]["state"] != "expired":
                return Evidence(
                    told("It is silenced again already", "已经重新静默"),
                    "GET /api/v2/silences",
                    facts={"id": each["id"]},
                )
        known_as = await self._client.create({**kept, "startsAt": now.isoformat()})
        return Evidence(told("It is silenced again", "已重新静默"), "POST /api/v2/silences", facts={"id": known_as})

    async def _look(self) -> Found:
        silence = await self._client.silence(self._id)
        if silence["status"]["state"] == "expired":
            raise BadArguments("silence_over", id=self._id)
        return silence


def length_of(text: str, span: tuple[datetime, datetime], most_hours: float) -> timedelta:
    """How long a silence holds.

    Raises:
        BadArguments: longer than may be.
    """
    length = span[1] - span[0]
    if length > timedelta(hours=most_hours):
        raise BadArguments("silence_too_long", text=text, most=f"{most_hours:g}")
    return length
