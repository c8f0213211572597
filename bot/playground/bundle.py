"""A kept case: objects, metrics and logs of one incident, read from files and served as they were then."""

import gzip
import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from bot.errors import BadInput
from bot.playground.kube import api as kubernetes_api
from bot.playground.kube.cluster import Cluster
from bot.playground.kube.kinds import Manifest
from bot.playground.kube.paths import Target
from bot.playground.kube.status import ApiError
from bot.playground.logql.streams import Entry, KeptStreams, Stream
from bot.playground.loki_api import LokiBehind
from bot.playground.prometheus_api import PrometheusBehind
from bot.playground.promql.frames import Labels, RawSeries

ODD = (KeyError, IndexError, TypeError, AttributeError, ValueError, OverflowError, RecursionError, EOFError, zlib.error)
"""What reading goes wrong with where a file is cut short, or holds other kinds of things."""


@dataclass(slots=True)
class KeptSeries:
    """Series that are simply kept, found by name."""

    kept: Sequence[RawSeries]
    _by_name: dict[str, list[RawSeries]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for series in self.kept:
            self._by_name.setdefault(series.labels.get("__name__", ""), []).append(series)

    def select(
        self, wanted: Callable[[Labels], bool], name: str | None, start_ms: int, end_ms: int
    ) -> Sequence[RawSeries]:
        """The wanted ones, with their samples in (start, end]."""
        found = []
        for series in self.kept if name is None else self._by_name.get(name, ()):
            if wanted(series.labels):
                low, high = np.searchsorted(series.times, [start_ms, end_ms], side="right")
                if high > low:
                    found.append(RawSeries(series.labels, series.times[low:high], series.values[low:high]))
        return found


@dataclass(frozen=True, slots=True)
class Bundle:
    """One kept case, read."""

    now: float
    case: dict[str, Any]
    series: KeptSeries | None
    streams: KeptStreams | None
    manifests: list[Manifest] | None
    passages: Any

    @classmethod
    def read(cls, folder: Path) -> "Bundle":
        """From its folder; any file but case.json may be absent, and any may be gzipped."""
        try:
            return cls._read(folder)
        except ODD as error:
            raise _broken(folder, error) from error

    @classmethod
    def _read(cls, folder: Path) -> "Bundle":
        case = _load(folder, "case.json")
        if case is None:
            raise BadInput("bundle_no_case", path=str(folder))
        if not isinstance(case.get("ask") or {}, dict):
            raise TypeError("what was asked is no object")
        metrics, logs, objects = (_load(folder, f"{name}.json") for name in ("metrics", "logs", "objects"))
        return cls(
            datetime.fromisoformat(case["now"]).timestamp(),
            case,
            KeptSeries([_series(each) for each in metrics]) if metrics is not None else None,
            KeptStreams([_stream(each) for each in logs]) if logs is not None else None,
            list(objects.get("items") or []) if objects is not None else None,
            _load(folder, "passages.json"),
        )

    def prometheus(self) -> PrometheusBehind | None:
        """What the Prometheus API serves."""
        return PrometheusBehind(self.series, lambda: self.now) if self.series is not None else None

    def loki(self) -> LokiBehind | None:
        """What the Loki API serves."""
        return LokiBehind(self.streams, lambda: self.now) if self.streams is not None else None

    def kubernetes(self) -> kubernetes_api.Behind | None:
        """What the Kubernetes API serves. It can be written to, but nothing comes of it: the case is past."""
        if self.manifests is None:
            return None
        cluster = Cluster(lambda: self.now)
        try:
            for manifest in self.manifests:
                _keep(cluster, manifest)
        except (*ODD, ApiError) as error:
            raise _broken(Path("objects.json"), error) from error

        def remove(target: Target, _: Manifest) -> Manifest:
            return cluster.delete(target.kind, target.namespace or "", target.name)

        return kubernetes_api.Behind(cluster, _nothing, _nothing, remove, self._log)

    def _log(self, pod: Manifest, asked: kubernetes_api.PodLogs) -> str:
        """A pod's log, as far as Loki's streams of the case have it."""
        meta = pod["metadata"]

        def wanted(labels: Labels) -> bool:
            here = labels.get("pod") == meta["name"] and labels.get("namespace", meta.get("namespace")) == meta.get(
                "namespace"
            )
            return here and (not asked.container or labels.get("container", asked.container) == asked.container)

        found = self.streams.streams(wanted, 0, 2**63 - 1) if self.streams else []
        lines = sorted(
            ((entry.at, entry.line) for stream in found for entry in stream.entries), key=lambda line: line[0]
        )
        if asked.since is not None:
            lines = [line for line in lines if line[0] >= (self.now - asked.since) * 1e9]
        if asked.tail is not None:
            lines = lines[len(lines) - min(len(lines), asked.tail) :]
        text = "".join(f"{line}\n" for _, line in lines)
        return text if asked.limit_bytes is None else text[: asked.limit_bytes]


def _broken(path: Path, error: Exception) -> BadInput:
    why = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return BadInput("bundle_broken", path=str(path), why=why)


def _load(folder: Path, name: str) -> Any:
    plain, packed = folder / name, folder / f"{name}.gz"
    if plain.exists():
        return json.loads(plain.read_bytes())
    if packed.exists():
        return json.loads(gzip.decompress(packed.read_bytes()))
    return None


def _series(told: Any) -> RawSeries:
    points = told["values"]
    times = np.array([round(float(at) * 1000) for at, _ in points], dtype=np.int64)
    values = np.array([float(value) for _, value in points])
    order = np.argsort(times, kind="stable")
    return RawSeries({name: str(value) for name, value in told["metric"].items()}, times[order], values[order])


def _stream(told: Any) -> Stream:
    entries = sorted((Entry(int(each[0]), str(each[1])) for each in told["values"]), key=lambda entry: entry.at)
    return Stream({name: str(value) for name, value in told["stream"].items()}, entries)


def _keep(cluster: Cluster, manifest: Manifest) -> None:
    """Put a manifest of the case into the store as it is, with what a minimal one lacks."""
    manifest.setdefault("metadata", {})
    kind = cluster.kinds.of(manifest)
    if kind is None or not (manifest["metadata"].get("name") or manifest["metadata"].get("generateName")):
        return
    meta = manifest["metadata"]
    namespace = meta.setdefault("namespace", "default") if kind.namespaced else ""
    if namespace and cluster.find("namespaces", "", namespace) is None:
        cluster.create(cluster.kind("namespaces"), "", {"metadata": {"name": namespace}, "status": {"phase": "Active"}})
    name = meta.get("name") or f"{meta['generateName']}{len(cluster.place(kind))}"
    cluster.place(kind).pop((namespace, name), None)
    status = manifest.get("status")
    made = cluster.create(kind, namespace, {**manifest, "metadata": {**meta, "name": name}})
    if status is not None and made.get("status") != status:
        cluster.place(kind)[namespace, name] = {**made, "status": status}


def _nothing() -> None:
    """Nothing happens in a case that is past."""
