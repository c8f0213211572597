"""Who does what is approved: this process, or the operator, which takes a signed Remediation."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bot.act.signing import signed
from bot.act.unsure import PAUSES
from bot.domain.approval import Approval
from bot.domain.message import Person
from bot.domain.plan import canonical
from skills import Catalogue, Evidence
from skills.change import Snapshot
from skills.errors import Conflict, Forbidden, NotFound, SkillError, Unreachable, Unsure
from skills.kubernetes.cluster import Cluster
from skills.kubernetes.kinds import Kind

REMEDIATION = Kind("Remediation", "remediations", "dutybot.io", "v1alpha1")
Operation = Literal["run", "undo"]


class Hands(Protocol):
    """Makes a change, or puts it back."""

    async def run(self, approval: Approval, place: int) -> Evidence: ...

    async def undo(self, approval: Approval, place: int) -> Evidence: ...


class OwnHands:
    """This process, with its own rights."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    async def run(self, approval: Approval, place: int) -> Evidence:
        step, seen = approval.steps[place], _seen(approval, place)
        change = self._catalogue[step.action].change
        return await change.run(step.arguments, seen) if change and seen else await self._plainly(approval, place)

    async def undo(self, approval: Approval, place: int) -> Evidence:
        step, seen = approval.steps[place], _seen(approval, place)
        change = self._catalogue[step.action].change
        if change is None or seen is None:
            raise NotFound("cannot_be_undone", what=step.action)
        return await change.undo(step.arguments, seen)

    async def _plainly(self, approval: Approval, place: int) -> Evidence:
        step = approval.steps[place]
        return await self._catalogue[step.action](step.arguments)


class OperatorsHands:
    """Writes a Remediation and waits for what the operator says of it."""

    def __init__(
        self,
        cluster: Cluster,
        namespace: str,
        key: Ed25519PrivateKey,
        now: Callable[[], datetime],
        lasts: timedelta = timedelta(minutes=5),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._key = key
        self._now = now
        self._lasts = lasts
        self._sleep = sleep

    async def run(self, approval: Approval, place: int) -> Evidence:
        return await self._have(approval, place, "run")

    async def undo(self, approval: Approval, place: int) -> Evidence:
        return await self._have(approval, place, "undo")

    async def _have(self, approval: Approval, place: int, operation: Operation) -> Evidence:
        """Written once under a name that says what it is; after a crash the same one is found again."""
        name = f"{operation}-{approval.id[:40]}-{place}"
        found = await self._cluster.find(REMEDIATION, self._namespace, name)
        if found is None:
            spec = signed(spec_of(approval, place, operation, self._now() + self._lasts), self._key)
            meta = {"name": name, "namespace": self._namespace}
            body = {"apiVersion": REMEDIATION.api_version, "kind": REMEDIATION.name, "metadata": meta, "spec": spec}
            found = await self._written(name, body)
        until = datetime.fromisoformat(found["spec"]["notAfter"]) + self._lasts
        while (status := found.get("status") or {}).get("phase") not in {"Done", "Refused", "Failed"}:
            if self._now() >= until:
                raise Unsure("operator_silent", name=name)
            await self._sleep(0.5)
            with suppress(Unreachable):  # the operator goes on, whether we see it or not
                found = await self._cluster.get(REMEDIATION, self._namespace, name)
        return _told(status, name)

    async def _written(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """Written once; where no answer came, asked again under the same name: it must not turn up later unseen."""
        for pause in PAUSES:
            try:
                return await self._cluster.create(REMEDIATION, self._namespace, body)
            except Conflict:
                return await self._cluster.get(REMEDIATION, self._namespace, name)
            except Unsure:
                await self._sleep(pause)
        raise Unsure("operator_silent", name=name)


def spec_of(approval: Approval, place: int, operation: Operation, until: datetime) -> dict[str, Any]:
    """One approved step, with all that the operator needs to check it again."""
    step, seen = approval.steps[place], _seen(approval, place)
    return {
        "operation": operation,
        "action": step.action,
        "arguments": dict(step.arguments),
        "snapshot": seen.to_json() if seen else {},
        "approval": approval.id,
        "place": place,
        "digest": approval.digest,
        "bound": canonical(approval.bound),
        "rule": approval.rule,
        "automatic": approval.automatic,
        "glass": approval.glass,
        "notAfter": until.isoformat(),
        "requestedBy": _who(approval.requested_by),
        "approvedBy": [_who(person) for person in approval.granted_by],
    }


def _who(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "name": person.name,
        "channel": person.channel,
        "workspace": person.workspace,
        "roles": sorted(person.roles),
    }


def _seen(approval: Approval, place: int) -> Snapshot | None:
    return approval.targets[place] if place < len(approval.targets) else None


def _told(status: dict[str, Any], name: str) -> Evidence:
    """What the operator said, as if it had been done here."""
    why = str(status.get("why", ""))
    if status["phase"] == "Done":
        return Evidence(why, str(status.get("query", "")), facts={"remediation": name})
    key, values = str(status.get("key", "")), status.get("values") or {}
    if status["phase"] == "Refused":
        raise Forbidden("operator_refused", why=why)
    if key == "unsure":
        raise Unsure(key, **{"system": "Kubernetes", "url": "-", "why": why, **values})
    raise SkillError(key, **values) if key else Forbidden("operator_refused", why=why)
