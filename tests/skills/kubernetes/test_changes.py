"""Changes: shown, remembered, made once, checked, and put back to the byte."""

import copy
import json
import os
import subprocess

import httpx
import pytest

from skills import BadArguments, Catalogue, Conflict, NotFound, Owner, Risk, Snapshot, Unreachable
from tests.skills.kubernetes.things import deployment, namespace, node, pod, replica_set
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
    assert shown.notes[1:] == ("3 of 3 pods will go.", "All traffic stops.")


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


async def test_a_rollback_takes_the_template_of_that_revision_whole(now):
    wire = shop(image="order:2")
    wire.keep(replica_set(1, "order:1"))
    wire.keep(replica_set(2, "order:2", replicas=3))
    asked = {**SHOP, "deployment": "order-service"}
    change = kube(wire, now)["rollback_deployment"].change
    shown = await change.preview(asked)
    assert shown.diff == ("spec.template.spec.containers.main.image: order:2 -> order:1",)
    before = copy.deepcopy(the_deployment(wire)["spec"])
    snapshot = await change.observe(asked)
    await change.run(asked, snapshot)
    assert "pod-template-hash" not in str(the_deployment(wire)["spec"]["template"])
    the_deployment(wire)["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "3"
    assert "already was" in (await change.run(asked, snapshot)).summary
    await change.undo(asked, snapshot)
    assert the_deployment(wire)["spec"] == before
    with pytest.raises(BadArguments, match="has no revision 7; kept are: 1, 2"):
        await change.preview({**asked, "revision": 7})


async def test_nothing_to_roll_back_to_is_told(now):
    with pytest.raises(NotFound, match="No earlier revision of order-service is kept"):
        await kube(shop(), now)["rollback_deployment"].change.preview({**SHOP, "deployment": "order-service"})


async def test_only_the_version_of_an_image_changes(now):
    wire = shop(image="registry.test:5000/shop/order:1")
    change = kube(wire, now)["set_image"].change
    shown = await change.preview({**RESTART, "image": "registry.test:5000/shop/order:2"})
    assert shown.diff[0].endswith("image: registry.test:5000/shop/order:1 -> registry.test:5000/shop/order:2")
    with pytest.raises(BadArguments, match=r"is not another version of registry.test:5000/shop/order;"):
        await change.preview({**RESTART, "image": "evil.test/shop/order:2"})
    with pytest.raises(BadArguments, match="has no container sidecar; name one of: main"):
        await change.preview({**RESTART, "image": "registry.test:5000/shop/order:2", "container": "sidecar"})
    with pytest.raises(BadArguments, match=r"image of kubernetes.set_image"):
        kube(wire, now)["set_image"].normalise({**RESTART, "image": "--privileged"})


async def test_resources_that_are_not_named_stay(now):
    wire = shop()
    the_deployment(wire)["spec"]["template"]["spec"]["containers"][0]["resources"] = {"limits": {"cpu": "1"}}
    change = kube(wire, now)["set_resources"].change
    await change.run({**RESTART, "memory_limit": "1Gi"}, await change.observe(RESTART))
    container = the_deployment(wire)["spec"]["template"]["spec"]["containers"][0]
    assert container["resources"] == {"limits": {"cpu": "1", "memory": "1Gi"}}
    with pytest.raises(BadArguments, match="Say which resources"):
        await change.preview(RESTART)
    with pytest.raises(BadArguments, match=r"memory_limit of kubernetes.set_resources"):
        kube(wire, now)["set_resources"].normalise({**RESTART, "memory_limit": "lots"})


async def test_the_bounds_of_an_autoscaler(now):
    hpa = {
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "order-hpa", "namespace": "shop"},
        "spec": {"minReplicas": 2, "maxReplicas": 4},
        "status": {"currentReplicas": 4, "desiredReplicas": 4},
    }
    wire = Wire(namespace(), hpa)
    asked = {**SHOP, "hpa": "order-hpa", "min_replicas": 2, "max_replicas": 8}
    change = kube(wire, now)["patch_hpa"].change
    assert (await change.preview(asked)).diff == ("spec.maxReplicas: 4 -> 8",)
    snapshot = await change.observe(asked)
    await change.run(asked, snapshot)
    assert (await change.verify(asked, snapshot)).better
    await change.undo(asked, snapshot)
    assert wire.things["horizontalpodautoscalers", "shop", "order-hpa"]["spec"] == hpa["spec"]
    with pytest.raises(BadArguments, match=r"The least \(9\) is above the most \(8\)"):
        await change.preview({**asked, "min_replicas": 9})


