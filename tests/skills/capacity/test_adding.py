"""Nodes are added, verified and put back, in each of the five ways."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from skills.capacity.actions import Capacity
from skills.capacity.cluster import quantity
from skills.capacity.settings import CapacitySettings, KubernetesAddress, PrometheusAddress
from skills.catalogue import Catalogue
from skills.change import Snapshot
from skills.clock import Clock
from skills.errors import BadArguments, Conflict, Unreachable
from tests.skills.capacity.wire import Kubernetes, node

PLACES = "/apis/apps/v1/namespaces/default/deployments/dutybot-headroom"
MACHINES = "/apis/cluster.x-k8s.io/v1beta1/namespaces/infra/machinedeployments/pool"


def change(kubernetes, now=None, **settings):
    skill = Capacity(
        CapacitySettings(**settings),
        Clock(lambda: now, UTC) if now else Clock(),
        PrometheusAddress(),
        KubernetesAddress(url="http://kubernetes"),
        httpx.MockTransport(kubernetes),
    )
    return Catalogue([skill])["capacity.add_nodes"].change


async def test_placeholders_hold_node_sized_places():
    kubernetes = Kubernetes()
    deed = change(kubernetes)
    told = await deed.preview({"count": 2})
    assert told.diff == ("dutybot-headroom: 0 -> 2 placeholder pods",)
    assert all(dry for _, _, dry in kubernetes.written)
    snapshot = await deed.observe({"count": 2})
    await deed.run({"count": 2}, snapshot)
    pod = kubernetes.objects[PLACES]["spec"]["template"]["spec"]
    assert pod["priorityClassName"] == "dutybot-placeholder"
    assert pod["containers"][0]["resources"]["requests"] == {"cpu": "6000m", "memory": "24576Mi"}
    waiting = await deed.verify({"count": 2}, snapshot)
    assert (waiting.settled, waiting.better) == (False, None)
    kubernetes.objects[PLACES]["status"] = {"readyReplicas": 2}
    kubernetes.nodes += [node("n8"), node("n9")]
    assert (await deed.verify({"count": 2}, snapshot)).better is True
    await deed.undo({"count": 2}, snapshot)
    assert PLACES not in kubernetes.objects


REQUESTS = "/apis/autoscaling.x-k8s.io"


@pytest.mark.parametrize("served", [True, False])
async def test_the_cluster_autoscaler_is_asked_as_it_is_served(served):
    kubernetes = Kubernetes()
    if served:
        kubernetes.put(REQUESTS, {"preferredVersion": {"groupVersion": "autoscaling.x-k8s.io/v1"}})
    deed = change(kubernetes)
    await deed.preview({"count": 2})
    snapshot = Snapshot.from_json((await deed.observe({"count": 2})).to_json())
    await deed.run({"count": 2}, snapshot)
    made = {path.rpartition("/")[0].rpartition("/")[2] for path in kubernetes.objects if path != REQUESTS}
    assert made == ({"provisioningrequests", "podtemplates"} if served else {"deployments", "priorityclasses"})
    assert not (await deed.verify({"count": 2}, snapshot)).settled
    await deed.undo({"count": 2}, snapshot)
    left = {path for path in kubernetes.objects if "provisioningrequests" in path or "deployments" in path}
    assert not left


@pytest.mark.parametrize(
    ("ready", "minutes", "settled", "better", "why"),
    [
        (False, -5, False, None, "0 of 1 places"),
        (True, -5, True, True, "5 minutes before they are wanted"),
        (True, 5, True, False, "5 minutes after they were wanted"),
        (False, 5, True, False, "5 minutes after they were wanted"),
    ],
)
async def test_nodes_that_come_after_the_deadline_have_not_helped(ready, minutes, settled, better, why):
    kubernetes, by = Kubernetes(), datetime(2026, 11, 20, 10, tzinfo=UTC)
    deed = change(kubernetes, now=by + timedelta(minutes=minutes))
    asked = {"count": 1, "by": by.isoformat()}
    assert any("wanted by 11-20 10:00" in note for note in (await deed.preview(asked)).notes)
    snapshot = await deed.observe(asked)
    await deed.run(asked, snapshot)
    if ready:
        kubernetes.objects[PLACES]["status"] = {"readyReplicas": 1}
    seen = await deed.verify(asked, snapshot)
    assert (seen.settled, seen.better) == (settled, better)
    assert why in seen.why


def test_a_deadline_without_a_zone_is_not_taken():
    with pytest.raises(BadArguments, match="by"):
        change(Kubernetes()).target({"count": 1, "by": "2026-11-20T10:00:00"})


async def test_more_places_come_on_top_and_go_again():
    kubernetes = Kubernetes()
    deed = change(kubernetes)
    await deed.run({"count": 1}, await deed.observe({"count": 1}))
    snapshot = await deed.observe({"count": 2})
    await deed.run({"count": 2}, snapshot)
    assert kubernetes.objects[PLACES]["spec"]["replicas"] == 3
    await deed.undo({"count": 2}, snapshot)
    assert kubernetes.objects[PLACES]["spec"]["replicas"] == 1


async def test_what_changed_meanwhile_is_not_overwritten():
    kubernetes = Kubernetes()
    deed = change(kubernetes)
    await deed.run({"count": 1}, await deed.observe({"count": 1}))
    snapshot = await deed.observe({"count": 2})
    kubernetes.put(PLACES, kubernetes.objects[PLACES])
    with pytest.raises(Conflict):
        await deed.run({"count": 2}, snapshot)


async def test_sizes_are_those_of_the_smallest_node_that_takes_pods():
    kubernetes = Kubernetes(1)
    kubernetes.nodes += [node("tiny", cpu="1", ready=False), node("cordoned", cpu="2", unschedulable=True)]
    deed = change(kubernetes)
    told = await deed.preview({"count": 1})
    assert told.figures == {"nodes": 1.0, "nodes_after": 2.0}


async def test_no_node_is_ready():
    with pytest.raises(BadArguments, match="no node is ready"):
        await change(Kubernetes(0)).preview({"count": 1})


async def test_too_many_at_once():
    with pytest.raises(BadArguments, match="CAPACITY_MOST_NODES"):
        await change(Kubernetes(), most_nodes=3).preview({"count": 4})


async def test_a_provisioning_request_is_made_verified_and_taken_back():
    kubernetes = Kubernetes()
    served = {"preferredVersion": {"groupVersion": "autoscaling.x-k8s.io/v1"}}
    kubernetes.objects["/apis/autoscaling.x-k8s.io"] = served
    deed = change(kubernetes, node_source="provisioning_request")
    snapshot = await deed.observe({"count": 3})
    await deed.run({"count": 3}, snapshot)
    where = f"/apis/autoscaling.x-k8s.io/v1/namespaces/default/provisioningrequests/{snapshot.before['name']}"
    assert kubernetes.objects[where]["spec"]["podSets"][0]["count"] == 3
    assert not (await deed.verify({"count": 3}, snapshot)).settled
    kubernetes.objects[where]["status"] = {"conditions": [{"type": "Provisioned", "status": "True"}]}
    assert (await deed.verify({"count": 3}, snapshot)).better is True
    failed = {"type": "Failed", "status": "True", "message": "no quota in zone b"}
    kubernetes.objects[where]["status"] = {"conditions": [failed]}
    told = await deed.verify({"count": 3}, snapshot)
    assert (told.better, told.why) == (False, "no quota in zone b")
    await deed.undo({"count": 3}, snapshot)
    assert where not in kubernetes.objects


async def test_without_provisioning_requests_the_way_out_is_named():
    with pytest.raises(BadArguments, match="CAPACITY_NODE_SOURCE=placeholder"):
        await change(Kubernetes(), node_source="provisioning_request").observe({"count": 1})


async def test_machines_of_a_group():
    kubernetes = Kubernetes()
    kubernetes.objects["/apis/cluster.x-k8s.io"] = {"preferredVersion": {"groupVersion": "cluster.x-k8s.io/v1beta1"}}
    kubernetes.put(MACHINES, {"spec": {"replicas": 3}, "status": {"readyReplicas": 3}})
    deed = change(kubernetes, node_source="machine_deployment", node_group="infra/pool")
    assert (await deed.preview({"count": 2})).diff == ("spec.replicas: 3 -> 5",)
    snapshot = await deed.observe({"count": 2})
    await deed.run({"count": 2}, snapshot)
    assert not (await deed.verify({"count": 2}, snapshot)).settled
    kubernetes.objects[MACHINES]["status"]["readyReplicas"] = 5
    assert (await deed.verify({"count": 2}, snapshot)).better
    await deed.undo({"count": 2}, snapshot)
    assert kubernetes.objects[MACHINES]["spec"]["replicas"] == 3
    with pytest.raises(Conflict):
        await deed.undo({"count": 2}, snapshot)


@pytest.mark.parametrize(("source", "group"), [("machine_deployment", "pool"), ("karpenter", ""), ("karpenter", "a/b")])
def test_a_group_that_is_not_named(source, group):
    with pytest.raises(BadArguments, match="CAPACITY_NODE_GROUP"):
        change(Kubernetes(), node_source=source, node_group=group).target({"count": 1})


async def test_a_karpenter_pool_may_grow_and_is_put_back():
    kubernetes = Kubernetes()
    pool = "/apis/karpenter.sh/v1/nodepools/general"
    kubernetes.put(pool, {"spec": {"limits": {"cpu": "34"}}, "status": {"resources": {"cpu": "32"}}})
    deed = change(kubernetes, node_source="karpenter", node_group="general")
    assert "spec.limits.cpu: 34 -> 48" in (await deed.preview({"count": 2})).diff
    snapshot = await deed.observe({"count": 2})
    await deed.run({"count": 2}, snapshot)
    assert kubernetes.objects[pool]["spec"]["limits"] == {"cpu": "48"}
    assert kubernetes.objects[PLACES]["spec"]["replicas"] == 2
    await deed.undo({"count": 2}, snapshot)
    assert kubernetes.objects[pool]["spec"]["limits"] == {"cpu": "34"}
    assert PLACES not in kubernetes.objects


@pytest.mark.parametrize(
    ("text", "value"), [("250m", 0.25), ("4", 4), ("16Gi", 2**34), ("1k", 1000), ("x", 0), ("", 0)]
)
def test_quantities(text, value):
    assert quantity(text) == value


async def test_without_a_cluster_it_is_one_sentence():
    skill = Capacity(CapacitySettings(), Clock(), PrometheusAddress(), KubernetesAddress())
    with pytest.raises(Unreachable, match="No cluster is set up"):
        await Catalogue([skill])["capacity.add_nodes"].change.preview({"count": 1})
    await skill.close()
