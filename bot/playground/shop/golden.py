"""The golden signals: requests, their errors and how long they took, and the pools of connections behind them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from bot.playground.shop.metrics import Family, Floats, Line
from bot.playground.shop.services import BY_NAME, SERVICES, Service
from bot.playground.shop.weather import SPREAD, PodWeather, Weather, noise, within
from bot.playground.world.lives import Life

BUCKETS_MS = (5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000)


def labels_of(life: Life, service: Service) -> dict[str, str]:
    """The labels that a service's own metrics carry."""
    return {
        "job": service.name,
        "service": service.name,
        "namespace": life.namespace,
        "pod": life.name,
        "node": life.node,
        "instance": f"{life.ip}:{service.port}",
    }


@dataclass(frozen=True, slots=True)
class Golden:
    """Families that the shop's services tell of themselves."""

    weather: Weather

    def families(self) -> list[Family]:
        """All of them."""
        return [
            Family("http_requests_total", "counter", "Requests served, by status code.", self._requests),
            Family("http_request_duration_seconds_bucket", "histogram", "Time to serve a request.", self._buckets),
            Family("http_request_duration_seconds_sum", "histogram", "Time to serve a request.", self._sum),
            Family("http_request_duration_seconds_count", "histogram", "Time to serve a request.", self._count),
            Family("http_requests_in_flight", "gauge", "Requests being served.", self._in_flight),
            Family(
                "hikaricp_connections_active", "gauge", "Database connections in use.", lambda: self._pool("active")
            ),
            Family(
                "hikaricp_connections_idle", "gauge", "Database connections not in use.", lambda: self._pool("idle")
            ),
            Family("hikaricp_connections_max", "gauge", "Database connections allowed.", lambda: self._pool("max")),
            Family("hikaricp_connections_pending", "gauge", "Requests waiting for one.", lambda: self._pool("pending")),
            Family("up", "gauge", "Whether the target could be scraped.", self._up),
        ]

    def _pods(self) -> Iterator[tuple[Life, Service, PodWeather]]:
        sky = self.weather.sky()
        for service in SERVICES:
            for life in self.weather.lives(service.name):
                if life.runs:
                    yield life, service, sky.pods[life.uid]

    def _counter(self, life: Life, service: Service, row: Floats) -> Callable[[Floats], Floats]:
        """A counter that grows as `row` says of the service's traffic, and begins again with each run."""
        total = self.weather.sky().summed(self.weather.traffic(service.name), row)
        starts = np.array([run.start for run in life.runs])
        begun = total(starts)

        def values(times: Floats) -> Floats:
            run = np.maximum(np.searchsorted(starts, times, side="right") - 1, 0)
            return np.asarray(np.maximum(0.0, total(times) - begun[run]))

        return values

    def _line(self, life: Life, labels: dict[str, str], values: Callable[[Floats], Floats]) -> Line:
        ended = life.deleted
        if ended is None and life.over:
            ended = life.phases[-1][0]
        return Line(labels, values, life.runs[0].start + 1, ended)

    def _requests(self) -> Iterator[Line]:
        for life, service, pod in self._pods():
            told = labels_of(life, service)
            parts = {"200": pod.share * (1 - pod.errors) * 0.985, "404": pod.share * (1 - pod.errors) * 0.015}
            parts |= {"500": pod.share * pod.errors * 0.9, "503": pod.share * pod.errors * 0.1}
            for code, row in parts.items():
                counted = self._counter(life, service, row)
                yield self._line(
                    life,
                    {**told, "code": code, "method": "GET"},
                    partial(_whole, counted),
                )

    def _buckets(self) -> Iterator[Line]:
        for life, service, pod in self._pods():
            told = labels_of(life, service)
            for limit in (*BUCKETS_MS, None):
                part = within(float(limit), pod.median) if limit is not None else np.ones_like(pod.share)
                edge = "+Inf" if limit is None else f"{limit / 1000:g}"
                yield self._line(life, {**told, "le": edge}, self._counter(life, service, pod.share * part))

    def _sum(self) -> Iterator[Line]:
        for life, service, pod in self._pods():
            mean = pod.median / 1000 * np.exp(SPREAD**2 / 2)
            yield self._line(life, labels_of(life, service), self._counter(life, service, pod.share * mean))

    def _count(self) -> Iterator[Line]:
        for life, service, pod in self._pods():
            yield self._line(life, labels_of(life, service), self._counter(life, service, pod.share))

    def _in_flight(self) -> Iterator[Line]:
        for life, service, pod in self._pods():
            yield self._line(life, labels_of(life, service), partial(self._busy, service, pod))

    def _busy(self, service: Service, pod: PodWeather, times: Floats) -> Floats:
        sky, traffic = self.weather.sky(), self.weather.traffic(service.name)
        return np.asarray(
            np.floor(traffic.rate(times) * sky.at(pod.share, times) * sky.at(pod.median, times) / 1e3 + 0.5)
        )

    def _pool(self, what: str) -> Iterator[Line]:
        for life, service, pod in self._pods():
            if pool_size(life):
                told = {**labels_of(life, service), "pool": f"{service.name}-db"}
                yield self._line(life, told, partial(self._connections, what, life, service, pod))

    def _connections(self, what: str, life: Life, service: Service, pod: PodWeather, times: Floats) -> Floats:
        sky, traffic, size = self.weather.sky(), self.weather.traffic(service.name), pool_size(life)
        need = traffic.rate(times) * sky.at(pod.share, times) * sky.at(pod.median, times) / 1000
        stuck = sky.at(pod.pool, times) * size
        wanted = np.floor(stuck + need * 1.6 + 1.2 + noise(times, hash_of(life.uid), 0.8))
        active = np.clip(wanted, 0, size)
        match what:
            case "active":
                return np.asarray(active)
            case "idle":
                return np.asarray(np.maximum(0.0, size - active))
            case "max":
                return np.full(len(times), float(size))
            case _:
                return np.asarray(np.where(stuck >= size, np.floor(need * 3 + 6), np.maximum(0.0, wanted - size)))

    def _up(self) -> Iterator[Line]:
        for life, service, _ in self._pods():
            told = {key: value for key, value in labels_of(life, service).items() if key != "service"}
            yield self._line(life, told, _running(life))
        for life in self.weather.world.kubelet.lives.values():
            if life.app not in BY_NAME and life.runs:
                told = {"job": life.app, "namespace": life.namespace, "pod": life.name, "node": life.node}
                yield self._line(life, {**told, "instance": f"{life.ip}:9100"}, _running(life))


def _running(life: Life) -> Callable[[Floats], Floats]:
    def values(times: Floats) -> Floats:
        out = np.zeros(len(times))
        for run in life.runs:
            out[(times >= run.start) & (times < (run.end if run.end is not None else np.inf))] = 1.0
        return out

    return values


def _whole(counted: Callable[[Floats], Floats], times: Floats) -> Floats:
    return np.asarray(np.floor(counted(times)))


def pool_size(life: Life) -> int:
    """How many database connections the pod may open."""
    for each in life.spec["containers"][0].get("env", ()):
        if each["name"] == "DB_POOL_MAX":
            return int(each.get("value") or 0)
    return 0


def hash_of(text: str) -> int:
    """A number that is always the same for a text."""
    return sum((place + 1) * ord(letter) for place, letter in enumerate(text))
