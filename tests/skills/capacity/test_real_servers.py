"""Weeks in a real Prometheus, a forecast of each target, and nodes that come in a real cluster."""

import re
import time
from datetime import UTC, datetime

import numpy as np
import pytest

from skills.capacity.actions import Capacity
from skills.capacity.desk import Desk
from skills.capacity.settings import CapacitySettings, KubernetesAddress, PrometheusAddress
from skills.catalogue import Catalogue
from skills.clock import Clock
from skills.errors import Forbidden
from tests.servers.autoscaler import autoscaling
from tests.servers.kube_cluster import condition

pytestmark = pytest.mark.servers

STEP = 120
DAYS = 12
GROUPS = ("apps/", "scheduling.k8s.io/", "nodes:")
"""What placeholder pods need of the declared rights; the others are for other ways of adding nodes."""


@pytest.fixture(scope="module")
def weeks(start_prometheus):
    """Three nodes of 4 cores: use grows half a core a day, and requests of 5 cores stay."""
    prometheus = start_prometheus()
    now = time.time() // STEP * STEP
    times = np.arange(now - DAYS * 86400, now + 1, STEP)
    days = (times - now) / 86400
    random = np.random.default_rng(0)
    cores = 8.0 + 0.45 * days + 0.5 * np.sin(2 * np.pi * days) + random.normal(0, 0.05, len(times))
    used = np.cumsum(cores / 3 * STEP)
    used[len(used) // 2 :] -= used[len(used) // 2]  # the counters were reset six days ago
    series = []

    def add(name, values, **labels):
        told = zip(times.tolist(), np.broadcast_to(values, len(times)).tolist(), strict=True)
        series.append(({"__name__": name, "job": "test", **labels}, told))

    for n in range(3):
        pod = {"namespace": "shop", "pod": f"order-{n}", "node": f"node-{n}"}
        add("container_cpu_usage_seconds_total", used, container="app", **pod)
        add("container_memory_working_set_bytes", 2**30 + 2**26 * np.sin(2 * np.pi * days), container="app", **pod)
        add("kube_node_status_allocatable", 4.0, node=f"node-{n}", resource="cpu")
        add("kube_node_status_allocatable", 8.0 * 2**30, node=f"node-{n}", resource="memory")
        for resource, amount in (("cpu", 5 / 3), ("memory", 2.0 * 2**30)):
            add("kube_pod_container_resource_requests", amount, container="app", resource=resource, **pod)
        add("kube_pod_owner", 1.0, owner_kind="ReplicaSet", owner_name="order-5d8f7c9b6d", **pod)
        add("kube_node_labels", 1.0, node=f"node-{n}", label_karpenter_sh_nodepool="general")
        add("kube_pod_container_resource_limits", 4.0, container="app", resource="cpu", **pod)
        for phase in ("Running", "Pending", "Succeeded"):
            add("kube_pod_status_phase", float(phase == "Running"), phase=phase, **pod)
    for metric, replicas in (("status_current", 3 + (days > -2)), ("spec_max", 6.0)):
        add(
            f"kube_horizontalpodautoscaler_{metric}_replicas", replicas, namespace="shop", horizontalpodautoscaler="web"
        )
    scaled = {"scaletargetref_kind": "Deployment", "scaletargetref_name": "order"}
    add("kube_horizontalpodautoscaler_info", 1.0, namespace="shop", horizontalpodautoscaler="web", **scaled)
    claim = {"namespace": "shop", "persistentvolumeclaim": "data-0"}
    add("kubelet_volume_stats_used_bytes", 2**30 * (90 + 5 * days), **claim)
    add("kubelet_volume_stats_capacity_bytes", 100.0 * 2**30, **claim)
    prometheus.write(series)
    return prometheus.url, now


def skill(prometheus="http://127.0.0.1:1", now=None, kubernetes=None, **settings):
    clock = Clock(lambda: datetime.fromtimestamp(now, UTC)) if now else Clock()
    address = KubernetesAddress(**(kubernetes or {"url": "http://127.0.0.1:1"}))
    return Catalogue([Capacity(CapacitySettings(**settings), clock, PrometheusAddress(url=prometheus), address)])


async def test_a_growing_cluster_is_foretold_from_a_real_prometheus(weeks):
    url, now = weeks
    answer = await skill(url, now)["capacity.forecast_capacity"]({"language": "zh"})
    told = {each["name"]: each for each in answer.facts["outlooks"]}
    use = told["集群 CPU 使用量"]
    assert use["now"] == pytest.approx(8.0, abs=0.7)
    assert use["ceiling"] == pytest.approx(12 * 0.8, rel=0.01)
    assert (
        12 <= use["earliest_full_hours"] <= 90
    )  # 9.6 cores are reached after some two and a half to three and a half days
    assert told["集群 CPU 请求量"]["now"] == pytest.approx(5.0, abs=0.01)
    assert answer.facts["advice"]["kind"] in ("add", "enough")
    assert use["last_week_error"] < 0.1


async def test_a_volume_that_fills_is_told_and_alarmed(weeks):
    url, now = weeks
    answer = await skill(url, now)["capacity.upcoming_shortages"]({"target": "volume"})
    assert "shop/data-0" in answer.summary
    assert 36 <= answer.facts["outlooks"][0]["expected_full_hours"] <= 60


async def test_the_whole_report(weeks, tmp_path):
    url, now = weeks
    answer = await skill(url, now, report_folder=str(tmp_path))["capacity.capacity_report"]({"language": "zh"})
    assert {path.suffix for path in tmp_path.glob("*.*")} == {".md", ".csv", ".png"}
    assert any("shop/data-0" in line for line in answer.lines)


@pytest.mark.parametrize("target", ["cluster", "pool", "node", "namespace", "workload", "volume"])
async def test_every_query_is_understood_and_finds_something(weeks, target):
    url, now = weeks
    answer = await skill(url, now)["capacity.forecast_capacity"]({"target": target})
    assert answer.table.rows


async def test_requests_of_a_workload(weeks):
    url, now = weeks
    answer = await skill(url, now)["capacity.right_size_requests"]({"namespace": "shop", "workload": "order"})
    assert len(answer.lines) == 2


async def test_anyones_own_query(weeks, monkeypatch):
    monkeypatch.setenv("PROMETHEUS_URL", weeks[0])
    desk = Desk("en")
    told = await desk.of_query("sum(rate(container_cpu_usage_seconds_total[5m]))", 3, 9.6, "lstm")
    assert "of 9.6" in desk.as_text(told)
    assert desk.chart(told).startswith(b"\x89PNG")


def allow(kube, namespace, needs):
    """A ServiceAccount that may do exactly this."""
    rules = []
    for need in needs:
        what, _, verb = need.partition(":")
        group, _, resource = what.rpartition("/")
        rules.append({"apiGroups": [group], "resources": [resource], "verbs": [verb]})
    token = kube.token("capacity", namespace)
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": f"capacity-{namespace}"}}
    kube.apply({**role, "kind": "ClusterRole", "rules": rules})
    kube.apply(
        {
            **role,
            "kind": "ClusterRoleBinding",
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": f"capacity-{namespace}",
            },
            "subjects": [{"kind": "ServiceAccount", "name": "capacity", "namespace": namespace}],
        }
    )
    return {"url": kube.url, "ca_file": str(kube.ca), "token": token}