async def test_a_node_is_closed_and_opened_again(now):
    wire = Wire(node("n1"), node("n2"))
    change = kube(wire, now)["cordon"].change
    shown = await change.preview({"node": "n1"})
    assert (shown.diff, shown.notes) == (("spec.unschedulable: (none) -> True",), ("1 other node left to take pods.",))
    snapshot = await change.observe({"node": "n1"})
    await change.run({"node": "n1"}, snapshot)
    assert (await change.verify({"node": "n1"}, snapshot)).better
    await change.undo({"node": "n1"}, snapshot)
    assert wire.things["nodes", "", "n1"]["spec"] == {}


async def test_a_node_is_emptied_of_all_but_its_daemons(now):
    daemon = pod("logs-1", app="logs")
    daemon["metadata"]["ownerReferences"] = [{"kind": "DaemonSet", "name": "logs", "uid": "d", "controller": True}]
    elsewhere = owned(pod("order-service-9", node="n2"))
    wire = Wire(namespace(), node("n1"), node("n2"), owned(pod("order-service-1")), daemon, elsewhere)
    change = kube(wire, now)["drain_node"].change
    assert (await change.preview({"node": "n1"})).pods == ("shop/order-service-1",)
    snapshot = await change.observe({"node": "n1"})
    found = await change.run({"node": "n1"}, snapshot)
    assert found.summary == "n1 is empty"
    assert wire.things["nodes", "", "n1"]["spec"]["unschedulable"] is True
    assert [name for plural, _, name in wire.things if plural == "pods"] == ["logs-1", "order-service-9"]
    assert (await change.verify({"node": "n1"}, snapshot)).better
    await change.undo({"node": "n1"}, snapshot)
    assert wire.things["nodes", "", "n1"]["spec"] == {}


async def test_what_a_budget_holds_is_left_and_told_when_time_is_up(now):
    wire = Wire(namespace(), node("n1"), owned(pod("order-service-1")))
    path = "/api/v1/namespaces/shop/pods/order-service-1/eviction"
    wire.answers["POST", path] = status(429, "violates the budget")
    change = kube(wire, now)["drain_node"].change
    asked = {"node": "n1", "timeout": 1}
    found = await change.run(asked, await change.observe(asked))
    assert found.summary == "n1: 1 pod still there"
    assert found.gaps == ("shop/order-service-1 is still there. violates the budget",)


async def test_a_node_with_a_lone_pod_is_not_emptied(now):
    lone = pod("lonely")
    lone["metadata"]["ownerReferences"] = []
    wire = Wire(namespace(), node("n1"), lone)
    change = kube(wire, now)["drain_node"].change
    with pytest.raises(BadArguments, match=r"no controller would make anew \(shop/lonely\)"):
        await change.preview({"node": "n1"})
    with pytest.raises(BadArguments, match="no controller would make anew"):
        await change.run({"node": "n1"}, await change.observe({"node": "n1"}))
    assert wire.things["nodes", "", "n1"]["spec"] == {}


