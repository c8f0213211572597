"""Every change on a real API server with controllers, scheduler and nodes: run, verified, undone.

Each is done by a service account that has the rights its action declares, and no other; and it uses every one of them.
"""

import asyncio
import time

import pytest

from skills import BadArguments, Catalogue, Clock, Forbidden, Unreachable
from skills.kubernetes.actions import Kubernetes
from skills.kubernetes.cluster import Cluster
from skills.kubernetes.connection import connection
from skills.kubernetes.kinds import KINDS
from skills.kubernetes.settings import KubernetesSettings
from tests.skills.kubernetes.recorder import Recorder

pytestmark = pytest.mark.servers

LOOKED_UP = {"namespaces:get"}
"""Asked to tell a misspelt namespace from an empty one; done without where it is refused."""


def deployment(name="order", replicas=2, image="registry.test/order:1", **annotations):
    labels = {"app": name}
    template = {
        "metadata": {"labels": labels, "annotations": {f"simulator/{k}": v for k, v in annotations.items()}},
        "spec": {
            "containers": [
                {"name": "main", "image": image, "resources": {"requests": {"cpu": "50m", "memory": "32Mi"}}}
            ]
        },
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template},
    }


def skill_of(kube, account: str, namespace: str, **settings) -> Kubernetes:
    made = KubernetesSettings(kubeconfig=str(kube.kubeconfig_for(account, namespace)), **settings)
    return Kubernetes(made, Clock(), Cluster(lambda: connection(made), Recorder))


def allow(kube, account: str, namespace: str, needs: tuple[str, ...]) -> None:
    rules = []
    for need in needs:
        resource, _, verb = need.rpartition(":")
        group, plural = "", resource
        if any(kind.resource == resource.split("/")[0] for kind in KINDS) is False and "/" in resource:
            group, _, plural = resource.partition("/")
        rules.append({"apiGroups": [group], "resources": [plural], "verbs": [verb]})
    kube.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": account}}, namespace=namespace)
    kube.apply(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": f"{namespace}-{account}"},
            "rules": rules,
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": f"{namespace}-{account}"},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": f"{namespace}-{account}",
            },
            "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": namespace}],
        },
    )


class Change:
    """One change by its own account, from preview to undo."""

    def __init__(self, kube, name: str, namespace: str) -> None:
        account = name.replace("_", "-")
        declared = Catalogue([Kubernetes(KubernetesSettings(), Clock())])[name]
        allow(kube, account, namespace, declared.needs)
        self.skill = skill_of(kube, account, namespace)
        self.used = self.skill._cluster.http.remember()
        self.action = Catalogue([self.skill])[name]
        self.change = self.action.change
        self.arguments: dict = {}

    async def run(self, **arguments) -> None:
        self.arguments = self.action.normalise(arguments)
        self.shown = await self.change.preview(self.arguments)
        self.snapshot = await self.change.observe(self.arguments)
        await self.change.run(self.arguments, self.snapshot)
        await self.change.run(self.arguments, self.snapshot)  # asked twice, done once

    async def settled(self, seconds: float = 60):
        until = time.monotonic() + seconds
        while True:
            looked = await self.change.verify(self.arguments, self.snapshot)
            if looked.settled or time.monotonic() > until:
                return looked
            await asyncio.sleep(0.3)

    async def undo(self) -> None:
        await self.change.undo(self.arguments, self.snapshot)

    def used_exactly_what_it_declares(self, *for_other_kinds: str) -> None:
        others = {need for need in self.action.needs if need.startswith(for_other_kinds)} if for_other_kinds else set()
        assert self.used - LOOKED_UP == set(self.action.needs) - LOOKED_UP - others


@pytest.fixture
def shop(kube):
    namespace = kube.namespace()
    kube.apply(deployment(), namespace=namespace)
    kube.wait_for_rollout("order", namespace)
    return namespace


def spec_of(kube, namespace, name="order", plural="apps/v1", kind="deployments"):
    return kube.get(f"/apis/{plural}/namespaces/{namespace}/{kind}/{name}")["spec"]


def ready_after(kube, namespace):
    kube.wait_for_rollout("order", namespace)


CASES = [
    ("rollout_restart", {"name": "order"}),
    ("scale_deployment", {"deployment": "order", "replicas": 4}),
    ("set_image", {"name": "order", "image": "registry.test/order:2"}),
    ("set_resources", {"name": "order", "memory_limit": "128Mi", "cpu_request": "60m"}),
]