async def test_nodes_come_for_placeholder_pods_and_go_again(kube):
    namespace = kube.namespace("capacity")
    needs = [need for need in skill()["capacity.add_nodes"].needs if need.startswith(GROUPS)]
    catalogue = skill(kubernetes=allow(kube, namespace, needs), namespace=namespace)
    kube.apply(busy(len([each for each in kube.list("/api/v1/nodes") if takes_pods(each)])), namespace=namespace)
    kube.wait_for_rollout("busy", namespace)
    change = catalogue["capacity.add_nodes"].change
    told = await change.preview({"count": 2})
    assert told.diff == ("dutybot-headroom: 0 -> 2 placeholder pods",)
    assert not kube.exists(f"/apis/apps/v1/namespaces/{namespace}/deployments/dutybot-headroom")
    snapshot = await change.observe({"count": 2})
    await change.run({"count": 2}, snapshot)

    def waiting():
        pods = kube.list(f"/api/v1/namespaces/{namespace}/pods", labelSelector="app=dutybot-headroom")
        return [pod for pod in pods if not pod["spec"].get("nodeName")]

    kube.wait_until(lambda: len(waiting()) == 2, "placeholder pods that find no room")
    assert not (await change.verify({"count": 2}, snapshot)).settled
    with autoscaling(kube, namespace, most=2):
        where = f"/apis/apps/v1/namespaces/{namespace}/deployments/dutybot-headroom"
        kube.wait_until(lambda: kube.get(where)["status"].get("readyReplicas") == 2, "the places to be held")
        settled = await change.verify({"count": 2}, snapshot)
        assert settled.better is True
        now, before = map(int, re.search(r"(\d+) nodes are ready, (\d+) were before", settled.why).groups())
        assert now == before + 2
        await change.undo({"count": 2}, snapshot)
        kube.wait_until(lambda: not kube.exists(where), "the places to be given up")
    kube.client.delete(f"/apis/apps/v1/namespaces/{namespace}/deployments/busy")


async def test_without_the_rights_it_is_one_sentence(kube):
    namespace = kube.namespace("capacity")
    catalogue = skill(kubernetes=allow(kube, namespace, ("nodes:list",)), namespace=namespace)
    with pytest.raises(Forbidden, match="cannot get resource"):
        await catalogue["capacity.add_nodes"].change.preview({"count": 1})


def takes_pods(node):
    """Others may have left nodes that are closed, or that nobody hears of."""
    return condition(node, "Ready") and not node["spec"].get("unschedulable")


def busy(nodes):
    """One pod of half a node on each node, so that no placeholder fits beside it."""
    spread = {
        "topologyKey": "kubernetes.io/hostname",
        "maxSkew": 1,
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": "busy"}},
    }
    pod = {
        "topologySpreadConstraints": [spread],
        "containers": [{"name": "app", "image": "busy:1", "resources": {"requests": {"cpu": "2"}}}],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "busy"},
        "spec": {
            "replicas": nodes,
            "selector": {"matchLabels": {"app": "busy"}},
            "template": {"metadata": {"labels": {"app": "busy"}}, "spec": pod},
        },
    }
