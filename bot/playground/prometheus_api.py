"""The Prometheus HTTP API over any source of series: queries, labels, rules, alerts and targets."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.playground.forms import Form, Refused, bad, number
from bot.playground.promql import Answer, BadQuery, Frame, RawSeries, SeriesSource, evaluate_instant, evaluate_range
from bot.playground.promql.frames import Floats, QueryFailed, is_stale
from bot.playground.promql.selectors import parse, parse_selector, wants

MOST_POINTS = 11_000
VERSION = "3.16.0"
Json = Any


@dataclass(frozen=True, slots=True)
class PrometheusBehind:
    """What stands behind the API."""

    source: SeriesSource
    now: Callable[[], float]
    advance: Callable[[], None] = lambda: None
    rules: Callable[[], Json] = list
    alerts: Callable[[], Json] = list
    targets: Callable[[], Json] = list
    metadata: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def application(behind: PrometheusBehind) -> Starlette:
    """The API as an application."""
    api = PrometheusApi(behind)
    both = ["GET", "POST"]
    return Starlette(
        routes=[
            Route("/-/ready", lambda _: PlainTextResponse("Prometheus Server is Ready.\n")),
            Route("/-/healthy", lambda _: PlainTextResponse("Prometheus Server is Healthy.\n")),
            Route("/api/v1/query", api.wrap(api.query), methods=both),
            Route("/api/v1/query_range", api.wrap(api.query_range), methods=both),
            Route("/api/v1/series", api.wrap(api.series), methods=both),
            Route("/api/v1/labels", api.wrap(api.labels), methods=both),
            Route("/api/v1/label/{name}/values", api.wrap(api.label_values)),
            Route("/api/v1/metadata", api.wrap(api.told_metadata)),
            Route("/api/v1/targets", api.wrap(lambda *_: {"activeTargets": behind.targets(), "droppedTargets": []})),
            Route("/api/v1/rules", api.wrap(lambda *_: {"groups": behind.rules()})),
            Route("/api/v1/alerts", api.wrap(lambda *_: {"alerts": behind.alerts()})),
            Route("/api/v1/format_query", api.wrap(api.format), methods=both),
            Route("/api/v1/status/buildinfo", api.wrap(lambda *_: {"version": VERSION, "revision": "playground"})),
            Route(
                "/api/v1/status/runtimeinfo",
                api.wrap(lambda *_: {"startTime": _iso(behind.now()), "storageRetention": "15d"}),
            ),
        ]
    )


@dataclass(frozen=True, slots=True)
class PrometheusApi:
    """Answers requests."""

    behind: PrometheusBehind

    def wrap(self, answer: Callable[[Request, Form], Json]) -> Callable[[Request], Any]:
        """The answer in Prometheus's envelope; errors in theirs."""

        async def handle(request: Request) -> Response:
            self.behind.advance()
            form = Form([*request.query_params.multi_items(), *(await _posted(request))])
            try:
                body = {"status": "success", "data": answer(request, form)}
                return _json(body)
            except Refused as refused:
                return _error(refused.code, refused.kind, refused.why)
            except BadQuery as wrong:
                return _error(400, "bad_data", str(wrong))
            except QueryFailed as wrong:
                return _error(422, "execution", str(wrong))

        return handle

    def query(self, _: Request, form: Form) -> Json:
        """An instant query."""
        at = form.time("time", self.behind.now())
        return result(evaluate_instant(self.behind.source, form.one("query"), at), limit=form.limit())

    def query_range(self, _: Request, form: Form) -> Json:
        """A range query."""
        start, end, step = form.time("start", None), form.time("end", None), form.duration("step")
        if end < start:
            raise bad("end", "end timestamp must not be before start time")
        if step <= 0:
            raise bad("step", "zero or negative query resolution step widths are not accepted. Try a positive integer")
        if (end - start) / step > MOST_POINTS:
            raise Refused(
                400,
                "bad_data",
                "exceeded maximum resolution of 11,000 points per timeseries. "
                "Try decreasing the query resolution (?step=XX)",
            )
        return result(evaluate_range(self.behind.source, form.one("query"), start, end, step), limit=form.limit())

    def _found(self, form: Form, *, needed: bool) -> list[RawSeries]:
        selectors = form.every("match[]")
        if not selectors and needed:
            raise Refused(400, "bad_data", "no match[] parameter provided")
        start, end = form.time("start", 0.0), form.time("end", self.behind.now())
        start = max(start, end - 7 * 86400_000) if "start" not in form.names() else start
        found: dict[tuple[tuple[str, str], ...], RawSeries] = {}
        for selector in selectors or [""]:
            wanted, name = wants(parse_selector(selector)) if selector else ((lambda _: True), None)
            for series in self.behind.source.select(wanted, name, start - 1, end):
                if len(series.times) and not bool(is_stale(series.values).all()):
                    found[tuple(sorted(series.labels.items()))] = series
        return [found[key] for key in sorted(found)]

    def series(self, _: Request, form: Form) -> Json:
        """Which series there are."""
        return [dict(series.labels) for series in self._found(form, needed=True)][: form.limit() or None]

    def labels(self, _: Request, form: Form) -> Json:
        """Which label names there are."""
        return sorted({name for series in self._found(form, needed=False) for name in series.labels})

    def label_values(self, request: Request, form: Form) -> Json:
        """Which values a label has."""
        name = request.path_params["name"]
        if not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*|U__\w+", name):
            raise Refused(400, "bad_data", f'invalid label name: "{name}"')
        return sorted({series.labels[name] for series in self._found(form, needed=False) if name in series.labels})

    def told_metadata(self, _: Request, form: Form) -> Json:
        """Types and help texts."""
        wanted = form.get("metric")
        return {
            name: [{"type": kind, "help": text, "unit": ""}]
            for name, (kind, text) in self.behind.metadata.items()
            if not wanted or name == wanted
        }

    def format(self, _: Request, form: Form) -> Json:
        """The query, written well."""
        return str(parse(form.one("query")).prettify())