async def test_files_in_empty_dirs_are_given_up_only_by_name(now):
    keeper, daemon = owned(pod("order-service-1")), owned(pod("logs-1"))
    daemon["metadata"]["ownerReferences"][0]["kind"] = "DaemonSet"
    for each in (keeper, daemon):
        each["spec"]["volumes"] = [{"name": "cache", "emptyDir": {}}]
    wire = Wire(namespace(), node("n1"), keeper, daemon)
    change = kube(wire, now)["drain_node"].change
    with pytest.raises(BadArguments, match=r"would be lost \(shop/order-service-1\); say delete_emptydir_data=true"):
        await change.preview({"node": "n1"})
    with pytest.raises(BadArguments, match="delete_emptydir_data"):
        await change.run({"node": "n1"}, await change.observe({"node": "n1"}))
    assert wire.things["nodes", "", "n1"]["spec"] == {}
    asked = {"node": "n1", "delete_emptydir_data": True}
    shown = await change.preview(asked)
    assert shown.notes == (
        "1 pod will go; 1 pod of daemon sets will stay.",
        "What these keep in emptyDir volumes is lost: shop/order-service-1",
    )
    assert (await change.run(asked, await change.observe(asked))).summary == "n1 is empty"
    assert [name for plural, _, name in wire.things if plural == "pods"] == ["logs-1"]


async def test_a_cron_job_is_suspended_and_resumed(now):
    cron = {"kind": "CronJob", "metadata": {"name": "report", "namespace": "shop"}, "spec": {"suspend": False}}
    wire = Wire(namespace(), cron)
    change = kube(wire, now)["suspend_cronjob"].change
    asked = {**SHOP, "cronjob": "report"}
    snapshot = await change.observe(asked)
    await change.run(asked, snapshot)
    assert (await change.verify(asked, snapshot)).better
    await change.undo(asked, snapshot)
    assert wire.things["cronjobs", "shop", "report"]["spec"] == {"suspend": False}
    with pytest.raises(BadArguments, match="already is so"):
        await kube(wire, now)["resume_cronjob"].change.preview(asked)


async def test_only_evicted_pods_are_removed_and_only_those_seen(now):
    gone = pod("gone", phase="Failed", reason="Evicted")
    failed = pod("failed", phase="Failed", reason="Error")
    wire = Wire(namespace(), gone, failed, pod())
    change = kube(wire, now)["delete_evicted_pods"].change
    assert (await change.preview(SHOP)).pods == ("shop/gone",)
    snapshot = await change.observe(SHOP)
    wire.keep(pod("later", phase="Failed", reason="Evicted"))
    found = await change.run(SHOP, snapshot)
    assert found.lines == ("gone",)
    assert sorted(name for plural, _, name in wire.things if plural == "pods") == [
        "failed",
        "later",
        "order-service-1",
    ]
    assert (await change.verify(SHOP, snapshot)).better
    with pytest.raises(BadArguments, match="It cannot be undone"):
        await change.undo(SHOP, snapshot)
    with pytest.raises(NotFound, match="There are no evicted pods in shop"):
        await kube(Wire(namespace()), now)["delete_evicted_pods"].change.preview(SHOP)


async def test_only_a_failed_job_is_removed(now):
    job = {"kind": "Job", "metadata": {"name": "report-1", "namespace": "shop"}, "spec": {}, "status": {}}
    wire = Wire(namespace(), job)
    change = kube(wire, now)["delete_failed_job"].change
    asked = {**SHOP, "job": "report-1"}
    with pytest.raises(BadArguments, match="has not failed"):
        await change.preview(asked)
    wire.things["jobs", "shop", "report-1"]["status"] = {"conditions": [{"type": "Failed", "status": "True"}]}
    await change.run(asked, await change.observe(asked))
    assert ("jobs", "shop", "report-1") not in wire.things


async def test_a_volume_grows_if_its_class_can(now):
    claim = {
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": "shop"},
        "spec": {"storageClassName": "fast", "resources": {"requests": {"storage": "10Gi"}}},
        "status": {"capacity": {"storage": "10Gi"}},
    }
    wire = Wire(
        namespace(), claim, {"kind": "StorageClass", "metadata": {"name": "fast"}, "allowVolumeExpansion": True}
    )
    change = kube(wire, now)["expand_pvc"].change
    asked = {**SHOP, "pvc": "data", "size": "20Gi"}
    assert (await change.preview(asked)).diff == ("spec.resources.requests.storage: 10Gi -> 20Gi",)
    snapshot = await change.observe(asked)
    await change.run(asked, snapshot)
    assert (await change.verify(asked, snapshot)).settled is False
    wire.things["persistentvolumeclaims", "shop", "data"]["status"]["capacity"]["storage"] = "20Gi"
    assert (await change.verify(asked, snapshot)).better
    with pytest.raises(BadArguments, match="cannot be made smaller"):
        await change.preview({**asked, "size": "5Gi"})
    wire.things["storageclasses", "", "fast"]["allowVolumeExpansion"] = False
    with pytest.raises(BadArguments, match="does not let volumes grow"):
        await change.preview({**asked, "size": "30Gi"})


