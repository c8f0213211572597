"""The policy as a custom resource instead of a file: read again and again; while it cannot be, nothing runs."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from pydantic import ValidationError

from bot.act.policy import Policy, why_broken
from bot.act.rules import PolicyFile
from bot.errors import BadInput
from skills import Clock, SkillError
from skills.kubernetes.cluster import Cluster
from skills.kubernetes.kinds import Kind

APPROVAL_POLICY = Kind("ApprovalPolicy", "approvalpolicies", "dutybot.io", "v1alpha1")
EVERY = 5.0
PATIENCE = timedelta(seconds=60)
"""For so long what was read last still counts while the API server does not answer."""
log = structlog.get_logger()


def read_posted(spec: Mapping[str, Any]) -> PolicyFile:
    """The rules of an ApprovalPolicy. Raises BadInput when they cannot be used."""
    try:
        file = PolicyFile.model_validate(dict(spec))
    except ValidationError as error:
        raise BadInput("error_policy_broken", path="ApprovalPolicy", why=why_broken(error)) from error
    if file.calendar:
        raise BadInput("error_policy_broken", path="ApprovalPolicy", why="calendar: a resource has no file beside it")
    return file


def written_by(found: Mapping[str, Any]) -> str:
    """Who wrote its rules last, as the API server tells: the name of a program or a person's tool, not of a person."""
    told = found.get("metadata", {}).get("managedFields") or ()
    wrote = [each for each in told if "f:spec" in (each.get("fieldsV1") or {})]
    newest: Mapping[str, Any] = max(wrote, key=lambda each: str(each.get("time", "")), default={})
    return f"kubernetes:{newest.get('manager', 'unknown')}"


class Posted:
    """Keeps a policy in step with its custom resource."""

    def __init__(self, cluster: Cluster, place: str, clock: Clock) -> None:
        self.policy = Policy.unread(f"the ApprovalPolicy {place} has not been read yet")
        self.policy.source = f"ApprovalPolicy {place}"
        self._cluster = cluster
        self._place = place
        self._clock = clock
        self._read_at: datetime | None = None

    async def read(self) -> None:
        """Once. What is gone or broken lets nothing run at once; a server that is silent, after a while."""
        namespace, _, name = self._place.rpartition("/")
        try:
            found = await self._cluster.find(APPROVAL_POLICY, namespace, name, authors=True)
        except SkillError as error:
            if self._read_at is None or self._clock.now() - self._read_at > PATIENCE:
                self.policy.breaks(f"the ApprovalPolicy {self._place} cannot be read: {error}")
            return
        self._read_at = self._clock.now()
        if found is None:
            self.policy.breaks(f"there is no ApprovalPolicy {self._place}")
            return
        try:
            self.policy.takes(read_posted(found.get("spec") or {}), written_by(found))
        except BadInput as error:
            self.policy.breaks(str(error.values.get("why", error)))

    async def keep(self) -> None:
        """Read it for as long as we are on duty."""
        while True:
            await self.read()
            await asyncio.sleep(EVERY)

    async def close(self) -> None:
        """Let go of the connection."""
        await self._cluster.close()
