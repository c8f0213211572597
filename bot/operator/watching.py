"""Watches Remediations with kopf, which lists, watches, retries, resumes, and lets one of several replicas work."""

import asyncio
import base64
from pathlib import Path
from typing import Any

from bot.act.hands import REMEDIATION
from bot.operator.remediation import Remediator
from skills.http import Server


def registry_of(remediator: Remediator, server: Server) -> Any:
    """The handlers, and how kopf signs in: as our skills do."""
    import kopf

    registry = kopf.OperatorRegistry()
    of = (REMEDIATION.group, REMEDIATION.version, REMEDIATION.plural)

    def login(**_: Any) -> Any:
        return connection_of(server)

    async def take(spec: Any, status: Any, patch: Any, body: Any, **_: Any) -> None:
        told = await remediator.take(dict(spec), dict(status))
        if not told:
            return
        patch.status.update(told)
        kind = "Normal" if told["phase"] == "Done" else "Warning"
        kopf.event(body, type=kind, reason=told["phase"], message=told["why"])

    kopf.on.login(registry=registry)(login)
    for when in (kopf.on.resume, kopf.on.create):
        when(*of, registry=registry)(take)
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


def settings_of() -> Any:
    """One replica works where a KopfPeering `dutybot` is installed; nothing is scanned that needs more rights."""
    import kopf

    settings = kopf.OperatorSettings()
    settings.scanning.disabled = True
    settings.posting.enabled = True
    settings.posting.loggers = False
    settings.peering.name = "dutybot"
    settings.peering.mandatory = False
    return settings


async def watch(remediator: Remediator, server: Server, namespace: str, stop: asyncio.Event) -> None:
    """Until told to stop."""
    import kopf

    registry, settings = registry_of(remediator, server), settings_of()
    await kopf.operator(registry=registry, settings=settings, namespaces=[namespace], standalone=False, stop_flag=stop)
