"""Alertmanager's HTTP API, version 2: alerts and silences."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from skills.alertmanager.settings import AlertmanagerSettings
from skills.errors import BadArguments
from skills.http import Http, Server
from skills.shapes import agrees

Found = Mapping[str, Any]
"""An alert or a silence, as the API has it."""

ALERT = {"labels": dict, "annotations": dict, "status": dict, "startsAt": str, "endsAt": str, "fingerprint": str}
SILENCED = {"id": str, "matchers": [dict], "status": dict, "startsAt": str, "endsAt": str, "comment": str}

_MATCHER = re.compile(r"""^\s*([a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*["']?([^"',{}]*)["']?\s*$""")


@dataclass(frozen=True, slots=True)
class Matcher:
    """One rule on a label."""

    label: str
    sign: str
    value: str

    def __str__(self) -> str:
        return f"{self.label}{self.sign}{self.value}"

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether an alert with these labels is meant."""
        has = labels.get(self.label, "")
        same = re.fullmatch(self.value, has) is not None if "~" in self.sign else has == self.value
        return same != self.sign.startswith("!")

    def as_json(self) -> dict[str, str | bool]:
        """As the API has it."""
        return {
            "name": self.label,
            "value": self.value,
            "isRegex": "~" in self.sign,
            "isEqual": not self.sign.startswith("!"),
        }


class AlertmanagerClient:
    """One Alertmanager, or a cluster of them behind one address."""

    def __init__(self, settings: AlertmanagerSettings, http: Http | None = None) -> None:
        self._http = http or Http(
            Server(
                "Alertmanager",
                settings.url,
                token=settings.token.get_secret_value(),
                token_file=settings.token_file,
                user=settings.user,
                password=settings.password.get_secret_value(),
                ca_file=settings.ca_file,
                check_certificate=settings.check_certificate,
                timeout=settings.timeout,
            )
        )

    async def alerts(self) -> Sequence[Found]:
        """All that it knows, silenced ones too. One that is none is left out: it must not hide the others."""
        found: Sequence[Found] = await self._http.read_json("/api/v2/alerts", like=[dict])
        return [each for each in found if agrees(each, ALERT)]

    async def silences(self) -> Sequence[Found]:
        """All that it remembers, ended ones too."""
        found: Sequence[Found] = await self._http.read_json("/api/v2/silences", like=[SILENCED])
        return found

    async def silence(self, id: str) -> Found:
        """One of them."""
        found: Found = await self._http.read_json(f"/api/v2/silence/{id}", like=SILENCED)
        return found

    async def create(self, silence: Found) -> str:
        """Make one; gives its id."""
        made = await self._http.write_json("POST", "/api/v2/silences", silence)
        return str(made["silenceID"])

    async def expire(self, id: str) -> None:
        """End one now."""
        await self._http.write_json("DELETE", f"/api/v2/silence/{id}", None)

    async def configuration(self) -> str:
        """As it was loaded, with its secrets left out by Alertmanager itself."""
        status = await self._http.read_json("/api/v2/status", like={"config": dict})
        return str((status.get("config") or {}).get("original", ""))

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.close()


def read_matchers(written: str) -> tuple[Matcher, ...]:
    """alertname=HighLatency,namespace=shop -> matchers.

    Raises:
        BadArguments: it is not understood, or would silence everything.
    """
    parts = [part for part in re.split(r",(?=\s*[a-zA-Z_]\w*\s*[=!])", written.strip().strip("{}")) if part.strip()]
    found = []
    for part in parts:
        match = _MATCHER.match(part)
        if match is None:
            raise BadArguments("bad_matcher", matcher=part.strip()[:80])
        if "~" in match[2]:
            _check(match[3])
        found.append(Matcher(match[1], match[2], match[3]))
    if not any(each.sign == "=" and each.value for each in found):
        raise BadArguments("silence_too_wide")
    return tuple(found)


def matchers_of(silence: Found) -> tuple[Matcher, ...]:
    """Read back from the API."""
    signs = {(True, False): "=", (True, True): "=~", (False, False): "!=", (False, True): "!~"}
    return tuple(
        Matcher(each["name"], signs[each.get("isEqual", True), each.get("isRegex", False)], each["value"])
        for each in silence.get("matchers") or ()
    )


def moment(text: str) -> datetime:
    """An API time."""
    return datetime.fromisoformat(text)


def _check(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise BadArguments("bad_matcher", matcher=pattern[:80]) from error
