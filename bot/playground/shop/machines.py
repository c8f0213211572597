"""What containers use: processor, memory and network, as cadvisor tells it."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from bot.playground.shop.golden import hash_of
from bot.playground.shop.metrics import Family, Floats, Line, constant
from bot.playground.shop.services import BY_NAME
from bot.playground.shop.weather import Weather, noise
from bot.playground.world.lives import Life, quantity

MIB = 2.0**20
_OTHERS = {"postgres": (0.25, 610), "redis": (0.08, 120), "prometheus": (0.2, 700), "loki": (0.12, 420)}


@dataclass(slots=True)
class Machines:
    """Families of containers."""

    weather: Weather

    def families(self) -> list[Family]:
        """All of them."""
        made = [
            Family("container_cpu_usage_seconds_total", "counter", "Processor time used.", self._cpu),
            Family("container_memory_working_set_bytes", "gauge", "Memory in use.", self._memory),
            Family("container_memory_rss", "gauge", "Memory in use.", self._memory),
            Family("container_spec_memory_limit_bytes", "gauge", "Memory limit.", lambda: self._limit("memory", 1)),
            Family("container_spec_cpu_quota", "gauge", "Processor quota.", lambda: self._limit("cpu", 100_000)),
            Family("container_cpu_cfs_periods_total", "counter", "Periods.", lambda: self._periods(throttled=False)),
            Family(
                "container_cpu_cfs_throttled_periods_total",
                "counter",
                "Throttled.",
                lambda: self._periods(throttled=True),
            ),
            Family("container_start_time_seconds", "gauge", "When the container started.", self._started),
        ]
        for name, size in (
            ("container_network_receive_bytes_total", 900.0),
            ("container_network_transmit_bytes_total", 2100.0),
        ):
            made.append(Family(name, "counter", "Bytes.", partial(self._network, size)))
        return made

    def lives(self) -> Iterator[Life]:
        """Every pod that ever ran."""
        return (life for life in self.weather.world.kubelet.lives.values() if life.runs)

    def _containers(self, make: Callable[[Life], Callable[[Floats], Floats] | None]) -> Iterator[Line]:
        for life in self.lives():
            if (values := make(life)) is None:
                continue
            told = {
                "job": "cadvisor",
                "namespace": life.namespace,
                "pod": life.name,
                "container": life.containers[0]["name"],
                "node": life.node,
                "image": life.image,
                "instance": f"{life.node}:10250",
                "id": f"/kubepods/burstable/pod{life.uid}",
                "service": life.app,
            }
            del told["service"]
            ended = life.deleted if life.deleted is not None else life.phases[-1][0] if life.over else None
            yield Line(told, values, life.runs[0].start + 1, ended)

    def cores(self, life: Life) -> Callable[[Floats], Floats]:
        """How many cores a pod uses."""
        idle, sky = _OTHERS.get(life.app, (0.015, 45))[0], self.weather.sky()
        if life.app not in BY_NAME or life.uid not in sky.pods:
            return lambda times: np.maximum(0.001, idle * (1 + noise(times, hash_of(life.uid), 0.3)))
        service, pod, traffic = BY_NAME[life.app], sky.pods[life.uid], self.weather.traffic(life.app)

        def values(times: Floats) -> Floats:
            asked = traffic.rate(times) * sky.at(pod.share, times)
            wanted = service.cpu_idle + asked * service.cpu_per_request * sky.at(pod.cpu, times)
            return np.asarray(np.minimum(wanted, _limit_of(life, "cpu") or math.inf))

        return values

    def _cpu(self) -> Iterator[Line]:
        return self._containers(self._cpu_of)

    def _cpu_of(self, life: Life) -> Callable[[Floats], Floats]:
        sky = self.weather.sky()
        starts = np.array([run.start for run in life.runs])
        idle = _OTHERS.get(life.app, (0.015, 45))[0]
        if life.app not in BY_NAME or life.uid not in sky.pods:
            phase = hash_of(life.uid) % 628 / 100
            return lambda times: (
                idle
                * (
                    times
                    - _since(starts, times)
                    + 60 * 0.2 * (np.sin(times / 60 + phase) - np.sin(_since(starts, times) / 60 + phase))
                ).clip(0)
            )
        service, pod, traffic = BY_NAME[life.app], sky.pods[life.uid], self.weather.traffic(life.app)
        ceiling = (_limit_of(life, "cpu") or math.inf) - service.cpu_idle
        most = service.rate * 1.4 * service.cpu_per_request
        row: Floats = (
            pod.share * np.minimum(pod.cpu, ceiling / np.maximum(pod.share * most, 1e-9)) * service.cpu_per_request
        )

        total = sky.summed(traffic, row)

        def values(times: Floats) -> Floats:
            since = _since(starts, times)
            grown = total(times) - total(since)
            return np.asarray((service.cpu_idle * (times - since) + grown).clip(0))

        return values

    def memory_of(self, life: Life) -> Callable[[Floats], Floats]:
        """How many bytes a pod uses."""
        service = BY_NAME.get(life.app)
        level = (service.memory_mib if service else _OTHERS.get(life.app, (0, 45))[1]) * MIB
        starts = np.array([run.start for run in life.runs])
        limit = _limit_of(life, "memory") or math.inf
        leaks = [each for each in self.weather.effects if each.leak and each.strikes(life)]

        def values(times: Floats) -> Floats:
            since = _since(starts, times)
            warm = 1 - 0.35 * np.exp(-(times - since) / 120)
            total = level * warm * (1 + noise(times, hash_of(life.uid), 0.03))
            for leak in leaks:
                grown = (np.minimum(times, leak.end or math.inf) - np.maximum(since, leak.start)).clip(0) * leak.leak
                total = total + np.minimum(grown, leak.leak_limit)
            return np.asarray(np.minimum(total, limit))

        return values

    def _memory(self) -> Iterator[Line]:
        return self._containers(self.memory_of)

    def _limit(self, resource: str, unit: float) -> Iterator[Line]:
        return self._containers(
            lambda life: constant(_limit_of(life, resource) * unit) if _limit_of(life, resource) else None
        )

    def _started(self) -> Iterator[Line]:
        return self._containers(lambda life: lambda times: _since(np.array([run.start for run in life.runs]), times))

    def _periods(self, *, throttled: bool) -> Iterator[Line]:
        def make(life: Life) -> Callable[[Floats], Floats] | None:
            limit = _limit_of(life, "cpu")
            if not limit:
                return None
            starts, used = np.array([run.start for run in life.runs]), self._cpu_of(life)

            def values(times: Floats) -> Floats:
                since = _since(starts, times)
                if not throttled:
                    return np.asarray(np.floor((times - since) * 10))
                average = used(times) / np.maximum(times - since, 1)
                return np.asarray(np.floor((times - since) * 10 * np.clip(average / limit - 0.55, 0, 1)))

            return values

        return self._containers(make)

    def _network(self, size: float) -> Iterator[Line]:
        sky = self.weather.sky()

        def make(life: Life) -> Callable[[Floats], Floats] | None:
            if life.app not in BY_NAME:
                return None
            total = sky.summed(self.weather.traffic(life.app), sky.pods[life.uid].share)
            starts = np.array([run.start for run in life.runs])
            return lambda times: np.floor(size * (total(times) - total(_since(starts, times))).clip(0))

        return self._containers(make)


def _limit_of(life: Life, resource: str) -> float:
    return quantity(life.spec["containers"][0].get("resources", {}).get("limits", {}).get(resource))


def _since(starts: Floats, times: Floats) -> Floats:
    return np.asarray(starts[np.maximum(np.searchsorted(starts, times, side="right") - 1, 0)])
