"""Series made for comparing: counters that begin again, gauges with holes, values that are no numbers, histograms."""

import math
from collections.abc import Iterator

import numpy as np

from bot.playground.promql.frames import STALE, RawSeries

BEGIN = 1_700_006_400.0
"""A whole number of hours; the series last two."""
END = BEGIN + 7200

Row = tuple[dict[str, str], list[tuple[float, float]]]


def rows() -> Iterator[Row]:
    """All series: labels, and samples as Unix seconds and value."""
    for number, service in enumerate(("cart", "order", "user")):
        for code in ("200", "404", "500"):
            yield _counter({"service": service, "code": code, "instance": f"10.0.0.{number}:80"}, number, int(code))
        yield from _histogram(service, number)
        yield _gauge({"__name__": "memory_bytes", "service": service}, number)
    yield from _odd()


def _times(step: float = 15.0, shift: float = 0.0) -> list[float]:
    return [BEGIN + shift + step * place for place in range(int(7200 / step) + 1)]


def _counter(labels: dict[str, str], number: int, code: int) -> Row:
    points, value = [], 0.0
    for place, at in enumerate(_times(shift=number * 2.5)):
        value += abs(math.sin(place / 17 + number)) * 900 / code + number / 3
        if place == 200 + 13 * number:
            value = 1.5
        if 300 <= place < 330 and number == 2:
            continue
        points.append((at, round(value, 6)))
    return {"__name__": "http_requests_total", "job": "shop", **labels}, points


def _histogram(service: str, number: int) -> Iterator[Row]:
    edges = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, math.inf)
    counts = [0.0] * len(edges)
    lines: list[list[tuple[float, float]]] = [[] for _ in edges]
    for place, at in enumerate(_times(shift=1.0)):
        middle = 0.2 * (1 + number) * (1.5 + math.sin(place / 31))
        for which, edge in enumerate(edges):
            counts[which] += 20 * (1 - math.exp(-edge / middle))
            lines[which].append((at, counts[which]))
    for edge, points in zip(edges, lines, strict=True):
        told = "+Inf" if math.isinf(edge) else f"{edge:g}"
        yield {"__name__": "request_seconds_bucket", "service": service, "le": told}, points


def _gauge(labels: dict[str, str], number: int) -> Row:
    values = [
        (at, 1e8 * (2 + number) + 3e7 * math.sin(place / 40) + 5e4 * place * (number == 1))
        for place, at in enumerate(_times(30, shift=4.0))
    ]
    return labels, values


def _odd() -> Iterator[Row]:
    yield {"__name__": "odd", "kind": "holes"}, [(at, float(n % 7)) for n, at in enumerate(_times(60)) if n % 40 < 25]
    strange = (1.0, math.nan, math.inf, 2.0, -math.inf, -3.5)
    yield {"__name__": "odd", "kind": "strange"}, [(at, strange[n % 6]) for n, at in enumerate(_times(60))]
    yield {"__name__": "odd", "kind": "negative"}, [(at, -0.25 * n) for n, at in enumerate(_times(60))]
    yield {"__name__": "odd", "kind": "constant"}, [(at, 42.0) for at in _times(60)]
    yield {"__name__": "odd", "kind": "few"}, [(BEGIN + 3000, 5.0), (BEGIN + 3010, 8.0)]
    yield {"__name__": "ended", "kind": "stale"}, [*((at, 1.0) for at in _times(15)[:200]), (BEGIN + 3000, STALE)]
    for number, pod in enumerate(("cart-a", "cart-b", "order-a", "order-b")):
        service = pod.partition("-")[0]
        yield (
            {"__name__": "pod_info", "pod": pod, "service": service, "node": f"n{number % 2}"},
            [(at, 1.0) for at in _times(60)],
        )
        yield {"__name__": "pod_cpu", "pod": pod}, [(at, number + math.sin(n / 9)) for n, at in enumerate(_times(60))]
        yield {"__name__": "pod_limit", "pod": pod}, [(at, 2.0 + number) for at in _times(60)]


class Samples:
    """The same series as a source for our own engine."""

    def __init__(self) -> None:
        self.kept = [
            RawSeries(
                labels,
                np.array([round(at * 1000) for at, _ in points], dtype=np.int64),
                np.array([value for _, value in points]),
            )
            for labels, points in rows()
        ]

    def select(self, wanted, name, start_ms, end_ms):
        """The wanted series, with all their samples."""
        del name, start_ms, end_ms
        return [series for series in self.kept if wanted(series.labels)]