@pytest.mark.parametrize(("name", "arguments"), CASES)
async def test_a_change_of_a_deployment(kube, shop, name, arguments):
    before = spec_of(kube, shop)
    change = Change(kube, name, shop)
    await change.run(namespace=shop, **arguments)
    assert change.shown.diff
    generation = kube.get(f"/apis/apps/v1/namespaces/{shop}/deployments/order")["metadata"]["generation"]
    assert generation == change.snapshot.generation + 1
    looked = await change.settled()
    assert (looked.settled, looked.better) == (True, True), looked
    await change.undo()
    assert spec_of(kube, shop) == before
    if name == "scale_deployment":
        await change.change.preview({**change.arguments, "replicas": 0})
    change.used_exactly_what_it_declares("apps/statefulsets", "apps/daemonsets")


async def test_a_rollback(kube, shop):
    kube.apply(deployment(image="registry.test/order:bad"), namespace=shop)
    path, revision = f"/apis/apps/v1/namespaces/{shop}/deployments/order", "deployment.kubernetes.io/revision"
    kube.wait_until(lambda: kube.get(path)["metadata"]["annotations"][revision] == "2", "the second revision")
    before = spec_of(kube, shop)
    change = Change(kube, "rollback_deployment", shop)
    await change.run(namespace=shop, deployment="order")
    assert change.shown.diff == (
        "spec.template.spec.containers.main.image: registry.test/order:bad -> registry.test/order:1",
    )
    looked = await change.settled()
    assert (looked.settled, looked.better) == (True, True), looked
    await change.undo()
    assert spec_of(kube, shop) == before
    change.used_exactly_what_it_declares()


async def test_a_change_that_makes_it_worse_is_seen_and_undone(kube, shop):
    before = spec_of(kube, shop)
    change = Change(kube, "set_image", shop)
    await change.run(namespace=shop, name="order", image="registry.test/order:does-not-exist")
    kube.wait_until(
        lambda: any(
            (state["state"].get("waiting") or {}).get("reason") in {"ImagePullBackOff", "ErrImagePull"}
            for pod in kube.list(f"/api/v1/namespaces/{shop}/pods")
            for state in pod["status"].get("containerStatuses", [])
        ),
        "the pull to fail",
    )
    looked = await change.settled()
    assert (looked.settled, looked.better) == (True, False), looked
    await change.undo()
    assert spec_of(kube, shop) == before


async def test_a_pod_is_restarted_within_its_budget(kube, shop):
    pod = kube.list(f"/api/v1/namespaces/{shop}/pods")[0]["metadata"]["name"]
    budget = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "order"},
        "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app": "order"}}},
    }
    kube.apply(budget, namespace=shop)
    path = f"/apis/policy/v1/namespaces/{shop}/poddisruptionbudgets/order"
    kube.wait_until(lambda: kube.get(path).get("status", {}).get("currentHealthy") == 2, "the budget")
    change = Change(kube, "restart_pod", shop)
    with pytest.raises(Unreachable, match="A disruption budget does not let the pod"):
        await change.run(namespace=shop, pod=pod)
    budget["spec"]["minAvailable"] = 1
    kube.apply(budget, namespace=shop)
    kube.wait_until(lambda: kube.get(path).get("status", {}).get("disruptionsAllowed") == 1, "the budget to allow it")
    await change.run(namespace=shop, pod=pod)
    looked = await change.settled()
    assert (looked.settled, looked.better) == (True, True), looked
    assert len(change.shown.pods) == 1
    assert change.used <= set(change.action.needs) | LOOKED_UP


async def test_a_stateful_set_is_scaled(kube):
    namespace = kube.namespace()
    thing = deployment("db", replicas=1)
    thing["kind"] = "StatefulSet"
    thing["spec"]["serviceName"] = "db"
    kube.apply(thing, namespace=namespace)
    change = Change(kube, "scale_statefulset", namespace)
    before = spec_of(kube, namespace, "db", kind="statefulsets")
    await change.run(namespace=namespace, statefulset="db", replicas=2)
    looked = await change.settled()
    assert (looked.settled, looked.better) == (True, True), looked
    await change.undo()
    assert spec_of(kube, namespace, "db", kind="statefulsets") == before
    await change.change.preview({**change.arguments, "replicas": 0})
    change.used_exactly_what_it_declares()


async def test_the_bounds_of_an_autoscaler(kube, shop):
    hpa = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "order"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "order"},
            "minReplicas": 2,
            "maxReplicas": 4,
            "metrics": [
                {
                    "type": "Resource",
                    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 90}},
                }
            ],
        },
    }
    kube.apply(hpa, namespace=shop)
    where = {"plural": "autoscaling/v2", "kind": "horizontalpodautoscalers"}
    before = spec_of(kube, shop, **where)
    change = Change(kube, "patch_hpa", shop)
    await change.run(namespace=shop, hpa="order", min_replicas=2, max_replicas=8)
    assert change.shown.diff == ("spec.maxReplicas: 4 -> 8",)
    await change.undo()
    assert spec_of(kube, shop, **where) == before
    await change.change.verify(change.arguments, change.snapshot)
    change.used_exactly_what_it_declares()


