"""What containers and nodes use: processor, memory, disk and network, as cadvisor and node exporter tell it."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from bot.playground.shop.golden import hash_of
from bot.playground.shop.metrics import Family, Floats, Line, constant
from bot.playground.shop.services import BY_NAME, NODE_CORES, NODE_DISK, NODE_MEMORY, NODES
from bot.playground.shop.weather import Weather, noise
from bot.playground.world.lives import Life, quantity

MIB = 2.0**20
_OTHERS = {"postgres": (0.25, 610), "redis": (0.08, 120), "prometheus": (0.2, 700), "loki": (0.12, 420)}


@dataclass(slots=True)
class Spill:
    """Something that fills a place over time: memory of a node, or a disk. It starts, and may be emptied."""

    place: str
    start: float
    per_second: float
    end: float | None = None
    at_once: float = 0.0

    def amount(self, times: Floats) -> Floats:
        """How much it has spilled; after its end, nothing."""
        grown = np.where(times >= self.start, self.at_once + (times - self.start) * self.per_second, 0.0)
        return np.asarray(np.where(times < (self.end if self.end is not None else math.inf), grown, 0.0))


@dataclass(slots=True)
class Machines:
    """Families of containers and nodes."""

    weather: Weather
    node_memory: list[Spill] = field(default_factory=list)
    node_disk: list[Spill] = field(default_factory=list)
    volumes: list[Spill] = field(default_factory=list)

    def families(self) -> list[Family]:
        """All of them."""
        made = [
            Family("container_cpu_usage_seconds_total", "counter", "Processor time used.", self._cpu),
            Family("container_memory_working_set_bytes", "gauge", "Memory in use.", self._memory),
            Family("container_memory_rss", "gauge", "Memory in use.", self._memory),
            Family("container_spec_memory_limit_bytes", "gauge", "Memory limit.", lambda: self._limit("memory", 1)),
            Family("container_spec_cpu_quota", "gauge", "Processor quota.", lambda: self._limit("cpu", 100_000)),
            Family("container_cpu_cfs_periods_total", "counter", "Periods.", lambda: self._periods(throttled=False)),
            Family("container_cpu_cfs_throttled_periods_total", "counter", "Throttled.", lambda: self._periods(throttled=True)),
            Family("container_start_time_seconds", "gauge", "When the container started.", self._started),
            Family("node_cpu_seconds_total", "counter", "Seconds the processors spent.", self._node_cpu),
            Family("node_load1", "gauge", "Load.", self._load),
            Family("node_memory_MemTotal_bytes", "gauge", "Memory.", lambda: self._node(constant(float(NODE_MEMORY)))),
            Family("node_memory_MemAvailable_bytes", "gauge", "Memory left.", self._available),
            Family("node_filesystem_size_bytes", "gauge", "Disk.", lambda: self._disk(total=True)),
            Family("node_filesystem_avail_bytes", "gauge", "Disk left.", lambda: self._disk(total=False)),
            Family("node_filesystem_free_bytes", "gauge", "Disk left.", lambda: self._disk(total=False)),
            Family("kubelet_volume_stats_capacity_bytes", "gauge", "Volume.", lambda: self._volume("capacity")),
            Family("kubelet_volume_stats_available_bytes", "gauge", "Volume left.", lambda: self._volume("available")),
            Family("kubelet_volume_stats_used_bytes", "gauge", "Volume used.", lambda: self._volume("used")),
        ]
        for name, size in (("container_network_receive_bytes_total", 900.0), ("container_network_transmit_bytes_total", 2100.0)):
            made.append(Family(name, "counter", "Bytes.", lambda size=size: self._network(size)))  # type: ignore[misc]
        return made

    def _lives(self) -> Iterator[Life]:
        return (life for life in self.weather.world.kubelet.lives.values() if life.runs)

    def _containers(self, make: Callable[[Life], Callable[[Floats], Floats] | None]) -> Iterator[Line]:
        for life in self._lives():
            if (values := make(life)) is None:
                continue
            told = {
                "job": "cadvisor", "namespace": life.namespace, "pod": life.name, "container": life.containers[0]["name"],
                "node": life.node, "image": life.image, "instance": f"{life.node}:10250",
                "id": f"/kubepods/burstable/pod{life.uid}", "service": life.app,
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
            return lambda times: idle * (
                times - _since(starts, times) + 60 * 0.2 * (np.sin(times / 60 + phase) - np.sin(_since(starts, times) / 60 + phase))
            ).clip(0)
        service, pod, traffic = BY_NAME[life.app], sky.pods[life.uid], self.weather.traffic(life.app)
        ceiling = (_limit_of(life, "cpu") or math.inf) - service.cpu_idle
        most = service.rate * 1.4 * service.cpu_per_request
        row = pod.share * np.minimum(pod.cpu, ceiling / np.maximum(pod.share * most, 1e-9)) * service.cpu_per_request

        def values(times: Floats) -> Floats:
            since = _since(starts, times)
            grown = sky.summed(traffic, row, times) - sky.summed(traffic, row, since)
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
        return self._containers(lambda life: constant(_limit_of(life, resource) * unit) if _limit_of(life, resource) else None)

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
            pod, traffic, starts = sky.pods[life.uid], self.weather.traffic(life.app), np.array([run.start for run in life.runs])
            return lambda times: np.floor(
                size * (sky.summed(traffic, pod.share, times) - sky.summed(traffic, pod.share, _since(starts, times))).clip(0)
            )

        return self._containers(make)

    def _node(self, values: Callable[[Floats], Floats]) -> Iterator[Line]:
        for name, address in NODES:
            yield Line({"job": "node-exporter", "instance": f"{address}:9100", "node": name}, values)

    def _on(self, node: str) -> list[Life]:
        return [life for life in self._lives() if life.node == node]

    def _used_memory(self, node: str, times: Floats) -> Floats:
        total = np.full(len(times), 0.9 * 2**30)
        for life in self._on(node):
            end = life.deleted if life.deleted is not None else life.phases[-1][0] if life.over else math.inf
            alive = (times >= life.runs[0].start) & (times < end)
            if bool(alive.any()):
                total = total + np.where(alive, self.memory_of(life)(times), 0.0)
        for spill in self.node_memory:
            if spill.place == node:
                total = total + np.minimum(spill.amount(times), NODE_MEMORY * 0.62)
        return total

    def _available(self) -> Iterator[Line]:
        for name, address in NODES:
            told = {"job": "node-exporter", "instance": f"{address}:9100", "node": name}
            yield Line(told, lambda times, name=name: np.maximum(64 * MIB, NODE_MEMORY - self._used_memory(name, times)))  # type: ignore[misc]

    def _busy(self, node: str, times: Floats) -> Floats:
        """Seconds of processor time used on a node since long ago."""
        total = 0.05 * (times - 1_600_000_000.0)
        for life in self._on(node):
            start = life.runs[0].start
            end = life.deleted if life.deleted is not None else math.inf
            total = total + self.cores(life)(np.array([start + 60]))[0] * (np.clip(times, start, end) - start)
        return np.asarray(total)

    def _node_cpu(self) -> Iterator[Line]:
        for name, address in NODES:
            for core in range(NODE_CORES):
                told = {"job": "node-exporter", "instance": f"{address}:9100", "node": name, "cpu": str(core)}
                for mode, part in (("user", 0.7), ("system", 0.25), ("iowait", 0.05)):
                    yield Line({**told, "mode": mode}, lambda times, name=name, part=part: self._busy(name, times) * part / NODE_CORES)  # type: ignore[misc]
                yield Line({**told, "mode": "idle"}, lambda times, name=name: times - 1_600_000_000.0 - self._busy(name, times) / NODE_CORES)  # type: ignore[misc]

    def _load(self) -> Iterator[Line]:
        for name, address in NODES:
            told = {"job": "node-exporter", "instance": f"{address}:9100", "node": name}
            yield Line(told, lambda times, name=name: (self._busy(name, times + 30) - self._busy(name, times - 30)) / 60 + 0.2)  # type: ignore[misc]

    def _disk(self, *, total: bool) -> Iterator[Line]:
        for name, address in NODES:
            told = {"job": "node-exporter", "instance": f"{address}:9100", "node": name, "device": "/dev/sda1", "mountpoint": "/", "fstype": "ext4"}
            yield Line(told, constant(float(NODE_DISK)) if total else (lambda times, name=name: self._left(name, times)))  # type: ignore[misc]

    def _left(self, node: str, times: Floats) -> Floats:
        used = NODE_DISK * 0.38 + noise(times, hash_of(node), NODE_DISK * 0.004)
        for spill in self.node_disk:
            if spill.place == node:
                used = used + spill.amount(times)
        return np.asarray(np.maximum(0.0, NODE_DISK - used))

    def volume_used(self, claim: str, times: Floats) -> Floats:
        """Bytes used of a volume, were it large enough."""
        base = (6.2 if "postgres" in claim else 0.6) * 2**30
        used = base + (times % 604800) * 900.0 + noise(times, hash_of(claim), 2e6)
        for spill in self.volumes:
            if spill.place == claim:
                used = used + spill.amount(times)
        return np.asarray(used)

    def _volume(self, what: str) -> Iterator[Line]:
        for claim in self.weather.world.cluster.every("persistentvolumeclaims"):
            meta = claim["metadata"]
            size = quantity(claim.get("status", {}).get("capacity", {}).get("storage"))
            if not size:
                continue
            told = {"job": "kubelet", "namespace": meta["namespace"], "persistentvolumeclaim": meta["name"], "instance": "node-1:10250"}

            def values(times: Floats, name: str = meta["name"], size: float = size) -> Floats:
                used = np.minimum(self.volume_used(name, times), size)
                return np.asarray({"capacity": np.full(len(times), size), "available": size - used, "used": used}[what])

            yield Line(told, values)


def _limit_of(life: Life, resource: str) -> float:
    return quantity(life.spec["containers"][0].get("resources", {}).get("limits", {}).get(resource))


def _since(starts: Floats, times: Floats) -> Floats:
    return np.asarray(starts[np.maximum(np.searchsorted(starts, times, side="right") - 1, 0)])