class Worker(Wire):
    """A cluster whose job's pod ends at once."""

    log = "files 3 bytes 4096\n"
    phase = "Succeeded"

    def answer(self, request):
        if request.method == "POST" and request.url.path.endswith("/jobs"):
            job = json.loads(request.content)
            self.sent.append(job)
            made = pod("worker", namespace="kube-system", phase=self.phase)
            made["metadata"]["labels"] = job["spec"]["template"]["metadata"]["labels"]
            self.keep(made)
        if request.url.path.endswith("/log"):
            return httpx.Response(200, text=self.log)
        return super().answer(request)


async def test_a_disk_is_counted_before_it_is_cleaned(now):
    wire = Worker(node("n1"))
    wire.sent = []
    change = kube(wire, now)["clean_disk"].change
    asked = {"node": "n1", "what": "container_logs", "older_than_days": 3}
    shown = await change.preview(asked)
    assert shown.figures["bytes"] == 4096
    counting = wire.sent[0]["spec"]["template"]["spec"]
    assert counting["containers"][0]["volumeMounts"][0]["readOnly"] is True
    assert "rm" not in counting["containers"][0]["command"][2].split()
    snapshot = await change.observe(asked)
    found = await change.run(asked, snapshot)
    assert found.summary == "n1: 4096 bytes in 3 files of /var/log/pods were freed"
    cleaning = wire.sent[1]["spec"]["template"]["spec"]
    assert cleaning["volumes"] == [{"name": "clean", "hostPath": {"path": "/var/log/pods", "type": "Directory"}}]
    assert cleaning["nodeName"] == "n1"
    assert "-mtime +3" in cleaning["containers"][0]["command"][2]
    assert not [name for plural, _, name in wire.things if plural == "jobs"]
    assert (await change.verify(asked, snapshot)).better


async def test_a_cleaning_job_that_fails_is_told(now):
    wire = Worker(node("n1"))
    wire.sent, wire.phase = [], "Failed"
    with pytest.raises(Unreachable, match=r"The cleaning job clean-\w+ did not succeed"):
        await kube(wire, now)["clean_disk"].change.preview({"node": "n1"})


async def test_without_a_pinned_image_no_disk_is_cleaned(now):
    unset = Catalogue([Wire(node("n1")).skill(now, clean_image="busybox:latest")])
    with pytest.raises(BadArguments, match="give KUBERNETES_CLEAN_IMAGE an image with its digest"):
        await unset["clean_disk"].change.preview({"node": "n1"})


def test_the_cleaning_command_really_counts_and_removes(tmp_path, now):
    """The script itself, run by a real shell on a real folder."""
    from skills.kubernetes.changes.clean_disk import CleanDisk

    old, new = tmp_path / "old.log.1", tmp_path / "new.log.1"
    for path in (old, new, tmp_path / "kept.log"):
        path.write_text("x" * 10)
    week = 8 * 86400
    for path in (old, tmp_path / "kept.log"):
        os.utime(path, (path.stat().st_mtime - week, path.stat().st_mtime - week))
    work = CleanDisk(None, "n1", "container_logs", days=7, image="i@sha256:0", namespace="x")
    for mode, left in (("count", 3), ("remove", 2)):
        script = work.job("j", mode)["spec"]["template"]["spec"]["containers"][0]["command"][2]
        done = subprocess.run(
            ["/bin/sh", "-c", script.replace("/clean", str(tmp_path))], capture_output=True, text=True, check=True
        )
        assert done.stdout == "files 1 bytes 10\n"
        assert len(list(tmp_path.iterdir())) == left
