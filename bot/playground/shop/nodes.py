"""What nodes and volumes have left, as node exporter and the kubelet tell it."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from bot.playground.shop.golden import hash_of
from bot.playground.shop.machines import MIB, Machines
from bot.playground.shop.metrics import Family, Floats, Line, constant
from bot.playground.shop.services import NODE_CORES, NODE_DISK, NODE_MEMORY, NODES
from bot.playground.shop.weather import noise
from bot.playground.world.lives import Life, quantity

_LONG_AGO = 1_600_000_000.0


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
class Grounds:
    """Families of nodes and volumes."""

    machines: Machines
    memory: list[Spill] = field(default_factory=list)
    disk: list[Spill] = field(default_factory=list)
    volumes: list[Spill] = field(default_factory=list)

    def families(self) -> list[Family]:
        """All of them."""
        return [
            Family("node_cpu_seconds_total", "counter", "Seconds the processors spent.", self._cpu),
            Family("node_load1", "gauge", "Load.", lambda: self._each(self._load)),
            Family("node_memory_MemTotal_bytes", "gauge", "Memory.", lambda: self._each(_memory_size)),
            Family("node_memory_MemAvailable_bytes", "gauge", "Memory left.", lambda: self._each(self._available)),
            Family("node_filesystem_size_bytes", "gauge", "Disk.", lambda: self._disks(_disk_size)),
            Family("node_filesystem_avail_bytes", "gauge", "Disk left.", lambda: self._disks(self._left)),
            Family("node_filesystem_free_bytes", "gauge", "Disk left.", lambda: self._disks(self._left)),
            Family("kubelet_volume_stats_capacity_bytes", "gauge", "Volume.", lambda: self._volume("capacity")),
            Family("kubelet_volume_stats_available_bytes", "gauge", "Volume left.", lambda: self._volume("available")),
            Family("kubelet_volume_stats_used_bytes", "gauge", "Volume used.", lambda: self._volume("used")),
        ]

    def _each(
        self, make: Callable[[str], Callable[[Floats], Floats]], more: dict[str, str] | None = None
    ) -> Iterator[Line]:
        for name, address in NODES:
            told = {"job": "node-exporter", "instance": f"{address}:9100", "node": name}
            yield Line({**told, **(more or {})}, make(name))

    def _disks(self, make: Callable[[str], Callable[[Floats], Floats]]) -> Iterator[Line]:
        return self._each(make, {"device": "/dev/sda1", "mountpoint": "/", "fstype": "ext4"})

    def _on(self, node: str) -> list[Life]:
        return [life for life in self.machines.lives() if life.node == node]

    def _available(self, node: str) -> Callable[[Floats], Floats]:
        def values(times: Floats) -> Floats:
            used = np.full(len(times), 0.9 * 2**30)
            for life in self._on(node):
                end = life.deleted if life.deleted is not None else life.phases[-1][0] if life.over else math.inf
                alive = (times >= life.runs[0].start) & (times < end)
                if bool(alive.any()):
                    used = used + np.where(alive, self.machines.memory_of(life)(times), 0.0)
            for spill in self.memory:
                if spill.place == node:
                    used = used + np.minimum(spill.amount(times), NODE_MEMORY * 0.62)
            return np.asarray(np.maximum(64 * MIB, NODE_MEMORY - used))

        return values

    def _busy(self, node: str, times: Floats) -> Floats:
        """Seconds of processor time used on a node since long ago."""
        total = 0.05 * (times - _LONG_AGO)
        for life in self._on(node):
            start = life.runs[0].start
            end = life.deleted if life.deleted is not None else math.inf
            total = total + self.machines.cores(life)(np.array([start + 60]))[0] * (np.clip(times, start, end) - start)
        return np.asarray(total)

    def _cpu(self) -> Iterator[Line]:
        for core in range(NODE_CORES):
            for mode, part in (("user", 0.7), ("system", 0.25), ("iowait", 0.05), ("idle", None)):
                yield from self._each(partial(self._mode, part), {"cpu": str(core), "mode": mode})

    def _mode(self, part: float | None, node: str) -> Callable[[Floats], Floats]:
        if part is None:
            return lambda times: times - _LONG_AGO - self._busy(node, times) / NODE_CORES
        return lambda times: self._busy(node, times) * part / NODE_CORES

    def _load(self, node: str) -> Callable[[Floats], Floats]:
        return lambda times: (self._busy(node, times + 30) - self._busy(node, times - 30)) / 60 + 0.2

    def _left(self, node: str) -> Callable[[Floats], Floats]:
        def values(times: Floats) -> Floats:
            used = NODE_DISK * 0.38 + noise(times, hash_of(node), NODE_DISK * 0.004)
            for spill in self.disk:
                if spill.place == node:
                    used = used + spill.amount(times)
            return np.asarray(np.maximum(0.0, NODE_DISK - used))

        return values

    def volume_used(self, claim: str, times: Floats) -> Floats:
        """Bytes used of a volume, were it large enough."""
        begin = (6.2 if "postgres" in claim else 0.6) * 2**30
        used = begin + (times % 604800) * 900.0 + noise(times, hash_of(claim), 2e6)
        for spill in self.volumes:
            if spill.place == claim:
                used = used + spill.amount(times)
        return np.asarray(used)

    def _volume(self, what: str) -> Iterator[Line]:
        for claim in self.machines.weather.world.cluster.every("persistentvolumeclaims"):
            meta = claim["metadata"]
            size = quantity(claim.get("status", {}).get("capacity", {}).get("storage"))
            if size:
                told = {"job": "kubelet", "namespace": meta["namespace"], "persistentvolumeclaim": meta["name"]}
                yield Line({**told, "instance": "node-1:10250"}, self._volume_values(meta["name"], size, what))

    def _volume_values(self, name: str, size: float, what: str) -> Callable[[Floats], Floats]:
        def values(times: Floats) -> Floats:
            used = np.minimum(self.volume_used(name, times), size)
            return np.asarray({"capacity": np.full(len(times), size), "available": size - used, "used": used}[what])

        return values


def _memory_size(_: str) -> Callable[[Floats], Floats]:
    return constant(float(NODE_MEMORY))


def _disk_size(_: str) -> Callable[[Floats], Floats]:
    return constant(float(NODE_DISK))
