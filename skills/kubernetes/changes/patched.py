"""A change that is one patch of one thing: most are. Subclasses say what to patch and how to judge it.

It is made once: should it be asked for again with the same snapshot (after a crash between doing and writing down), it
sees that the thing already is as wanted. It is made to what was observed and to nothing else, and put back only while
nobody has changed the thing since.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, cast

from skills.change import Preview, Since, Snapshot, Target, Verification
from skills.errors import BadArguments, Conflict
from skills.evidence import JSON, Evidence
from skills.kubernetes.cluster import JSON_PATCH, STRATEGIC, Cluster, Thing, path_of
from skills.kubernetes.diff import changes
from skills.kubernetes.kinds import Kind
from skills.kubernetes.surroundings import owner_of
from skills.words import told

TRIES = 9
PAUSE = 0.05
"""Seconds after the first conflict, doubled by each: while a rollout goes on, its controller writes all the time."""
SYSTEM = "Kubernetes"


class Patched(ABC):
    """One patch of one thing."""

    keeps: ClassVar[tuple[str, ...]]
    """JSON pointers to all that is changed; what stood there is what an undo puts back."""
    how: ClassVar[str] = STRATEGIC

    def __init__(self, cluster: Cluster, kind: Kind, namespace: str, name: str) -> None:
        self.cluster, self.kind, self.namespace, self.name = cluster, kind, namespace, name

    @property
    def target(self) -> Target:
        """What is patched."""
        return Target(self.kind.name, self.name, self.namespace)

    @abstractmethod
    async def body(self, thing: Thing, before: Mapping[str, Any]) -> object:
        """The patch, given the thing and what was observed of it.

        Raises:
            BadArguments: it makes no sense for this thing.
        """

    @abstractmethod
    async def judge(self, thing: Thing, snapshot: Snapshot) -> Verification:
        """One look at whether it helped."""

    @property
    @abstractmethod
    def done(self) -> str:
        """What was done, in a few words."""

    async def surroundings(self, thing: Thing, after: Thing) -> Preview:
        """What else is touched; nothing, unless a subclass knows better."""
        return Preview()

    async def aside(self, thing: Thing) -> Mapping[str, JSON]:
        """More that must be remembered, so that the patch is the same whenever it is asked for."""
        return {}

    async def preview(self) -> Preview:
        """The server's own dry run, as a short diff."""
        snapshot, thing = await self._look()
        after = await self._patch(thing, snapshot, dry_run=True)
        diff = changes(thing, after)
        if not diff:
            raise BadArguments("already_so", kind=self.kind.name, name=self.name)
        around = await self.surroundings(thing, after)
        return Preview(
            diff=diff,
            pods=around.pods,
            fraction=around.fraction,
            nodes=around.nodes,
            budgets=around.budgets,
            owner=owner_of(thing),
            notes=around.notes,
            figures=around.figures,
        )

    async def observe(self) -> Snapshot:
        """What stands where the patch will write."""
        return (await self._look())[0]

    async def run(self, snapshot: Snapshot) -> Evidence:
        """Patch exactly what was observed."""
        for attempt in range(TRIES):
            thing = await self._same(snapshot)
            if self._kept(thing) != self._before(snapshot):
                if await self._is_mine(thing, snapshot):
                    return self._told(told(f"{self.done} (it already was)", f"{self.done}（此前已完成）"), thing)
                raise Conflict("changed_since", kind=self.kind.name, name=self.name)
            try:
                after = await self._patch(thing, snapshot)
            except Conflict:
                if attempt == TRIES - 1:
                    raise
                await asyncio.sleep(PAUSE * 2**attempt)
                continue
            return self._told(self.done, after)
        raise AssertionError("the last try returns or raises")

    async def verify(self, snapshot: Snapshot) -> Verification:
        """Look once."""
        thing = await self._same(snapshot)
        return await self.judge(thing, snapshot)

    async def undo(self, snapshot: Snapshot) -> Evidence:
        """Put back what stood there, to the byte, unless someone else has changed it since."""
        before = self._before(snapshot)
        for attempt in range(TRIES):
            thing = await self._same(snapshot)
            if self._kept(thing) == before:
                return self._told(told("It is as it was before", "已经是之前的样子"), thing)
            if not await self._is_mine(thing, snapshot):
                raise Conflict("changed_since", kind=self.kind.name, name=self.name)
            patch = [_guard(thing), *_put_back(thing, before)]
            try:
                after = await self.cluster.patch(self.kind, self.namespace, self.name, patch, how=JSON_PATCH)
            except Conflict:
                if attempt == TRIES - 1:
                    raise
                await asyncio.sleep(PAUSE * 2**attempt)
                continue
            return self._told(told("It was put back as it was before", "已恢复到之前的样子"), after)
        raise AssertionError("the last try returns or raises")

    async def took(self, snapshot: Snapshot) -> bool:
        """Something else stands there than before."""
        thing = await self.cluster.find(self.kind, self.namespace, self.name)
        mine = thing is not None and thing["metadata"].get("uid") == snapshot.uid
        return thing is not None and mine and self._kept(thing) != self._before(snapshot)

    async def since(self, snapshot: Snapshot) -> Since:
        """Whether others have written there what the patch would have, or something else."""
        thing = await self.cluster.find(self.kind, self.namespace, self.name)
        if thing is None or thing["metadata"].get("uid") != snapshot.uid:
            return Since(same=False, touched=True, did=told("it is gone", "它已不存在"))
        thing.setdefault("kind", self.kind.name)
        before, now = self._before(snapshot), self._kept(thing)
        if now == before:
            return Since(same=False, touched=False)
        did = "; ".join(changes(before, now)[:3])
        if await self.alike(thing, snapshot):
            return Since(same=True, touched=True, did=did)
        planned = self._kept(await self._patch(thing, snapshot, dry_run=True))
        return Since(same=False, touched=True, against=_against(before, now, planned), did=did)

    async def alike(self, thing: Thing, snapshot: Snapshot) -> bool:
        """Whether what others did comes to the same; a subclass may know more than equality."""
        return await self._is_mine(thing, snapshot)

    async def _look(self) -> tuple[Snapshot, Thing]:
        thing = await self.cluster.get(self.kind, self.namespace, self.name)
        thing.setdefault("kind", self.kind.name)
        meta = thing["metadata"]
        before = {"kept": self._kept(thing), **(await self.aside(thing))}
        kept = Snapshot(
            str(meta.get("uid", "")),
            str(meta.get("resourceVersion", "")),
            int(meta.get("generation", 0)),
            cast("JSON", before),
            meta.get("labels") or {},
        )
        return kept, thing

    async def _same(self, snapshot: Snapshot) -> Thing:
        thing = await self.cluster.get(self.kind, self.namespace, self.name)
        thing.setdefault("kind", self.kind.name)
        if thing["metadata"].get("uid") != snapshot.uid:
            raise Conflict("replaced_since", kind=self.kind.name, name=self.name)
        return thing

    async def _patch(self, thing: Thing, snapshot: Snapshot, dry_run: bool = False) -> Thing:
        body = await self.body(thing, cast("Mapping[str, Any]", snapshot.before))
        if dry_run:
            pass  # nothing is written, so nothing can be overwritten
        elif isinstance(body, dict):
            meta = {**body.get("metadata", {}), "resourceVersion": thing["metadata"]["resourceVersion"]}
            body = {**body, "metadata": meta}
        elif isinstance(body, list):
            body = [_guard(thing), *body]
        return await self.cluster.patch(self.kind, self.namespace, self.name, body, how=self.how, dry_run=dry_run)

    async def _is_mine(self, thing: Thing, snapshot: Snapshot) -> bool:
        """Whether it stands as this change left it: the same patch would change nothing."""
        return self._kept(await self._patch(thing, snapshot, dry_run=True)) == self._kept(thing)

    def _kept(self, thing: Thing) -> dict[str, Any]:
        return {path: at(thing, path) for path in self.keeps}

    def _before(self, snapshot: Snapshot) -> dict[str, Any]:
        return dict(cast("Mapping[str, Any]", snapshot.before)["kept"])

    def _told(self, summary: str, thing: Thing) -> Evidence:
        meta = thing["metadata"]
        return Evidence(
            summary=summary,
            query=f"PATCH {path_of(self.kind, self.namespace, self.name)}",
            facts={
                "kind": self.kind.name,
                "namespace": self.namespace,
                "name": self.name,
                "uid": str(meta.get("uid", "")),
                "generation": int(meta.get("generation", 0)),
                "resource_version": str(meta.get("resourceVersion", "")),
            },
        )


def at(thing: Any, pointer: str) -> Any:
    """What stands at a JSON pointer; None where there is nothing."""
    for part in pointer.removeprefix("/").split("/"):
        if not isinstance(thing, dict):
            return None
        thing = thing.get(part.replace("~1", "/").replace("~0", "~"))
    return thing


def _against(before: Mapping[str, Any], now: Mapping[str, Any], planned: Mapping[str, Any]) -> bool:
    """Whether a number was moved the other way."""
    numbers = ((before[path], now[path], planned[path]) for path in before)
    return any(
        isinstance(was, int) and isinstance(is_, int) and isinstance(would, int) and (is_ - was) * (would - was) < 0
        for was, is_, would in numbers
    )


def _guard(thing: Thing) -> Thing:
    """Makes the server answer "conflict" where the thing has changed since it was read."""
    return {"op": "replace", "path": "/metadata/resourceVersion", "value": thing["metadata"]["resourceVersion"]}


def _put_back(thing: Thing, before: Mapping[str, Any]) -> list[Thing]:
    patch: list[Thing] = []
    for path, value in before.items():
        if value is not None:
            patch.append({"op": "add", "path": path, "value": value})
        elif at(thing, path) is not None:
            patch.append({"op": "remove", "path": path})
    return patch
