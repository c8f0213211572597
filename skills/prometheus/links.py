"""Where a person sees the same query: Grafana Explore if it is set up, else Prometheus's own graph page."""

import json
from datetime import UTC
from urllib.parse import quote, urlencode

from skills.prometheus.settings import PrometheusSettings
from skills.timerange import TimeRange


def link(settings: PrometheusSettings, query: str, span: TimeRange | None) -> str:
    """A page with this query filled in."""
    if settings.grafana_url and settings.grafana_datasource:
        return _explore(settings, query, span)
    page = settings.public_url or settings.url
    asked: dict[str, str] = {"g0.expr": query, "g0.tab": "1" if span is None else "0"}
    if span is not None:
        asked["g0.range_input"] = f"{int(span.seconds)}s"
        asked["g0.end_input"] = f"{span.end.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    return f"{page.rstrip('/')}/graph?{urlencode(asked)}"


def _explore(settings: PrometheusSettings, query: str, span: TimeRange | None) -> str:
    source = {"type": "prometheus", "uid": settings.grafana_datasource}
    pane = {
        "datasource": settings.grafana_datasource,
        "queries": [{"refId": "A", "datasource": source, "expr": query}],
        "range": {
            "from": str(int(span.start.timestamp() * 1000)) if span else "now-1h",
            "to": str(int(span.end.timestamp() * 1000)) if span else "now",
        },
    }
    panes = quote(json.dumps({"a": pane}, separators=(",", ":"), ensure_ascii=False))
    return f"{settings.grafana_url.rstrip('/')}/explore?schemaVersion=1&panes={panes}"