async def test_a_node_is_closed_emptied_and_opened(kube):
    namespace = kube.namespace()
    drained, spare = f"drained-{namespace}", f"spare-{namespace}"
    kube.add_node(drained, labels={"only": namespace})
    thing = deployment(replicas=3)
    thing["spec"]["template"]["spec"]["nodeSelector"] = {"only": namespace}
    kube.apply(thing, namespace=namespace)
    kube.wait_for_rollout("order", namespace)
    kube.add_node(spare, labels={"only": namespace})
    cordon = Change(kube, "cordon", namespace)
    await cordon.run(node=drained)
    assert (await cordon.settled()).better
    await cordon.undo()
    assert "unschedulable" not in kube.get(f"/api/v1/nodes/{drained}")["spec"]
    drain = Change(kube, "drain_node", namespace)
    await drain.run(node=drained, timeout=60)
    looked = await drain.settled()
    assert (looked.settled, looked.better) == (True, True), looked
    nodes = {pod["spec"].get("nodeName") for pod in kube.list(f"/api/v1/namespaces/{namespace}/pods")}
    assert nodes == {spare}
    await drain.undo()
    assert "unschedulable" not in kube.get(f"/api/v1/nodes/{drained}")["spec"]
    uncordon = Change(kube, "uncordon", namespace)
    with pytest.raises(BadArguments, match="already is so"):
        await uncordon.run(node=drained)
    cordon.used_exactly_what_it_declares()
    drain.used_exactly_what_it_declares()


async def test_a_cron_job_is_suspended_and_resumed(kube):
    namespace = kube.namespace()
    pod = {"restartPolicy": "Never", "containers": [{"name": "main", "image": "report:1"}]}
    cron = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "report"},
        "spec": {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": {"spec": pod}}}},
    }
    kube.apply(cron, namespace=namespace)
    where = {"name": "report", "plural": "batch/v1", "kind": "cronjobs"}
    before = spec_of(kube, namespace, **where)
    for name in ("suspend_cronjob", "resume_cronjob"):
        change = Change(kube, name, namespace)
        held = spec_of(kube, namespace, **where)
        await change.run(namespace=namespace, cronjob="report")
        assert (await change.settled()).better
        await change.undo()
        assert spec_of(kube, namespace, **where) == held
        await change.change.run(change.arguments, change.snapshot)
        change.used_exactly_what_it_declares()
    assert spec_of(kube, namespace, **where) == before


async def test_a_failed_job_is_removed(kube):
    namespace = kube.namespace()
    template = {
        "metadata": {"annotations": {"simulator/behavior": "fail"}},
        "spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "report:1"}]},
    }
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "report-1"},
        "spec": {"backoffLimit": 0, "template": template},
    }
    kube.apply(job, namespace=namespace)
    path = f"/apis/batch/v1/namespaces/{namespace}/jobs/report-1"
    kube.wait_until(
        lambda: any(each["type"] == "Failed" for each in kube.get(path).get("status", {}).get("conditions", [])),
        "the job to fail",
    )
    change = Change(kube, "delete_failed_job", namespace)
    await change.run(namespace=namespace, job="report-1")
    assert (await change.settled()).better
    change.used_exactly_what_it_declares()


async def test_evicted_pods_are_removed(kube):
    namespace = kube.namespace()
    kube.apply(deployment(replicas=1, behavior="evicted"), namespace=namespace)

    def evicted():
        return [
            pod for pod in kube.list(f"/api/v1/namespaces/{namespace}/pods") if pod["status"].get("reason") == "Evicted"
        ]

    kube.wait_until(evicted, "an evicted pod")
    kube.apply(deployment(replicas=0), namespace=namespace)
    change = Change(kube, "delete_evicted_pods", namespace)
    await change.run(namespace=namespace)
    assert change.shown.pods
    assert (await change.settled()).better
    change.used_exactly_what_it_declares()


