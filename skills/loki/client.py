"""Loki's HTTP API: lines, counts over time, labels."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from skills.errors import BadArguments, NotFound
from skills.evidence import Series
from skills.http import MEBIBYTE, Http, Server
from skills.loki.settings import LokiSettings
from skills.timerange import TimeRange
from skills.words import told

MOST_BYTES = 2 * MEBIBYTE
LONGEST_LINE = 2000
ANSWERED = {"data": {"result": [{"stream": dict, "metric": dict, "values": [list]}]}}


@dataclass(frozen=True, slots=True)
class Line:
    """One line that something wrote."""

    at: float
    text: str
    labels: Mapping[str, str]

    @property
    def source(self) -> str:
        """Who wrote it."""
        for label in ("pod", "instance", "container", "service_name", "app", "service", "job"):
            if value := self.labels.get(label):
                return value
        return next(iter(self.labels.values()), "")


@dataclass(frozen=True, slots=True)
class Found:
    """Lines, newest first, and what was left out."""

    lines: tuple[Line, ...]
    gaps: tuple[str, ...] = ()
    full: bool = False
    """There are more than were asked for."""


class LokiClient:
    """One Loki."""

    def __init__(self, settings: LokiSettings, http: Http | None = None, most_bytes: int = MOST_BYTES) -> None:
        """`most_bytes`: of one answer; what is larger is asked for again with fewer lines."""
        self._settings = settings
        self._http = http or Http(replace(server(settings), most_bytes=most_bytes))

    @property
    def received(self) -> int:
        """Bytes read so far."""
        return self._http.received

    async def lines(self, query: str, span: TimeRange, most: int) -> Found:
        """The newest lines of a stretch; fewer if they are too long to bear."""
        limit = min(most, self._settings.most_lines)
        while True:
            try:
                answer = await self._ask(query, span, {"limit": limit, "direction": "backward"})
                break
            except BadArguments as error:
                if error.key != "too_large" or limit < 10:
                    raise
                limit //= 4
        found = sorted(self._lines(answer), key=lambda line: line.at, reverse=True)
        full = len(found) >= limit
        gaps = (
            (
                told(
                    f"Only the newest {len(found)} lines were read; there may be more.",
                    f"只读取了最新的 {len(found)} 行；可能还有更多。",
                ),
            )
            if full
            else ()
        )
        return Found(tuple(found), gaps, full)

    async def spread(self, query: str, span: TimeRange, most: int) -> Found:
        """Lines from the whole stretch: where there are too many, some from each quarter of it."""
        first = await self.lines(query, span, most)
        if not first.full:
            return first
        quarter = (span.end - span.start) / 4
        kept: dict[tuple[float, str, str], Line] = {}
        for number in range(4):
            part = TimeRange(span.start + number * quarter, span.start + (number + 1) * quarter)
            for line in (await self.lines(query, part, most // 4)).lines:
                kept[line.at, line.source, line.text] = line
        lines = tuple(sorted(kept.values(), key=lambda line: line.at, reverse=True))
        return Found(
            lines,
            (
                told(
                    f"There are too many lines: {len(lines)} from all over the time were read.",
                    f"日志行太多：从整段时间里读取了 {len(lines)} 行。",
                ),
            ),
            full=True,
        )

    async def counts(self, query: str, span: TimeRange, step: int) -> tuple[Series, ...]:
        """A metric query over a stretch."""
        answer = await self._ask(query, span, {"step": step})
        try:
            return tuple(_counted(entry) for entry in answer.get("result") or () if "metric" in entry)
        except (KeyError, TypeError, ValueError) as error:  # points that are none
            raise self._http.strange() from error

    async def labels(self, span: TimeRange) -> tuple[str, ...]:
        """Which labels streams have."""
        answer = await self._http.read_json("/loki/api/v1/labels", _times(span), like={"data": [str]})
        return tuple(answer.get("data") or ())

    async def label_values(self, label: str, span: TimeRange) -> tuple[str, ...]:
        """Which values a label has."""
        path = f"/loki/api/v1/label/{quote(label)}/values"
        answer = await self._http.read_json(path, _times(span), like={"data": [str]})
        return tuple(answer.get("data") or ())

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.close()

    def _lines(self, answer: Mapping[str, Any]) -> list[Line]:
        try:
            return list(_lines(answer))
        except (KeyError, TypeError, ValueError) as error:  # lines that are none
            raise self._http.strange() from error

    async def _ask(self, query: str, span: TimeRange, more: Mapping[str, Any]) -> Mapping[str, Any]:
        params = {"query": query, **_times(span), **more}
        try:
            answer = await self._http.read_json("/loki/api/v1/query_range", params, like=ANSWERED)
        except (BadArguments, NotFound) as error:
            if error.key == "too_large":
                raise
            raise BadArguments("bad_logql", query=query[:200], why=error.values.get("why", "")) from error
        data: Mapping[str, Any] = answer.get("data") or {}
        return data


def server(settings: LokiSettings) -> Server:
    """Where it is and how it knows us."""
    return Server(
        "Loki",
        settings.url,
        token=settings.token.get_secret_value(),
        token_file=settings.token_file,
        user=settings.user,
        password=settings.password.get_secret_value(),
        ca_file=settings.ca_file,
        check_certificate=settings.check_certificate,
        headers={"X-Scope-OrgID": settings.tenant} if settings.tenant else {},
        timeout=settings.timeout,
        most_bytes=MOST_BYTES,
    )


def link(settings: LokiSettings, query: str, span: TimeRange) -> str | None:
    """Grafana Explore with this query, if Grafana is set up: Loki has no page of its own."""
    if not (settings.grafana_url and settings.grafana_datasource):
        return None
    source = {"type": "loki", "uid": settings.grafana_datasource}
    pane = {
        "datasource": settings.grafana_datasource,
        "queries": [{"refId": "A", "datasource": source, "expr": query}],
        "range": {
            "from": str(int(span.start.timestamp() * 1000)),
            "to": str(int(span.end.timestamp() * 1000)),
        },
    }
    panes = quote(json.dumps({"a": pane}, separators=(",", ":"), ensure_ascii=False))
    return f"{settings.grafana_url.rstrip('/')}/explore?schemaVersion=1&panes={panes}"


def shown(lines: Iterable[Line], zone: Any) -> tuple[str, ...]:
    """As people read logs: when, who, what."""
    return tuple(
        f"{datetime.fromtimestamp(line.at, UTC).astimezone(zone):%m-%d %H:%M:%S} {line.source} {line.text}"
        for line in lines
    )


def _times(span: TimeRange) -> dict[str, Any]:
    return {
        "start": str(int(span.start.timestamp() * 1e6) * 1000),
        "end": str(int(span.end.timestamp() * 1e6) * 1000),
    }


def _counted(entry: Mapping[str, Any]) -> Series:
    name = ", ".join(map(str, entry["metric"].values())) or "lines"
    points = tuple((float(at), float(value)) for at, value in entry["values"])
    return Series(name, dict(entry["metric"]), points, "lines")


def _lines(answer: Mapping[str, Any]) -> Iterable[Line]:
    for stream in answer.get("result") or ():
        if "stream" not in stream:
            raise BadArguments("logql_not_lines")
        for at, text, *_ in stream["values"]:
            yield replace(Line(int(at) / 1e9, str(text), stream["stream"]), text=_short(str(text)))


def _short(text: str) -> str:
    text = text.rstrip()
    return text if len(text) <= LONGEST_LINE else text[: LONGEST_LINE - 1] + "…"
