"""Our Kubernetes API and the real one: the same calls, one after another, must have the same answers."""

from typing import Any

import httpx
import pytest

from bot.playground.kube.api import Behind, application
from bot.playground.kube.cluster import Cluster
from tests.differential.kubernetes_calls import CALLS, Call

pytestmark = pytest.mark.servers

CHANGING = {
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "managedFields",
    "generation",
    "observedGeneration",
    "lastTransitionTime",
    "remainingItemCount",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "serverAddressByClientCIDRs",
}


def _mine(namespace: str) -> httpx.ASGITransport:
    cluster = Cluster(lambda: 1_700_000_000.0)
    for name in ("default", namespace):
        cluster.create(cluster.kind("namespaces"), "", {"metadata": {"name": name}, "status": {"phase": "Active"}})
    behind = Behind(
        cluster,
        lambda: None,
        lambda: None,
        lambda target, _: cluster.delete(target.kind, target.namespace or "", target.name),
        lambda pod, asked: "",
    )
    return httpx.ASGITransport(application(behind))


@pytest.fixture(scope="module")
def namespace(kube) -> str:
    return kube.namespace()


@pytest.fixture(scope="module")
def ours(namespace):
    return _mine(namespace)


def test_there_are_enough_calls():
    assert len(CALLS) >= 20


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.method} {call.path}")
async def test_a_call_has_the_same_answer(kube, ours, namespace, call):
    theirs = _ask(kube.client.request, call, namespace)
    async with httpx.AsyncClient(transport=ours, base_url="http://ours") as client:
        mine = await _ask(client.request, call, namespace)
    assert mine.status_code == theirs.status_code, (mine.text[:400], theirs.text[:400])
    if "json" not in theirs.headers.get("content-type", ""):
        assert mine.text == theirs.text
        return
    told, wanted = _still(mine.json()), _still(theirs.json())
    if wanted.get("kind", "").endswith("List") and "items" in wanted:
        names = [[item["metadata"]["name"] for item in answer["items"]] for answer in (told, wanted)]
        assert names[0] == names[1]
        assert told["kind"] == wanted["kind"]
        assert bool(told["metadata"].get("continue")) == bool(wanted["metadata"].get("continue"))
    elif wanted.get("kind") == "Status" and theirs.status_code >= 400:
        fields = ("reason", "code", "details", "message") if call.whole else ("reason", "code")
        assert {name: told.get(name) for name in fields} == {name: wanted.get(name) for name in fields}
    elif call.whole:
        assert told == wanted
    else:
        assert not (why := _beyond(told, wanted)), why


def _ask(request, call: Call, namespace: str):
    path = call.path.replace("{ns}", namespace)
    more: dict[str, Any] = {"headers": {"Content-Type": call.kind}}
    if call.body is not None:
        more["json"] = call.body
    return request(call.method, path, **more)


def _still(value: Any) -> Any:
    """An answer without what changes from call to call."""
    if isinstance(value, dict):
        return {name: _still(part) for name, part in value.items() if name not in CHANGING}
    return [_still(part) for part in value] if isinstance(value, list) else value


def _beyond(told: Any, wanted: Any, path: str = "") -> str:
    """What we tell that the real server does not, or tells otherwise."""
    if isinstance(told, dict) and isinstance(wanted, dict):
        for name, part in told.items():
            if path == "" and name == "status" and "spec" in told and told.get("kind") != "Scale":
                continue
            if part not in ({}, [], None, "") and (why := _beyond(part, wanted.get(name), f"{path}.{name}")):
                return why
        return ""
    if isinstance(told, list) and isinstance(wanted, list) and len(told) == len(wanted):
        pairs = enumerate(zip(told, wanted, strict=True))
        return next((why for n, (a, b) in pairs if (why := _beyond(a, b, f"{path}[{n}]"))), "")
    return "" if told == wanted else f"{path}: {told!r} is not {wanted!r}"
