"""Changes: shown, remembered, made once, checked, and put back to the byte."""

import copy

import httpx
import pytest

from skills import BadArguments, Catalogue, Conflict, Owner, Risk, Snapshot, Unreachable
from tests.skills.kubernetes.things import deployment, namespace, pod, replica_set
from tests.skills.kubernetes.wire import Wire, status

SHOP = {"namespace": "shop"}
RESTART = {**SHOP, "name": "order-service"}


def shop(**more) -> Wire:
    return Wire(
        namespace(),
        deployment(**more),
        replica_set(2, "order:1", replicas=3),
        *[owned(pod(f"order-service-{n}")) for n in range(3)],
    )


def owned(thing):
    thing["metadata"]["ownerReferences"] = [
        {
            "kind": "ReplicaSet",
            "name": "order-service-2",
            "uid": "uid-replicaset-shop-order-service-2",
            "controller": True,
        }
    ]
    return thing


def budget(allowed: int):
    return {
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "order-pdb", "namespace": "shop"},
        "spec": {"selector": {"matchLabels": {"app": "order-service"}}},
        "status": {"disruptionsAllowed": allowed, "currentHealthy": 3, "desiredHealthy": 3},
    }


def kube(wire: Wire, now) -> Catalogue:
    return Catalogue([wire.skill(now, clean_image="busybox@sha256:" + "0" * 64)])


def the_deployment(wire: Wire):
    return wire.things["deployments", "shop", "order-service"]


def settle(wire: Wire, ready: int | None = None) -> None:
    """As the controllers would."""
    thing = the_deployment(wire)
    wanted = thing["spec"]["replicas"]
    have = wanted if ready is None else ready
    thing["status"] = {
        "observedGeneration": thing["metadata"]["generation"],
        "replicas": wanted,
        "readyReplicas": have,
        "availableReplicas": have,
        "updatedReplicas": wanted,
    }


async def test_the_preview_is_the_servers_dry_run_and_changes_nothing(now):
    wire = shop(labels={"argocd.argoproj.io/instance": "shop-prod"})
    before = copy.deepcopy(wire.things)
    shown = await kube(wire, now)["rollout_restart"].change.preview(RESTART)
    assert shown.diff == (
        "spec.template.metadata.annotations: (none) -> {'kubectl.kubernetes.io/restartedAt': '2026-11-22T10:00:00Z'}",
    )
    assert len(shown.pods) == 3
    assert shown.fraction == 1.0
    assert shown.owner == Owner("argocd", "shop-prod")
    assert wire.things == before
    assert any("dryRun=All" in path for method, path, _ in wire.asked if method == "PATCH")


async def test_a_restart_is_made_once_even_when_asked_twice(now):
    wire = shop()
    change = kube(wire, now)["rollout_restart"].change
    snapshot = Snapshot.from_json((await change.observe(RESTART)).to_json())
    await change.run(RESTART, snapshot)
    generation = the_deployment(wire)["metadata"]["generation"]
    again = await change.run(RESTART, snapshot)
    assert "already was" in again.summary
    assert the_deployment(wire)["metadata"]["generation"] == generation


async def test_a_restart_is_verified_by_its_rollout(now):
    wire = shop()
    change = kube(wire, now)["rollout_restart"].change
    snapshot = await change.observe(RESTART)
    await change.run(RESTART, snapshot)
    assert (await change.verify(RESTART, snapshot)).settled is False
    settle(wire, ready=1)
    assert (await change.verify(RESTART, snapshot)).settled is False
    settle(wire)
    assert (await change.verify(RESTART, snapshot)).better is True


async def test_new_pods_that_cannot_start_settle_it_as_worse(now):
    wire = shop()
    change = kube(wire, now)["rollout_restart"].change
    snapshot = await change.observe(RESTART)
    await change.run(RESTART, snapshot)
    settle(wire, ready=2)
    waiting = [{"name": "main", "restartCount": 0, "state": {"waiting": {"reason": "ImagePullBackOff"}}}]
    new = owned(pod("order-service-new", containerStatuses=waiting))
    new["metadata"]["creationTimestamp"] = "2026-11-22T10:00:05Z"
    wire.keep(new)
    looked = await change.verify(RESTART, snapshot)
    assert (looked.settled, looked.better) == (True, False)
    assert looked.why == "order-service: order-service-new is in ImagePullBackOff"


async def test_undo_puts_the_spec_back_to_the_byte(now):
    wire = shop()
    before = copy.deepcopy(the_deployment(wire)["spec"])
    change = kube(wire, now)["rollout_restart"].change
    snapshot = await change.observe(RESTART)
    await change.run(RESTART, snapshot)
    assert the_deployment(wire)["spec"] != before
    await change.undo(RESTART, snapshot)
    assert the_deployment(wire)["spec"] == before
    assert "as it was before" in (await change.undo(RESTART, snapshot)).summary


