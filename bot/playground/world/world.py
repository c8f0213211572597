"""The world: store, time, nodes and controllers put together; all that is pretended hangs on it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.playground.kube.api import PodLogs
from bot.playground.kube.cluster import Change, Cluster, stamp
from bot.playground.kube.kinds import Manifest
from bot.playground.kube.paths import Target
from bot.playground.kube.status import bad_request
from bot.playground.world.agenda import Agenda, Clock
from bot.playground.world.events import Reporter
from bot.playground.world.kubelet import Kubelet
from bot.playground.world.lives import Life, Run
from bot.playground.world.rollouts import Rollouts
from bot.playground.world.upkeep import Upkeep
from bot.playground.world.workloads import Workloads

LOOK_SECONDS = 30.0
LogLines = Callable[[Life, float, float], list[tuple[float, str]]]


@dataclass(slots=True)
class World:
    """A cluster that lives."""

    clock: Clock
    seed: int
    agenda: Agenda
    cluster: Cluster
    reporter: Reporter
    kubelet: Kubelet
    rollouts: Rollouts
    workloads: Workloads
    upkeep: Upkeep
    lines: LogLines | None = None
    each_time: list[Callable[[], None]] = field(default_factory=list)
    built: set[str] = field(default_factory=set)
    revision: int = 0
    _dirty: bool = False

    @classmethod
    def make(cls, clock: Clock, seed: int, begin: float) -> "World":
        """An empty world whose history begins at a time."""
        agenda = Agenda(begin)
        cluster = Cluster(lambda: agenda.now, seed)
        reporter = Reporter(cluster)
        kubelet = Kubelet(cluster, agenda, reporter, lambda: None)
        rollouts = Rollouts(cluster, agenda, kubelet, reporter)
        workloads = Workloads(cluster, agenda, kubelet, reporter)
        world = cls(clock, seed, agenda, cluster, reporter, kubelet, rollouts, workloads, Upkeep(cluster, kubelet))
        kubelet.changed = world.touch
        cluster.listeners.append(world.heard)
        return world

    @property
    def now(self) -> float:
        """Pretend time."""
        return self.agenda.now

    def touch(self) -> None:
        """Something about a pod changed: what was told of it may no longer hold."""
        self.revision += 1
        self._dirty = True

    def heard(self, change: Change) -> None:
        """A change in the store."""
        if change.kind.kind == "Event":
            return
        self._dirty = True
        if change.kind.kind == "Pod" and change.verb == "ADDED":
            self.kubelet.born(change.manifest)
        elif change.kind.kind == "Pod" and change.verb == "DELETED":
            life = self.kubelet.lives.get(change.manifest["metadata"]["uid"])
            if life is not None and life.deleted is None:
                life.deleted = self.now
                life.set_ready(self.now, False)
        self.revision += 1

    def settle(self) -> None:
        """Let the controllers work until nothing changes."""
        for _ in range(30):
            if not self._dirty:
                return
            self._dirty = False
            self.rollouts.reconcile()
            self.workloads.reconcile()
            self.upkeep.reconcile()

    def advance(self) -> None:
        """Let time pass up to now."""
        target = self.clock()
        self.agenda.run(target, self.settle)
        self.settle()
        self.reporter.forget()
        for do in self.each_time:
            do()

    def watch_deadlines(self) -> None:
        """From now on the controllers look again every while, also when nothing has changed: deadlines pass."""
        self._dirty = True
        self.agenda.after(LOOK_SECONDS, self.watch_deadlines)

    def rethink(self) -> None:
        """A fault began or ended: every pod's conduct is decided anew."""
        for life in list(self.kubelet.lives.values()):
            if not life.over and not life.leaving:
                self.kubelet.plan(life)
        self.touch()
        self.settle()

    def remove(self, target: Target, manifest: Manifest) -> Manifest:
        """Delete something; a pod takes a moment to go."""
        life = self.kubelet.lives.get(manifest["metadata"]["uid"])
        if target.kind.kind == "Pod" and life is not None and life.node and not life.over:
            self.kubelet.leave(life)
            grace = manifest["spec"].get("terminationGracePeriodSeconds", 30)
            marks = {"deletionTimestamp": stamp(self.now + grace), "deletionGracePeriodSeconds": grace}
            return self.cluster.edit(manifest, lambda newest: newest["metadata"].update(marks))
        if target.kind.kind == "Namespace":
            self._empty(target.name)
        return self.cluster.delete(target.kind, target.namespace or "", target.name)

    def _empty(self, namespace: str) -> None:
        for stored in list(self.cluster.places.values()):
            for key, manifest in list(stored.items()):
                kind = self.cluster.kinds.of(manifest)
                if key[0] == namespace and kind is not None and kind.namespaced:
                    self.cluster.delete(kind, *key)

    def logs(self, pod: Manifest, asked: PodLogs) -> str:
        """What a pod's containers said."""
        life = self.kubelet.lives.get(pod["metadata"]["uid"])
        name = pod["metadata"]["name"]
        run = _run(life, asked.container, name, asked.previous)
        end = run.end if run.end is not None else self.now
        start = run.start if asked.since is None else max(run.start, self.now - asked.since)
        if asked.tail is not None:
            start = max(start, end - max(600.0, asked.tail * 4.0))
        found = self.lines(life, start, end) if self.lines and life else []
        if asked.tail is not None:
            found = found[len(found) - min(len(found), asked.tail) :]
        text = "".join(f"{_nano(at)} {line}\n" if asked.timestamps else f"{line}\n" for at, line in found)
        return text if asked.limit_bytes is None else text[: asked.limit_bytes]


def _run(life: Life | None, container: str, pod: str, previous: bool) -> Run:
    ended = [run for run in life.runs if run.end is not None] if life else []
    if previous:
        if life is None or not ended or (len(life.runs) < 2 and life.running):
            raise bad_request(f'previous terminated container "{container}" in pod "{pod}" not found')
        return ended[-2] if life.running is None and len(ended) > 1 else ended[-1]
    if life is None or not life.runs:
        reason = life.waiting[-1][1] if life and life.waiting else "ContainerCreating"
        if "Image" in reason:
            raise bad_request(
                f'container "{container}" in pod "{pod}" is waiting to start: trying and failing to pull image'
            )
        raise bad_request(f'container "{container}" in pod "{pod}" is waiting to start: {reason}')
    return life.runs[-1]


def _nano(at: float) -> str:
    return stamp(at)[:-1] + f".{int(at % 1 * 1e9):09d}Z"