async def test_a_volume_grows(kube):
    namespace = kube.namespace()
    storage = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": f"{namespace}-fast"},
        "provisioner": "none.test",
        "allowVolumeExpansion": True,
    }
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": f"{namespace}-fast",
            "volumeName": f"{namespace}-v",
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"{namespace}-v"},
        "spec": {
            "capacity": {"storage": "1Gi"},
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": f"{namespace}-fast",
            "csi": {"driver": "none.test", "volumeHandle": namespace},
            "claimRef": {"namespace": namespace, "name": "data"},
        },
    }
    kube.apply(storage, volume)
    kube.apply(claim, namespace=namespace)
    path = f"/api/v1/namespaces/{namespace}/persistentvolumeclaims/data"
    kube.wait_until(lambda: kube.get(path)["status"].get("phase") == "Bound", "the claim to be bound")
    change = Change(kube, "expand_pvc", namespace)
    await change.run(namespace=namespace, pvc="data", size="2Gi")
    assert change.shown.diff == ("spec.resources.requests.storage: 1Gi -> 2Gi",)
    looked = await change.change.verify(change.arguments, change.snapshot)
    assert looked.settled is False
    change.used_exactly_what_it_declares()


async def test_a_disk_is_cleaned_by_a_job(kube):
    namespace = kube.namespace()
    account = Change(kube, "clean_disk", namespace)
    settings = {"clean_image": "busybox@sha256:" + "0" * 64, "clean_namespace": namespace}
    account.skill = skill_of(kube, "clean-disk", namespace, **settings)
    account.used = account.skill._cluster.http.remember()
    account.action = Catalogue([account.skill])["clean_disk"]
    account.change = account.action.change
    node = kube.list("/api/v1/nodes")[0]["metadata"]["name"]
    job = None

    async def answer() -> None:
        """The simulated pod is told, while it runs, what it would have written, and to end."""
        nonlocal job
        for _ in range(200):
            await asyncio.sleep(0.1)
            for pod in kube.list(f"/api/v1/namespaces/{namespace}/pods"):
                told = {"simulator/behavior": "complete", "simulator/logs": "files 3 bytes 4096"}
                if told.items() - (pod["metadata"].get("annotations") or {}).items():
                    job = pod
                    kube.client.patch(
                        f"/api/v1/namespaces/{namespace}/pods/{pod['metadata']['name']}",
                        json={"metadata": {"annotations": told}},
                        headers={"Content-Type": "application/merge-patch+json"},
                    )
                    return

    watching = asyncio.create_task(answer())
    shown = await account.change.preview({"node": node, "what": "tmp"})
    await watching
    assert shown.figures["bytes"] == 4096
    assert job["spec"]["nodeName"] == node
    assert not kube.list(f"/apis/batch/v1/namespaces/{namespace}/jobs")
    account.used_exactly_what_it_declares()


async def test_without_a_right_it_is_told(kube, shop):
    account = "nobody"
    allow(kube, account, shop, ("apps/deployments:get",))
    skill = skill_of(kube, account, shop)
    skill._cluster.http.remember()
    catalogue = Catalogue([skill])
    with pytest.raises(Forbidden, match=r'cannot list resource "pods"'):
        await catalogue["kubernetes.list"]({"kind": "pod", "namespace": shop})
    with pytest.raises(Forbidden, match=r'cannot patch resource "deployments"'):
        await catalogue["scale_deployment"].change.preview({"namespace": shop, "deployment": "order", "replicas": 9})


async def test_looking(kube, shop):
    kube.apply(deployment("bad", replicas=1, behavior="crashloop"), namespace=shop)
    settings = KubernetesSettings(kubeconfig=str(kube.kubeconfig))
    catalogue = Catalogue([Kubernetes(settings, Clock())])

    def crashing():
        pods = kube.list(f"/api/v1/namespaces/{shop}/pods", labelSelector="app=bad")
        return pods and (pods[0]["status"].get("containerStatuses") or [{}])[0].get("restartCount", 0) > 0

    kube.wait_until(crashing, "a restart")
    found = await catalogue["kubernetes.list"]({"kind": "pod", "namespace": shop, "selector": "app=order"})
    assert [row[2] for row in found.table.rows] == ["1/1", "1/1"]
    problems = await catalogue["problems"]({"namespace": shop})
    assert {row[2].split("-")[0] for row in problems.table.rows} == {"bad"}
    described = await catalogue["describe"]({"kind": "deployment", "namespace": shop, "name": "order"})
    assert described.facts["object"]["spec"]["replicas"] == 2
    events = await catalogue["events"]({"namespace": shop, "warnings_only": False})
    assert any(each["reason"] == "Scheduled" for each in events.facts["events"])
    history = await catalogue["rollout_history"]({"namespace": shop, "deployment": "order"})
    assert history.summary == "order is at revision 1; 1 are kept"
    pod = found.facts["rows"][0]["name"]
    logs = await catalogue["pod_logs"]({"namespace": shop, "pod": pod})
    assert logs.query.startswith("kubectl get --raw")
    await catalogue.close()
