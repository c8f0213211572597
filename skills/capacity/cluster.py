"""The part of Kubernetes that adding nodes needs: one small client, nodes counted, quantities read."""

from dataclasses import dataclass, replace
from typing import Any

import httpx

from skills.capacity.settings import KubernetesAddress
from skills.errors import NotFound, Unreachable
from skills.http import MEBIBYTE, Http
from skills.kube_sign_in import ACCOUNT, sign_in

MERGE = "application/merge-patch+json"
_SIZES = {
    "Ki": 2**10,
    "Mi": 2**20,
    "Gi": 2**30,
    "Ti": 2**40,
    "k": 1e3,
    "M": 1e6,
    "G": 1e9,
    "T": 1e12,
    "m": 1e-3,
    "": 1.0,
}


@dataclass(frozen=True, slots=True)
class Fleet:
    """The nodes that take work now."""

    ready: int
    cpu: float
    """Allocatable of the smallest of them, in cores and bytes: what surely fits on any one."""
    memory: float


class Cluster:
    """Asks and writes by plain HTTP."""

    def __init__(self, address: KubernetesAddress, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._address = address
        self._transport = transport
        self._opened: Http | None = None

    @property
    def is_known(self) -> bool:
        """Whether a cluster is set up: an address, a kubeconfig, or the account of the pod that we run in."""
        return bool(self._address.url or self._address.kubeconfig or (ACCOUNT / "token").exists())

    @property
    def _http(self) -> Http:
        """Opened when first used: a house without a cluster may still look ahead."""
        if self._opened is None:
            self._opened = Http(replace(sign_in(self._address), most_bytes=64 * MEBIBYTE), self._transport)
        return self._opened

    async def read(self, path: str) -> dict[str, Any]:
        """One object."""
        found = await self._http.read_json(path)
        if not isinstance(found, dict):
            raise Unreachable("not_json", system="Kubernetes", url=self._http.server.url)
        return found

    async def look(self, path: str) -> dict[str, Any] | None:
        """One object, or None if there is no such thing."""
        try:
            return await self.read(path)
        except NotFound:
            return None

    async def write(self, method: str, path: str, body: object, *, dry: bool = False) -> dict[str, Any]:
        """Create, patch or delete; dry: only ask what would happen."""
        kind = MERGE if method == "PATCH" else "application/json"
        params = {"dryRun": "All"} if dry else None
        written = await self._http.write_json(method, path, body, params, kind, trial=dry)
        return written if isinstance(written, dict) else {}

    async def fleet(self) -> Fleet:
        """The nodes that are ready and take pods."""
        nodes = (await self.read("/api/v1/nodes")).get("items") or []
        taking = [node for node in nodes if _ready(node) and not node.get("spec", {}).get("unschedulable")]
        if not taking:
            return Fleet(0, 0.0, 0.0)
        rooms = [node["status"].get("allocatable") or {} for node in taking]
        return Fleet(
            len(taking),
            min(quantity(room.get("cpu", "0")) for room in rooms),
            min(quantity(room.get("memory", "0")) for room in rooms),
        )

    async def close(self) -> None:
        """Let go of the connections."""
        if self._opened is not None:
            await self._opened.close()


def own_namespace() -> str:
    """The namespace that we run in; "default" outside of a cluster."""
    told = ACCOUNT / "namespace"
    return told.read_text(encoding="utf-8").strip() if told.exists() else "default"


def quantity(text: str | float) -> float:
    """As Kubernetes writes amounts: 250m, 4, 16Gi."""
    told = str(text).strip()
    number = told.rstrip("KMGTikm")
    try:
        return float(number) * _SIZES[told[len(number) :]]
    except (ValueError, KeyError):
        return 0.0


def _ready(node: dict[str, Any]) -> bool:
    conditions = node.get("status", {}).get("conditions") or []
    return any(each.get("type") == "Ready" and each.get("status") == "True" for each in conditions)
