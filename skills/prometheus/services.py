"""Finds which metrics tell of a service's requests: exporters differ in names, labels and units."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from skills.errors import not_found
from skills.evidence import Series
from skills.prometheus.client import PrometheusClient
from skills.prometheus.promql import quoted

_GRPC_ERRORS = "Unknown|DeadlineExceeded|Unimplemented|Internal|Unavailable|DataLoss|ResourceExhausted|Aborted"


@dataclass(frozen=True, slots=True)
class Family:
    """One histogram of request times."""

    name: str
    scale: float = 1.0
    """What its unit is in seconds."""
    errors: str = "5.."


FAMILIES = (
    Family("http_request_duration_seconds"),
    Family("http_server_requests_seconds"),
    Family("http_server_request_duration_seconds"),
    Family("istio_request_duration_milliseconds", 0.001),
    Family("http_server_duration_milliseconds", 0.001),
    Family("http_server_duration_seconds"),
    Family("http_requests_duration_seconds"),
    Family("http_request_duration_milliseconds", 0.001),
    Family("request_duration_seconds"),
    Family("traefik_service_request_duration_seconds"),
    Family("nginx_ingress_controller_request_duration_seconds"),
    Family("envoy_cluster_upstream_rq_time", 0.001),
    Family("grpc_server_handling_seconds", errors=_GRPC_ERRORS),
    Family("rpc_server_duration_milliseconds", 0.001),
)
COUNTERS = ("http_requests_total", "http_server_requests_total", "istio_requests_total", "requests_total")
SERVICE_LABELS = (
    "service",
    "app",
    "service_name",
    "application",
    "destination_service_name",
    "destination_workload",
    "exported_service",
    "job",
    "workload",
    "deployment",
    "container",
    "ingress",
)
STATUS_LABELS = (
    "status",
    "code",
    "status_code",
    "http_status",
    "http_status_code",
    "http_response_status_code",
    "response_code",
    "grpc_code",
)


@dataclass(frozen=True, slots=True)
class Requests:
    """How to ask about the requests of one service."""

    service: str
    family: Family
    selector: str
    """As service="order-service"."""
    status: str
    """The label that holds the status code; empty if there is none."""
    count: str
    """The counter of requests."""
    has_buckets: bool

    def rate(self, window: int) -> str:
        """Requests a second."""
        return f"sum(rate({self.count}{{{self.selector}}}[{window}s]))"

    def error_rate(self, window: int) -> str:
        """The share of requests that failed."""
        failed = f'{self.selector},{self.status}=~"{self.family.errors}"'
        return f"(sum(rate({self.count}{{{failed}}}[{window}s])) or vector(0)) / {self.rate(window)}"

    def quantile(self, share: float, window: int) -> str:
        """The time within which this share of requests is answered, in seconds."""
        name = self.family.name
        if self.has_buckets:
            inner = f"sum by (le) (rate({name}_bucket{{{self.selector}}}[{window}s]))"
            asked = f"histogram_quantile({share}, {inner})"
        else:
            inner = f"sum(rate({name}_sum{{{self.selector}}}[{window}s]))"
            asked = f"{inner} / sum(rate({name}_count{{{self.selector}}}[{window}s]))"
        return asked if self.family.scale == 1 else f"{asked} * {self.family.scale:g}"


async def find_requests(client: PrometheusClient, service: str, at: float) -> Requests:
    """The first family that knows this service.

    Raises:
        NotFound: none does; names services that are known.
    """
    seen = await _seen(client, f"={quoted(service)}", at)
    if not seen:
        seen = await _seen(client, f"=~{quoted('(.*/)?' + re.escape(service) + '([-.:].*)?')}", at)
    names = {series.labels.get("__name__", "") for series in seen}
    for family in FAMILIES:
        if f"{family.name}_count" in names:
            return await _requests(client, service, family, seen, at)
    near = await _known_services(client, service, at)
    raise not_found("no_service_metrics", near, service=service)


async def _seen(client: PrometheusClient, matches: str, at: float) -> tuple[Series, ...]:
    names = "|".join([*(f"{family.name}_count" for family in FAMILIES), *COUNTERS])
    asked = " or ".join(f'{{__name__=~"{names}",{label}{matches}}}' for label in SERVICE_LABELS)
    return (await client.instant(asked, at, most=2000)).series


async def _requests(
    client: PrometheusClient, service: str, family: Family, seen: tuple[Series, ...], at: float
) -> Requests:
    own = [series.labels for series in seen if series.labels.get("__name__") == f"{family.name}_count"]
    selector = _selector(service, own)
    status, count = _first(STATUS_LABELS, own), f"{family.name}_count"
    if not status:
        for name in COUNTERS:
            others = [series.labels for series in seen if series.labels.get("__name__") == name]
            if others and (found := _first(STATUS_LABELS, others)) and _selector(service, others) == selector:
                status, count = found, name
                break
    buckets = await client.instant(f"count({family.name}_bucket{{{selector}}})", at)
    return Requests(service, family, selector, status, count, bool(buckets.series))


def _selector(service: str, own: Iterable[Mapping[str, str]]) -> str:
    kept = list(own)
    for label in SERVICE_LABELS:
        values = {labels[label] for labels in kept if label in labels}
        if service in values:
            return f"{label}={quoted(service)}"
    for label in SERVICE_LABELS:
        values = {labels[label] for labels in kept if service in labels.get(label, "")}
        if values:
            return f"{label}=~{quoted('|'.join(re.escape(value) for value in sorted(values)))}"
    return f"service={quoted(service)}"


def _first(candidates: Iterable[str], own: Iterable[Mapping[str, str]]) -> str:
    present = {label for labels in own for label in labels}
    return next((label for label in candidates if label in present), "")


async def _known_services(client: PrometheusClient, service: str, at: float) -> list[str]:
    import difflib

    names = "|".join(f"{family.name}_count" for family in FAMILIES)
    asked = " or ".join(f'count by ({label}) ({{__name__=~"{names}",{label}!=""}})' for label in SERVICE_LABELS[:5])
    found = (await client.instant(asked, at, most=500)).series
    known = sorted({value for series in found for value in series.labels.values()})
    return difflib.get_close_matches(service, known, n=5, cutoff=0.4) or known[:5]