async def _posted(request: Request) -> list[tuple[str, str]]:
    if request.method != "POST":
        return []
    return [(name, str(value)) for name, value in (await request.form()).multi_items()]


def result(answer: Answer, limit: int = 0) -> Json:
    """An answer in the form of the API."""
    told: Json
    if answer.kind == "scalar":
        assert isinstance(answer.value, np.ndarray)
        told = _point(answer.steps[0], answer.value[0])
    elif answer.kind == "string":
        told = [answer.steps[0] / 1000, answer.value]
    elif answer.kind == "vector":
        assert isinstance(answer.value, Frame)
        frame = answer.value
        told = [
            {"metric": dict(labels), "value": _point(answer.steps[0], frame.values[row, 0])}
            for row, labels in enumerate(frame.labels)
            if frame.present[row, 0]
        ]
    elif isinstance(answer.value, Frame):
        told = [line for row in range(len(answer.value)) if (line := _row(answer, answer.value, row))]
        told.sort(key=lambda line: sorted(line["metric"].items()))
    else:
        assert isinstance(answer.value, list)
        told = [
            {
                "metric": dict(each.labels),
                "values": [_point(at, v) for at, v in zip(each.times, each.values, strict=True)],
            }
            for each in answer.value
        ]
    if limit and isinstance(told, list) and answer.kind in ("vector", "matrix"):
        told = told[:limit]
    return {"resultType": answer.kind, "result": told}


def _row(answer: Answer, frame: Frame, row: int) -> Json:
    there = np.flatnonzero(frame.present[row])
    values: Floats = frame.values[row]
    if not len(there):
        return None
    return {"metric": dict(frame.labels[row]), "values": [_point(answer.steps[step], values[step]) for step in there]}


def _point(at_ms: int, value: float) -> list[Json]:
    at = int(at_ms)
    return [at // 1000 if at % 1000 == 0 else at / 1000, number(float(value))]


def _json(body: Json) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), media_type="application/json")


def _error(code: int, kind: str, why: str) -> Response:
    body = {"status": "error", "errorType": kind, "error": why}
    return Response(json.dumps(body, ensure_ascii=False), code, media_type="application/json")


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
