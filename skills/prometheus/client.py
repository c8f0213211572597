"""Prometheus's HTTP API: instant and range queries, labels, alerts."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from skills.errors import BadArguments, NotFound, Unreachable
from skills.evidence import Series
from skills.http import MEBIBYTE, Http, Server
from skills.prometheus.promql import checked
from skills.prometheus.settings import PrometheusSettings
from skills.shapes import agrees
from skills.timerange import TimeRange
from skills.words import told

NAMED = {"metric": dict, "values": [list], "value": list}
ANSWERED = {"status": str, "data": {"resultType": str, "result": list}, "warnings": [str]}
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)


@dataclass(frozen=True, slots=True)
class Answer:
    """Series, and what was left out of them."""

    series: tuple[Series, ...]
    kind: str
    """vector, matrix, scalar or string."""
    step: int = 0
    gaps: tuple[str, ...] = ()


class PrometheusClient:
    """One Prometheus, or what speaks like it (Thanos, VictoriaMetrics, Mimir)."""

    def __init__(self, settings: PrometheusSettings, http: Http | None = None) -> None:
        self._settings = settings
        self._http = http or Http(server(settings))

    async def instant(self, query: str, at: float, most: int = 0) -> Answer:
        """The value of an expression at one moment; so many series, or as many as the settings allow."""
        found = await self._ask("/api/v1/query", {"query": checked(query), "time": f"{at:.3f}"})
        return self._read(found, 0, most)

    async def over(self, query: str, span: TimeRange) -> Answer:
        """The values of an expression over a stretch, at a step that keeps them few."""
        step = step_for(span.seconds, self._settings.most_points)
        asked = {
            "query": checked(query),
            "start": f"{span.start.timestamp():.3f}",
            "end": f"{span.end.timestamp():.3f}",
            "step": str(step),
        }
        return self._read(await self._ask("/api/v1/query_range", asked), step)

    async def label_values(self, label: str, span: TimeRange, match: str = "") -> tuple[str, ...]:
        """Which values a label has had."""
        params: dict[str, Any] = {"start": f"{span.start.timestamp():.0f}", "end": f"{span.end.timestamp():.0f}"}
        if match:
            params["match[]"] = checked(match)
        answer = await self._http.read_json(f"/api/v1/label/{label}/values", params, like={"data": [str]})
        return tuple(answer.get("data") or ())

    async def alerts(self) -> tuple[Mapping[str, Any], ...]:
        """Pending and firing, as Prometheus itself sees them."""
        answer = await self._http.read_json("/api/v1/alerts", like={"data": {"alerts": [dict]}})
        return tuple((answer.get("data") or {}).get("alerts") or ())

    async def rules(self) -> tuple[Mapping[str, Any], ...]:
        """All rules of alerts, with their expressions."""
        answer = await self._http.read_json("/api/v1/rules", {"type": "alert"})
        groups = (answer.get("data") or {}).get("groups") or ()
        return tuple(rule for group in groups for rule in group.get("rules") or ())

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.close()

    async def _ask(self, path: str, form: Mapping[str, str]) -> Mapping[str, Any]:
        try:
            answer = await self._http.read_json(path, form=form, like=ANSWERED)
        except (BadArguments, NotFound) as error:
            if error.key == "too_large":
                raise
            why = error.values.get("why", "")
            raise BadArguments("bad_promql", query=form["query"][:200], why=why) from error
        if answer.get("status") != "success" or not answer.get("data"):
            why = str(answer.get("error") or "no data in its answer")
            raise Unreachable("answered_badly", system="Prometheus", status=200, why=why)
        data: Mapping[str, Any] = {**answer["data"], "warnings": answer.get("warnings") or ()}
        return data

    def _read(self, data: Mapping[str, Any], step: int, most: int = 0) -> Answer:
        try:
            return self._as_answer(data, step, most)
        except (TypeError, ValueError, IndexError) as error:  # points that are none
            raise self._http.strange() from error

    def _as_answer(self, data: Mapping[str, Any], step: int, most: int) -> Answer:
        kind, result = str(data.get("resultType")), data.get("result") or []
        gaps = [str(warning) for warning in data.get("warnings") or ()]
        if kind in {"scalar", "string"}:
            value = number(result[1]) if kind == "scalar" else math.nan
            return Answer((Series(kind, {}, ((float(result[0]), value),)),), kind, step, tuple(gaps))
        if not agrees(result, [NAMED]):
            raise self._http.strange()
        most = most or self._settings.most_series
        series = tuple(_series(entry) for entry in result)
        if len(series) > most:
            gaps.append(
                told(
                    f"{len(series)} series; the {most} with the highest last value are shown.",
                    f"共 {len(series)} 条序列；只显示最新值最高的 {most} 条。",
                )
            )
            series = tuple(sorted(series, key=_last, reverse=True)[:most])
        return Answer(series, kind, step, tuple(gaps))


def server(settings: PrometheusSettings) -> Server:
    """Where it is and how it knows us."""
    return Server(
        "Prometheus",
        settings.url,
        token=settings.token.get_secret_value(),
        token_file=settings.token_file,
        user=settings.user,
        password=settings.password.get_secret_value(),
        ca_file=settings.ca_file,
        check_certificate=settings.check_certificate,
        timeout=settings.timeout,
        most_bytes=4 * MEBIBYTE,
    )


def step_for(seconds: float, most_points: int) -> int:
    """The finest usual step that gives no more points than this."""
    for step in STEPS:
        if step >= 15 and seconds / step <= most_points:
            return step
    return max(STEPS[-1], math.ceil(seconds / most_points))


def number(text: object) -> float:
    """As Prometheus writes it: NaN and +Inf too."""
    try:
        return float(str(text))
    except ValueError:
        return math.nan


def title(labels: Mapping[str, str], name: str = "") -> str:
    """A series' name for people: {pod="a", namespace="b"} -> b/a."""
    if pod := labels.get("pod"):
        return f"{labels['namespace']}/{pod}" if labels.get("namespace") else pod
    rest = ", ".join(f"{key}={value}" for key, value in sorted(labels.items()) if key != "__name__")
    return rest or labels.get("__name__") or name or "value"


def _series(entry: Mapping[str, Any]) -> Series:
    labels = dict(entry.get("metric") or {})
    values = entry.get("values") or ([entry["value"]] if "value" in entry else [])
    return Series(title(labels), labels, tuple((float(at), number(value)) for at, value in values))


def _last(series: Series) -> float:
    value = series.points[-1][1] if series.points else -math.inf
    return -math.inf if math.isnan(value) else value
