"""The Loki HTTP API over any source of streams: queries, labels, series, volume."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.playground.forms import Form, number
from bot.playground.logql import BadLogQuery, LogSource, parse_log_query
from bot.playground.logql.engine import LogEvaluator, find_lines
from bot.playground.logql.tokens import nanoseconds
from bot.playground.logql.tree import LogQuery
from bot.playground.promql.frames import Frame

Json = Any
MOST_LINES = 5000
MOST_SERIES = 500
HOUR = 3600 * 10**9


@dataclass(frozen=True, slots=True)
class LokiBehind:
    """What stands behind the API."""

    source: LogSource
    now: Callable[[], float]
    advance: Callable[[], None] = lambda: None


def application(behind: LokiBehind) -> Starlette:
    """The API as an application."""
    api = LokiApi(behind)
    both = ["GET", "POST"]
    return Starlette(
        routes=[
            Route("/ready", lambda _: PlainTextResponse("ready\n")),
            Route(
                "/loki/api/v1/status/buildinfo",
                lambda _: Response('{"version":"3.7.8"}', media_type="application/json"),
            ),
            Route("/loki/api/v1/query", api.wrap(api.query), methods=both),
            Route("/loki/api/v1/query_range", api.wrap(api.query_range), methods=both),
            Route("/loki/api/v1/labels", api.wrap(api.labels), methods=both),
            Route("/loki/api/v1/label/{name}/values", api.wrap(api.label_values)),
            Route("/loki/api/v1/series", api.wrap(api.series), methods=both),
            Route("/loki/api/v1/index/volume", api.wrap(api.volume), methods=both),
            Route("/loki/api/v1/index/stats", api.wrap(api.stats), methods=both),
        ]
    )


@dataclass(frozen=True, slots=True)
class LokiApi:
    """Answers requests."""

    behind: LokiBehind

    def wrap(self, answer: Callable[[Request, Form], Json]) -> Callable[[Request], Any]:
        """The answer as JSON; errors as plain text, as Loki's are."""

        async def handle(request: Request) -> Response:
            self.behind.advance()
            pairs = list(request.query_params.multi_items())
            if request.method == "POST":
                pairs += [(name, str(value)) for name, value in (await request.form()).multi_items()]
            try:
                body = json.dumps(answer(request, Form(pairs)), ensure_ascii=False)
            except BadLogQuery as wrong:
                return PlainTextResponse(str(wrong), 400)
            return Response(body, media_type="application/json")

        return handle

    def _span(self, form: Form) -> tuple[int, int]:
        now = round(self.behind.now() * 1e9)
        end = moment(form, "end", now)
        since = HOUR
        if form.get("since"):
            try:
                since = nanoseconds(form.get("since"))
            except ValueError as wrong:
                raise BadLogQuery(f"could not parse 'since' parameter: {wrong}") from wrong
        start = moment(form, "start", min(end, now) - since)
        if end < start:
            raise BadLogQuery("end timestamp must not be before or equal to start time")
        return start, end

    def _limit(self, form: Form) -> int:
        text = form.get("limit") or "100"
        if not text.lstrip("-").isdigit():
            raise BadLogQuery(f'strconv.Atoi: parsing "{text}": invalid syntax')
        if int(text) <= 0:
            raise BadLogQuery("limit must be a positive value")
        if int(text) > MOST_LINES:
            raise BadLogQuery(
                f"max entries limit per query exceeded, limit > max_entries_limit_per_query ({text} > {MOST_LINES})"
            )
        return int(text)

    def query(self, _: Request, form: Form) -> Json:
        """An instant query; only numbers can be asked for."""
        tree = parse_log_query(form.one("query"))
        if isinstance(tree, LogQuery):
            raise BadLogQuery(
                "log queries are not supported as an instant query type, please change your query to a range query type"
            )
        at = moment(form, "time", round(self.behind.now() * 1e9))
        steps = np.array([at // 1_000_000], dtype=np.int64)
        value = LogEvaluator(self.behind.source, steps).value(tree)
        stamp = _seconds(int(steps[0]))
        if isinstance(value, Frame):
            _bounded(value)
        if isinstance(value, np.ndarray):
            return _envelope("scalar", [stamp, number(float(value[0]))])
        told = [
            {"metric": dict(labels), "value": [stamp, number(float(value.values[row, 0]))]}
            for row, labels in enumerate(value.labels)
            if value.present[row, 0]
        ]
        return _envelope("vector", told)

    def query_range(self, _: Request, form: Form) -> Json:
        """Lines of a span, or numbers at its steps."""
        tree = parse_log_query(form.one("query"))
        start, end = self._span(form)
        if isinstance(tree, LogQuery):
            direction = (form.get("direction") or "backward").lower()
            if direction not in ("backward", "forward"):
                raise BadLogQuery(f"invalid direction '{direction}'")
            found = find_lines(self.behind.source, tree, start, end, self._limit(form), forward=direction == "forward")
            streams = [{"stream": dict(e.labels), "values": [[str(at), line] for at, line in e.entries]} for e in found]
            return _envelope("streams", streams)
        step = _step(form, start, end)
        if (end - start) / step > 11_000:
            raise BadLogQuery(
                "exceeded maximum resolution of 11,000 points per time series. "
                "Try increasing the value of the step parameter"
            )
        steps = np.arange(start // 1_000_000, end // 1_000_000 + 1, step // 1_000_000, dtype=np.int64)
        frame = LogEvaluator(self.behind.source, steps).frame(tree)
        _bounded(frame)
        told: Json = []
        for row, labels in enumerate(frame.labels):
            there = np.flatnonzero(frame.present[row])
            if len(there):
                points = [[_seconds(int(steps[at])), number(float(frame.values[row, at]))] for at in there]
                told.append({"metric": dict(labels), "values": points})
        return _envelope("matrix", sorted(told, key=lambda line: sorted(line["metric"].items())))

    def _streams(self, form: Form, selectors: list[str]) -> list[dict[str, str]]:
        start, end = self._span(form)
        found: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}
        for text in selectors or ['{__any__=~".*"}']:
            tree = parse_log_query(text) if selectors else None
            if tree is not None and not isinstance(tree, LogQuery):
                raise BadLogQuery("only label matchers are supported")
            matchers = tree.matchers if tree is not None else ()
            for stream in self.behind.source.streams(lambda labels, m=matchers: all(t(labels) for t in m), start, end):
                found[tuple(sorted(stream.labels.items()))] = dict(stream.labels)
        return [found[key] for key in sorted(found)]

    def labels(self, _: Request, form: Form) -> Json:
        """Which label names there are."""
        streams = self._streams(form, [text for text in [form.get("query")] if text])
        return {"status": "success", "data": sorted({name for labels in streams for name in labels})}

    def label_values(self, request: Request, form: Form) -> Json:
        """Which values a label has."""
        name = request.path_params["name"]
        streams = self._streams(form, [text for text in [form.get("query")] if text])
        return {"status": "success", "data": sorted({labels[name] for labels in streams if name in labels})}

    def series(self, _: Request, form: Form) -> Json:
        """Which streams there are."""
        selectors = form.every("match[]") or form.every("match")
        return {"status": "success", "data": self._streams(form, selectors)}

    def volume(self, _: Request, form: Form) -> Json:
        """How many bytes each stream has, by the labels of the selector or those asked for."""
        tree = parse_log_query(form.one("query"))
        if not isinstance(tree, LogQuery):
            raise BadLogQuery("only label matchers are supported")
        start, end = self._span(form)
        names = [name for name in form.get("targetLabels").split(",") if name] or [each.name for each in tree.matchers]
        sizes: dict[tuple[tuple[str, str], ...], int] = {}
        for stream in self.behind.source.streams(lambda labels: all(t(labels) for t in tree.matchers), start, end):
            key = tuple(sorted((name, stream.labels[name]) for name in names if name in stream.labels))
            sizes[key] = sizes.get(key, 0) + sum(len(entry.line.encode()) for entry in stream.entries)
        ordered = sorted(sizes.items(), key=lambda pair: (-pair[1], pair[0]))[: self._limit(form)]
        told = [{"metric": dict(key), "value": [_seconds(end // 1_000_000), str(size)]} for key, size in ordered]
        return _envelope("vector", told)

    def stats(self, _: Request, form: Form) -> Json:
        """How many streams, lines and bytes a selector finds."""
        tree = parse_log_query(form.one("query"))
        if not isinstance(tree, LogQuery):
            raise BadLogQuery("only label matchers are supported")
        found = self.behind.source.streams(lambda labels: all(t(labels) for t in tree.matchers), *self._span(form))
        return {
            "streams": len(found),
            "chunks": len(found),
            "entries": sum(len(stream.entries) for stream in found),
            "bytes": sum(len(entry.line.encode()) for stream in found for entry in stream.entries),
        }


def _bounded(frame: Frame) -> None:
    if len(frame) > MOST_SERIES:
        raise BadLogQuery(
            f"maximum number of series ({MOST_SERIES}) reached for a single query; consider reducing query cardinality "
            "by adding more specific stream selectors, reducing the time range, or aggregating results with functions "
            "like sum(), count() or topk()"
        )


def moment(form: Form, name: str, default: int) -> int:
    """A time in nanoseconds: nanoseconds, seconds with a fraction, or RFC 3339."""
    text = form.get(name)
    if not text:
        return default
    try:
        if text.lstrip("-").isdigit():
            return int(text) * 10**9 if len(text.lstrip("-")) <= 10 else int(text)
        if "T" not in text:
            return round(float(text) * 1000) * 1_000_000
        return round(datetime.fromisoformat(text).timestamp() * 1e6) * 1000
    except ValueError as wrong:
        raise BadLogQuery(f"could not parse '{name}' parameter: {wrong}") from wrong


def _step(form: Form, start: int, end: int) -> int:
    text = form.get("step")
    if not text:
        return max(1, (end - start) // 10**9 // 250) * 10**9
    try:
        step = round(float(text) * 1e9) if text.replace(".", "", 1).isdigit() else nanoseconds(text)
    except ValueError as wrong:
        raise BadLogQuery(f'cannot parse "{text}" to a valid duration') from wrong
    if step <= 0:
        raise BadLogQuery("zero or negative query resolution step widths are not accepted. Try a positive integer")
    return step


def _seconds(milliseconds: int) -> float | int:
    return milliseconds // 1000 if milliseconds % 1000 == 0 else milliseconds / 1000


def _envelope(kind: str, told: Json) -> Json:
    return {"status": "success", "data": {"resultType": kind, "result": told, "stats": {}}}