async def test_what_someone_else_changed_is_neither_overwritten_nor_undone(now):
    wire = shop()
    scale = kube(wire, now)["scale_deployment"].change
    asked = {**SHOP, "deployment": "order-service", "replicas": 5}
    snapshot = await scale.observe(asked)
    the_deployment(wire)["spec"]["replicas"] = 9
    with pytest.raises(Conflict, match="was changed by someone else"):
        await scale.run(asked, snapshot)
    with pytest.raises(Conflict, match="was changed by someone else"):
        await scale.undo(asked, snapshot)
    assert the_deployment(wire)["spec"]["replicas"] == 9


async def test_another_thing_of_the_same_name_is_not_touched(now):
    wire = shop()
    scale = kube(wire, now)["scale_deployment"].change
    asked = {**SHOP, "deployment": "order-service", "replicas": 5}
    snapshot = await scale.observe(asked)
    the_deployment(wire)["metadata"]["uid"] = "another"
    with pytest.raises(Conflict, match="is another one by now"):
        await scale.run(asked, snapshot)


async def test_a_status_update_in_between_is_no_conflict(now):
    wire = shop()
    scale = kube(wire, now)["scale_deployment"].change
    asked = {**SHOP, "deployment": "order-service", "replicas": 5}
    snapshot = await scale.observe(asked)
    the_deployment(wire)["metadata"]["resourceVersion"] = "999"
    await scale.run(asked, snapshot)
    assert the_deployment(wire)["spec"]["replicas"] == 5
    settle(wire)
    assert (await scale.verify(asked, snapshot)).better
    await scale.undo(asked, snapshot)
    assert the_deployment(wire)["spec"]["replicas"] == 3


async def test_scaling_down_tells_how_many_go_and_who_else_decides(now):
    wire = shop()
    wire.keep(
        {
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "order-hpa", "namespace": "shop"},
            "spec": {
                "scaleTargetRef": {"kind": "Deployment", "name": "order-service"},
                "minReplicas": 2,
                "maxReplicas": 9,
            },
        }
    )
    shown = await kube(wire, now)["scale_deployment"].change.preview(
        {**SHOP, "deployment": "order-service", "replicas": 0}
    )
    assert shown.diff == ("spec.replicas: 3 -> 0",)
    assert shown.figures["pods"] == 3
    assert shown.notes[0].startswith("The autoscaler order-hpa (2 to 9) will set its own number")
    assert shown.notes[1] == "3 of 3 pods will go. All traffic stops."


async def test_nothing_to_change_is_told(now):
    with pytest.raises(BadArguments, match="already is so"):
        await kube(shop(), now)["scale_deployment"].change.preview(
            {**SHOP, "deployment": "order-service", "replicas": 3}
        )


POD = {**SHOP, "pod": "order-service-1"}


async def test_a_pod_is_evicted_and_its_successor_awaited(now):
    wire = shop()
    change = kube(wire, now)["restart_pod"].change
    shown = await change.preview(POD)
    assert shown.pods == ("shop/order-service-1",)
    assert shown.fraction == pytest.approx(1 / 3)
    snapshot = await change.observe(POD)
    await change.run(POD, snapshot)
    assert ("pods", "shop", "order-service-1") not in wire.things
    assert (await change.verify(POD, snapshot)).settled is False
    wire.keep(owned(pod("order-service-9")))
    assert (await change.verify(POD, snapshot)).better is True
    assert "gone already" in (await change.run(POD, snapshot)).summary


async def test_a_budget_is_honoured(now):
    wire = shop()
    wire.keep(budget(0))
    change = kube(wire, now)["restart_pod"].change
    assert (await change.preview(POD)).budgets[0].startswith("shop/order-pdb allows 0 disruptions of 1 pods at once")
    snapshot = await change.observe(POD)
    path = "/api/v1/namespaces/shop/pods/order-service-1/eviction"
    wire.answers["POST", path] = status(429, "Cannot evict pod as it would violate the pod's disruption budget.")
    with pytest.raises(Unreachable, match="A disruption budget does not let the pod order-service-1 go now"):
        await change.run(POD, snapshot)
    assert ("pods", "shop", "order-service-1") in wire.things


async def test_a_pod_that_nobody_would_make_anew_is_not_taken(now):
    wire = Wire(namespace(), pod("lonely"))
    wire.things["pods", "shop", "lonely"]["metadata"]["ownerReferences"] = []
    with pytest.raises(BadArguments, match="No controller would make the pod lonely anew"):
        await kube(wire, now)["restart_pod"].change.preview({**SHOP, "pod": "lonely"})


async def test_a_failed_dry_run_is_an_error_not_a_preview(now):
    wire = shop()
    wire.answers["PATCH", "/apis/apps/v1/namespaces/shop/deployments/order-service"] = httpx.Response(
        422, json={"kind": "Status", "message": "denied by policy: no restarts on Sunday"}
    )
    with pytest.raises(BadArguments, match="no restarts on Sunday"):
        await kube(wire, now)["rollout_restart"].change.preview(RESTART)


def test_every_change_says_how_it_is_undone_or_that_it_cannot_be(now):
    for each in kube(shop(), now).values():
        if each.risk is Risk.CHANGE:
            assert each.undo, each.name
