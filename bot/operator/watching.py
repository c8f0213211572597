"""Watches Remediations with kopf, which lists, watches, retries, resumes, and lets one of several replicas work."""

import asyncio
import base64
import random
import threading
from pathlib import Path
from typing import Any

from bot.act.hands import REMEDIATION
from bot.act.posted import APPROVAL_POLICY
from bot.operator.approval_policy import status_of
from bot.operator.remediation import Remediator
from skills import SkillError
from skills.errors import Conflict
from skills.http import Server
from skills.kubernetes.cluster import MERGE, Cluster

PEERING = "dutybot"
LIFETIME = 15
"""Seconds after which another replica takes over from one that has fallen silent."""


def registry_of(remediator: Remediator, cluster: Cluster, server: Server, policies: bool) -> Any:
    """The handlers, and how kopf signs in: as our skills do. `policies`: ApprovalPolicies are told if they hold."""
    import kopf

    registry = kopf.OperatorRegistry()

    def login(**_: Any) -> Any:
        return connection_of(server)

    async def take(spec: Any, status: Any, patch: Any, body: Any, meta: Any, **_: Any) -> None:
        async def begin(running: dict[str, Any]) -> bool:
            """By compare-and-set: of two that see it at once, one begins."""
            name, namespace = meta["name"], meta["namespace"]
            try:
                now = await cluster.get(REMEDIATION, namespace, name)
                if (now.get("status") or {}).get("phase") != status.get("phase"):
                    return False
                held = {"resourceVersion": now["metadata"]["resourceVersion"]}
                body = {"metadata": held, "status": running}
                await cluster.patch(REMEDIATION, namespace, name, body, how=MERGE, part="status")
            except Conflict:
                return False
            except SkillError as error:
                raise kopf.TemporaryError(str(error), delay=1) from error
            return True

        told = await remediator.take(dict(spec), dict(status), begin)
        if not told:
            return
        patch.status.update(told)
        kind = "Normal" if told["phase"] == "Done" else "Warning"
        kopf.event(body, type=kind, reason=told["phase"], message=told["why"])

    async def hold(spec: Any, patch: Any, **_: Any) -> None:
        patch.status.update(status_of(dict(spec)))

    kopf.on.login(registry=registry)(login)
    of = (REMEDIATION.group, REMEDIATION.version, REMEDIATION.plural)
    for when in (kopf.on.resume, kopf.on.create):
        when(*of, registry=registry)(take)
    of = (APPROVAL_POLICY.group, APPROVAL_POLICY.version, APPROVAL_POLICY.plural)
    for watched in (kopf.on.resume, kopf.on.create, kopf.on.update) if policies else ():
        watched(*of, registry=registry)(hold)
    return registry


def connection_of(server: Server) -> Any:
    """Where the API server is, in kopf's words."""
    import kopf

    token = Path(server.token_file).read_text(encoding="utf-8").strip() if server.token_file else server.token
    certificate, key = server.client_cert or (None, None)
    return kopf.ConnectionInfo(
        server=server.url,
        ca_path=server.ca_file or None,
        ca_data=base64.b64encode(server.ca_text.encode()) if server.ca_text else None,
        insecure=not server.check_certificate,
        token=token or None,
        certificate_path=certificate,
        private_key_path=key,
    )


def settings_of(peers: bool) -> Any:
    """Nothing is scanned that needs more rights; of several replicas the KopfPeering says which one works."""
    import kopf

    settings = kopf.OperatorSettings()
    settings.scanning.disabled = True
    settings.posting.enabled = True
    settings.posting.loggers = False
    if peers:
        settings.peering.name = PEERING
        settings.peering.mandatory = True
        settings.peering.lifetime = LIFETIME
        settings.peering.priority = random.SystemRandom().randint(1, 2**31 - 1)  # equal ones would all pause
    return settings


async def watch(
    remediator: Remediator,
    server: Server,
    namespace: str,
    stop: asyncio.Event | threading.Event,
    *,
    peers: bool = False,
    policies: bool = False,
) -> None:
    """Until told to stop. `peers`: there are other replicas."""
    import kopf

    cluster = Cluster(lambda: server)
    registry, settings = registry_of(remediator, cluster, server, policies), settings_of(peers)
    try:
        await kopf.operator(
            registry=registry, settings=settings, namespaces=[namespace], standalone=not peers, stop_flag=stop
        )
    finally:
        await cluster.close()
