"""A change to a system: shown before it is made, remembered, made, checked, and put back."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol, runtime_checkable

from skills.errors import SkillError
from skills.evidence import JSON, Evidence

Arguments = Mapping[str, Any]
"""Normalised arguments of an action, as JSON has them."""


@dataclass(frozen=True, slots=True)
class Target:
    """The one thing that an action is about."""

    kind: str
    name: str
    namespace: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.namespace, self.kind, self.name) if part)


@dataclass(frozen=True, slots=True)
class Owner:
    """Who else writes this thing: a change by hand will be undone by it, or will surprise it."""

    system: str
    """argocd, flux or helm."""
    name: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would do, as the server itself foretells it."""

    diff: tuple[str, ...] = ()
    """Short lines: "spec.replicas: 3 -> 5"."""
    pods: tuple[str, ...] = ()
    """Pods that will go, as namespace/name."""
    fraction: float | None = None
    """How much of the workload these pods are, 0 to 1."""
    nodes: tuple[str, ...] = ()
    budgets: tuple[str, ...] = ()
    """Disruption budgets in the way, each a sentence."""
    owner: Owner | None = None
    notes: tuple[str, ...] = ()
    figures: Mapping[str, float] | None = None
    """Numbers worth showing, such as the bytes that would be freed."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the target was before: an approval is bound to it, and an undo returns to it."""

    uid: str
    resource_version: str
    generation: int
    before: JSON = None
    labels: Mapping[str, str] = field(default_factory=dict)
    """Of the target; the policy may go by them."""

    def to_json(self) -> dict[str, JSON]:
        """For the database."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Snapshot":
        """Back from the database."""
        labels = {str(name): str(value) for name, value in (kept.get("labels") or {}).items()}
        return cls(str(kept["uid"]), str(kept["resource_version"]), int(kept["generation"]), kept.get("before"), labels)


@dataclass(frozen=True, slots=True)
class Verification:
    """One look at whether a change helped; look again until it is settled or time is up."""

    settled: bool
    better: bool | None
    """None: cannot be said yet, or at all."""
    why: str


@dataclass(frozen=True, slots=True)
class Since:
    """What has become of a target that was looked at before and left alone by us."""

    same: bool
    """Somebody has brought about what the change would have."""
    touched: bool
    """It is not as it was."""
    against: bool = False
    """It was moved the other way."""
    did: str = ""
    """What is different, in a few words."""


class Deed(Protocol):
    """One change with its arguments filled in. Write one class in one file for each."""

    @property
    def target(self) -> Target:
        """What it is done to."""

    async def preview(self) -> Preview:
        """Ask the server what would happen; change nothing."""

    async def observe(self) -> Snapshot:
        """Remember what an undo needs, and what an approval is bound to."""

    async def run(self, snapshot: Snapshot) -> Evidence:
        """Do it, to exactly what was observed, else Conflict."""

    async def verify(self, snapshot: Snapshot) -> Verification:
        """Look once."""

    async def undo(self, snapshot: Snapshot) -> Evidence:
        """Put it back."""


@runtime_checkable
class Compares(Protocol):
    """A deed that knows better than by its own check what others have done to its target."""

    async def since(self, snapshot: Snapshot) -> Since:
        """What has become of it."""


@runtime_checkable
class Traceable(Protocol):
    """A deed that knows better than by what it observed whether it was done."""

    async def took(self, snapshot: Snapshot) -> bool:
        """Whether it was done, in part or whole, by whomever."""


@dataclass(frozen=True, slots=True)
class StandIn:
    """Another action under a simpler name. Catalogue.resolve gives that other one, so that its own rules hold."""

    action: str
    arguments: Arguments
    deed: Deed

    @property
    def target(self) -> Target:
        """The other's."""
        return self.deed.target

    async def preview(self) -> Preview:
        """The other's."""
        return await self.deed.preview()

    async def observe(self) -> Snapshot:
        """The other's."""
        return await self.deed.observe()

    async def run(self, snapshot: Snapshot) -> Evidence:
        """The other's."""
        return await self.deed.run(snapshot)

    async def verify(self, snapshot: Snapshot) -> Verification:
        """The other's."""
        return await self.deed.verify(snapshot)

    async def undo(self, snapshot: Snapshot) -> Evidence:
        """The other's."""
        return await self.deed.undo(snapshot)


@dataclass(frozen=True, slots=True)
class Change:
    """The same for any arguments: what the gate and the operator hold."""

    make: Callable[[Arguments], Deed]

    def target(self, arguments: Arguments) -> Target:
        """What it is done to; asks no server."""
        return self.make(arguments).target

    async def preview(self, arguments: Arguments) -> Preview:
        """Ask the server what would happen; change nothing."""
        return await self.make(arguments).preview()

    async def observe(self, arguments: Arguments) -> Snapshot:
        """Remember what an undo needs, and what an approval is bound to."""
        return await self.make(arguments).observe()

    async def run(self, arguments: Arguments, snapshot: Snapshot) -> Evidence:
        """Do it, to exactly what was observed, else Conflict."""
        return await self.make(arguments).run(snapshot)

    async def verify(self, arguments: Arguments, snapshot: Snapshot) -> Verification:
        """Look once."""
        return await self.make(arguments).verify(snapshot)

    async def undo(self, arguments: Arguments, snapshot: Snapshot) -> Evidence:
        """Put it back."""
        return await self.make(arguments).undo(snapshot)

    async def since(self, arguments: Arguments, snapshot: Snapshot) -> Since:
        """What has become of the target, which we have left alone."""
        deed = self.make(arguments)
        if isinstance(deed, Compares):
            return await deed.since(snapshot)
        seen = await deed.verify(snapshot)
        if seen.better is True:
            return Since(same=True, touched=True, did=seen.why)
        try:
            now = await deed.observe()
        except SkillError as error:
            return Since(same=False, touched=True, did=str(error))
        return Since(same=False, touched=(now.uid, now.generation) != (snapshot.uid, snapshot.generation))

    async def took(self, arguments: Arguments, snapshot: Snapshot) -> bool:
        """Whether it was done, in part or whole: asked where no answer came."""
        deed = self.make(arguments)
        if isinstance(deed, Traceable):
            return await deed.took(snapshot)
        now = await deed.observe()
        return (now.uid, now.generation, now.before) != (snapshot.uid, snapshot.generation, snapshot.before)
