"""Asks Prometheus for weeks of many series in bounded pieces, and keeps what came when it stops answering."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx

from skills.capacity.settings import CapacitySettings, PrometheusAddress
from skills.capacity.wording import Remark
from skills.errors import BadArguments, Unreachable
from skills.http import MEBIBYTE, Http, Params, Server

ANSWERED = {"data": {"result": [{"metric": dict, "values": [list], "value": list}]}}
HOUR = 3600
DAY = 24 * HOUR
Key = tuple[tuple[str, str], ...]
Values = list[tuple[float, float]]
MOST_POINTS = 100_000
"""Points asked for at once, over all series."""


@dataclass(frozen=True, slots=True)
class Line:
    """One series as Prometheus gave it."""

    labels: Mapping[str, str]
    points: tuple[tuple[float, float], ...]

    @property
    def name(self) -> str:
        """Its labels in one line."""
        told = ", ".join(f"{key}={value}" for key, value in sorted(self.labels.items()) if key != "__name__")
        return told or self.labels.get("__name__", "")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came, and what did not."""

    lines: tuple[Line, ...]
    gaps: tuple[Remark, ...] = ()


class PrometheusReader:
    """Read-only, and never more than asked for."""

    def __init__(
        self, address: PrometheusAddress, settings: CapacitySettings, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._settings = settings
        self._public = (address.public_url or address.url).rstrip("/")
        server = Server(
            "Prometheus",
            address.url,
            token=address.token.get_secret_value(),
            token_file=address.token_file,
            user=address.user,
            password=address.password.get_secret_value(),
            ca_file=address.ca_file,
            check_certificate=address.check_certificate,
            timeout=settings.timeout,
            most_bytes=64 * MEBIBYTE,
            tries=2,
        )
        self._http = Http(server, transport)

    async def now_values(self, query: str, at: float) -> list[Line]:
        """The value of each series at one moment."""
        answer = await self._http.read_json("/api/v1/query", form={"query": query, "time": at}, like=ANSWERED)
        try:
            return [
                Line(one["metric"], ((float(one["value"][0]), float(one["value"][1])),))
                for one in _vector(answer)
                if "value" in one
            ]
        except (KeyError, TypeError, ValueError, IndexError) as error:  # points that are none
            raise self._http.strange() from error

    async def now_value(self, query: str, at: float) -> float | None:
        """The value of the only series, or None."""
        found = await self.now_values(query, at)
        value = found[0].points[0][1] if found else math.nan
        return value if math.isfinite(value) else None

    async def history(
        self,
        query: str,
        end: float,
        days: int,
        *,
        series: int | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Answer:
        """The last `days`, newest piece first. A piece that fails ends it; what came before is kept."""
        step = self._settings.step_seconds
        count = series if series is not None else await self._count(query, end)
        span = max(6 * HOUR, min(2 * DAY, int(MOST_POINTS / max(count, 1)) * step))
        points: dict[Key, Values] = {}
        first = end - days * DAY
        until = float(math.floor(end / step) * step)
        gaps: tuple[Remark, ...] = ()
        pieces = math.ceil((until - first) / span)
        while until > first:
            since = max(first, until - span + step)
            try:
                piece = await self._range(query, since, until, step)
            except Unreachable as error:
                if not points:
                    raise
                missing = round((until - first) / DAY, 1)
                gaps = (Remark("partial", missing=missing, wanted=days, why=str(error.values.get("why", error))),)
                break
            for key, values in piece:
                points.setdefault(key, [])[:0] = values
            until = since - step
            if progress is not None:
                progress(pieces - math.ceil(max(0.0, until - first) / span), pieces)
        return Answer(tuple(Line(dict(key), tuple(values)) for key, values in sorted(points.items())), gaps)

    def link(self, query: str, days: int) -> str:
        """Where a person sees the same series."""
        shown = {"g0.expr": query, "g0.range_input": f"{days}d", "g0.tab": "0"}
        return f"{self._public}/graph?{urlencode(shown)}"

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.close()

    async def _count(self, query: str, at: float) -> int:
        """How many series there are; BadArguments if that is more than can be borne."""
        counted = await self.now_value(f"count({query})", at)
        count = int(counted or 0)
        if count > self._settings.most_series:
            raise BadArguments("too_many_series", found=count, most=self._settings.most_series)
        return count

    async def _range(self, query: str, since: float, until: float, step: int) -> list[tuple[Key, Values]]:
        asked: Params = {"query": query, "start": since, "end": until, "step": step}
        found = _vector(await self._http.read_json("/api/v1/query_range", form=asked, like=ANSWERED))
        try:
            return [
                (tuple(sorted(one["metric"].items())), [(float(t), _number(v)) for t, v in one["values"]])
                for one in found
            ]
        except (KeyError, TypeError, ValueError) as error:  # points that are none
            raise self._http.strange() from error


def _vector(answer: Any) -> list[dict[str, Any]]:
    try:
        found = answer["data"]["result"]
        return found if isinstance(found, list) and all(isinstance(one, dict) for one in found) else []
    except (TypeError, KeyError) as error:
        raise Unreachable("not_json", system="Prometheus", url="") from error


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
