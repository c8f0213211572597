"""What runs, and what was changed of it lately."""

import pytest

from skills import Catalogue, Clock
from skills.kubernetes.actions import Kubernetes
from skills.kubernetes.settings import KubernetesSettings
from tests.skills.kubernetes.test_real_cluster import deployment as real_deployment
from tests.skills.kubernetes.things import deployment, event, namespace, node, replica_set
from tests.skills.kubernetes.wire import Wire


def asks(wire: Wire, now) -> Catalogue:
    return Catalogue([wire.skill(now)])


def edited(thing, manager: str, at: str, fields: dict, **more):
    """Written by somebody, as the API server keeps it."""
    entry = {"manager": manager, "operation": "Update", "time": at, "fieldsV1": fields, **more}
    return {**thing, "metadata": {**thing["metadata"], "managedFields": [entry]}}


async def changes(wire, now, **asked):
    found = await asks(wire, now)["kubernetes.recent_changes"]({"time_range": "3d", **asked})
    return found, [row[2:] for row in (found.table.rows if found.table else ())]


async def test_a_rollout_says_what_it_changed(now):
    live = deployment(image="order:2")
    live["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": "2"}
    wire = Wire(namespace(), live, replica_set(1, "order:1"), replica_set(2, "order:2"))
    found, rows = await changes(wire, now, namespace="shop")
    assert rows == [
        ("Deployment", "order-service", "revision 2: spec.containers.main.image: order:1 -> order:2", ""),
    ]
    assert found.summary.startswith("1 change in shop (")
    assert found.facts["changes"][0]["at"] == "2026-11-22T10:00:00+00:00"


async def test_what_was_gone_back_to_counts_from_when_it_came_again(now):
    live = deployment(image="order:1")
    live["status"] = {"conditions": [{"type": "Progressing", "lastUpdateTime": "2026-11-22T09:30:00Z"}]}
    older, newer = replica_set(1, "order:1"), replica_set(2, "order:2")
    older["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "3"
    found, _ = await changes(Wire(namespace(), live, older, newer), now, time_range="1h")
    assert [row[0] for row in found.table.rows] == ["11-22 09:30"]
    assert "order:2 -> order:1" in found.table.rows[0][4]


async def test_edits_by_hand_name_the_fields_and_the_hand(now):
    by_hand = edited(
        deployment(), "kubectl-edit", "2026-11-22T09:00:00Z", {"f:spec": {"f:replicas": {}, "f:paused": {}}}
    )
    kept = edited(deployment("cart"), "kube-controller-manager", "2026-11-22T09:00:00Z", {"f:spec": {"f:replicas": {}}})
    status = edited(deployment("web"), "agent", "2026-11-22T09:00:00Z", {"f:status": {}}, subresource="status")
    _, rows = await changes(Wire(namespace(), by_hand, kept, status), now)
    assert rows == [("Deployment", "order-service", "spec.replicas, spec.paused", "kubectl-edit")]


async def test_scaling_and_nodes_are_told_by_their_events_and_other_events_are_not(now):
    scaled = event("e1", deployment(), "ScalingReplicaSet", "Scaled up from 3 to 5", "2026-11-22T09:10:00Z")
    noise = event("e2", deployment(), "BackOff", "Back-off restarting", "2026-11-22T09:20:00Z")
    _, rows = await changes(Wire(namespace(), node(), scaled, noise), now)
    assert rows == [("Deployment", "order-service", "Scaled up from 3 to 5", "")]


async def test_only_what_is_named_so_and_only_within_the_time(now):
    early = event("e1", deployment(), "ScalingReplicaSet", "Scaled up", "2026-11-20T09:10:00Z")
    other = event("e2", deployment("cart"), "ScalingReplicaSet", "Scaled up", "2026-11-22T09:10:00Z")
    found, rows = await changes(Wire(namespace(), early, other), now, time_range="1d", name="order")
    assert (rows, found.summary.partition(" (")[0]) == ([], "Nothing was changed in the cluster")


async def test_all_that_runs_stands_on_one_page_with_what_is_short(now):
    short = deployment("cart")
    short["status"] = {"readyReplicas": 1}
    whole = deployment()
    whole["status"] = {"readyReplicas": 3}
    found = await asks(Wire(namespace(), whole, short), now)["kubernetes.workloads"]({})
    assert found.summary == "2 workloads, 1 short of ready pods"
    assert [row[:4] for row in found.table.rows] == [
        ("Deployment", "shop", "order-service", "3/3"),
        ("Deployment", "shop", "cart", "1/3"),
    ]


@pytest.mark.servers
async def test_a_real_cluster_keeps_who_changed_what(kube):
    space = kube.namespace()
    kube.apply(real_deployment(), namespace=space)
    kube.wait_for_rollout("order", space)
    kube.apply(real_deployment(image="registry.test/order:2"), namespace=space)
    kube.wait_for_rollout("order", space)
    skill = Kubernetes(KubernetesSettings(kubeconfig=str(kube.kubeconfig)), Clock())
    found = await Catalogue([skill])["kubernetes.recent_changes"]({"namespace": space, "time_range": "10m"})
    await skill.close()
    told = [row[2:] for row in found.table.rows]
    image = "spec.containers.main.image: registry.test/order:1 -> registry.test/order:2"
    assert any(image in row[2] for row in told), told
    assert any(row[0] == "Deployment" and row[3] for row in told), told
