"""One Remediation: checked again from the first to the last byte, then done; what came of it is its status."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.act.hands import Operation
from bot.act.policy import Policy
from bot.act.signing import is_signed
from bot.act.unsure import Outcome, cleared, insisted
from bot.domain.approval import Refusal, Verdict, mark_of
from bot.domain.message import Person
from bot.domain.plan import Step, digest_of
from bot.redaction import mask
from skills import Catalogue, Change, Evidence, Risk, SkillError, Unsure
from skills.change import Snapshot, Target

ENDED = {"Done", "Refused", "Failed"}
Begin = Callable[[dict[str, Any]], Awaitable[bool]]
"""Writes the status of what is begun; False: another replica has begun it."""
log = structlog.get_logger()


class Who(BaseModel):
    """Somebody, as the bot verified them."""

    model_config = ConfigDict(extra="forbid")

    id: str
    name: str
    channel: str
    workspace: str
    roles: list[str]

    @property
    def person(self) -> Person:
        return Person(self.id, self.name, self.channel, self.workspace, frozenset(self.roles))


class Spec(BaseModel):
    """What the custom resource says."""

    model_config = ConfigDict(extra="forbid")

    operation: Operation
    action: str
    arguments: dict[str, Any]
    snapshot: dict[str, Any]
    approval: str
    place: int
    digest: str
    bound: str
    rule: str
    automatic: str
    glass: str
    notAfter: datetime  # noqa: N815 - as the custom resource spells it
    requestedBy: Who  # noqa: N815
    approvedBy: list[Who]  # noqa: N815
    signature: str

    def is_what_was_approved(self) -> bool:
        """Whether the digest is of what is bound, and this very step on this very target stands in it."""
        try:
            approval, steps, targets, _plan, _until, terms = bound = json.loads(self.bound)
            seen = mark_of(Snapshot.from_json(self.snapshot)) if self.snapshot else None
            same = (approval, terms[0], terms[-1]) == (self.approval, self.requestedBy.person.key, self.glass)
            step = steps[self.place] == [self.action, self.arguments]
            return same and step and targets[self.place] == seen and digest_of(bound) == self.digest
        except (ValueError, TypeError, LookupError):
            return False


class Remediator:
    """Takes each once, one at a time for a target."""

    def __init__(
        self, catalogue: Catalogue, policy: Policy, key: Ed25519PublicKey, now: Callable[[], datetime], name: str = ""
    ) -> None:
        self._catalogue = catalogue
        self._policy = policy
        self._key = key
        self._now = now
        self._name = name
        self._turns: dict[str, asyncio.Lock] = {}

    async def take(
        self, raw: Mapping[str, Any], status: Mapping[str, Any], begin: Begin | None = None
    ) -> dict[str, Any]:
        """Its next status; empty: it has ended already. Begun and not ended, it is taken again: changes see that."""
        if status.get("phase") in ENDED:
            return {}
        try:
            spec = Spec.model_validate(dict(raw))
        except ValidationError as error:
            return self._ended("Refused", f"it cannot be read: {error.errors()[0]['msg']}")
        begun = status.get("phase") == "Running"
        if why := await self._why_not(raw, spec, begun):
            return self._ended("Refused", why)
        target = str(self._catalogue[spec.action].target(spec.arguments))
        async with self._turns.setdefault(target, asyncio.Lock()):
            if begin and not await begin(self._status("Running", "it is being done")):
                return {}
            return await self._do(spec)

    async def _why_not(self, raw: Mapping[str, Any], spec: Spec, begun: bool) -> str:
        """Why it may not be done; empty: it may."""
        if not is_signed(raw, self._key):
            return "its signature is not the bot's"
        if self._now() >= spec.notAfter and not begun:
            return "its time is over"
        if spec.action not in self._catalogue or self._catalogue[spec.action].risk is Risk.READ:
            return f"{spec.action} is not switched on here"
        action = self._catalogue[spec.action]
        try:
            target = action.target(action.normalise(spec.arguments))
            ruled_out = await self._ruled_out(spec, target, begun)
        except SkillError as error:
            return str(error)
        return ruled_out or ("" if spec.is_what_was_approved() else "it is not what the digest was approved for")

    async def _ruled_out(self, spec: Spec, target: Target, begun: bool) -> str:
        """What our own policy has against it now, whatever the bot's said."""
        action = self._catalogue[spec.action]
        if spec.operation == "undo":
            return "" if action.undo else f"{spec.action} cannot be undone"
        labels: Mapping[str, str] = {}
        if action.change and self._policy.reads_labels:
            labels = (await action.change.observe(spec.arguments)).labels
        asker = spec.requestedBy.person
        judged = self._policy.judge(action, target, asker, self._now(), bool(spec.glass), labels)
        if judged.verdict is Verdict.REFUSE or judged.shadow:
            return f"the policy refuses it ({judged.key or 'shadow'}, rule {judged.rule or '-'})"
        if not begun and action.change and judged.limits.measured:
            over = judged.limits.exceeded(await action.change.preview(spec.arguments))
            if over:
                return f"it would hit {over[1]:g} {over[0]}, and the rule {judged.rule} allows {over[2]:g}"
        if spec.automatic:
            return "" if judged.automatic else "the policy does not let it be done without asking"
        others = {each.person.key: each.person for each in spec.approvedBy}
        if not judged.self_approval:
            others.pop(asker.key, None)
        granted = sum(self._policy.may_approve(person, judged.approvers) for person in others.values())
        return "" if granted >= judged.quorum else f"{granted} of {judged.quorum} approvals count"

    async def _do(self, spec: Spec) -> dict[str, Any]:
        change = self._catalogue[spec.action].change
        if change is None:
            return self._ended("Refused", f"{spec.action} changes nothing")
        try:
            seen = Snapshot.from_json(spec.snapshot)
            done = (
                await self._undone(change, spec, seen)
                if spec.operation == "undo"
                else await self._made(change, spec, seen)
            )
        except (KeyError, TypeError, ValueError) as error:
            log.exception("a remediation failed in a way its skill does not name", action=spec.action)
            return self._ended("Failed", f"{spec.action} failed unexpectedly ({type(error).__name__})", key="unsure")
        if isinstance(done, Evidence):
            return self._ended("Done", done.summary, query=mask(done.query))
        values = {name: mask(str(value)) for name, value in done.values.items()}
        return self._ended("Failed", done.why, key=done.key, values=values)

    async def _made(self, change: Change, spec: Spec, seen: Snapshot) -> Outcome:
        """Where no answer came, it is looked whether it was done."""
        run = partial(_asked, spec, partial(change.run, spec.arguments, seen))

        async def took() -> bool | None:
            try:
                return await change.took(spec.arguments, seen)
            except SkillError:
                return None

        async def tell(why: str) -> None:
            log.warning("no answer came; looking whether it was done", action=spec.action, why=why)

        outcome = await run()
        lost = isinstance(outcome, Refusal) and outcome.unsure
        return await cleared(outcome, took, run, tell) if isinstance(outcome, Refusal) and lost else outcome

    async def _undone(self, change: Change, spec: Spec, seen: Snapshot) -> Outcome:
        return await insisted(partial(_asked, spec, partial(change.undo, spec.arguments, seen)))

    def _ended(self, phase: str, why: str, **more: Any) -> dict[str, Any]:
        return self._status(phase, why) | more

    def _status(self, phase: str, why: str) -> dict[str, Any]:
        at, why = self._now().strftime("%Y-%m-%dT%H:%M:%SZ"), mask(why)
        condition = {
            "type": "Completed",
            "status": {"Done": "True", "Running": "Unknown"}.get(phase, "False"),
            "reason": phase,
            "message": why[:1000],
            "lastTransitionTime": at,
        }
        return {"phase": phase, "why": why, "at": at, "by": self._name, "conditions": [condition]}


async def _asked(spec: Spec, act: Callable[[], Awaitable[Evidence]]) -> Outcome:
    """Once; what the skill throws is told."""
    try:
        return await act()
    except SkillError as error:
        step = Step(spec.action, spec.arguments)
        return Refusal(step, error.key, error.values, str(error), isinstance(error, Unsure))
