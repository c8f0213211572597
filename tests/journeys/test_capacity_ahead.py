"""Scenario two on real servers: weeks in a real Prometheus, a forecast in chat, a plan with leave, and nodes in time.

The weeks are made into blocks by promtool; the scaling stands in a real API server; a node comes for each placeholder
pod that the real scheduler finds no room for.
"""

import re
import time
from datetime import UTC, datetime

import numpy as np
import pytest

from tests.journeys.visitor import house_over, texts
from tests.servers.autoscaler import autoscaling
from tests.servers.prometheus_server import openmetrics
from tests.skills.capacity.test_real_servers import busy

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]
STEP, DAYS = 120, 12
SCALED_HOURS_AGO = 30


def answered(card):
    return card["title"] in {"Answer", "回答"}


@pytest.fixture
def shop(kube):
    namespace = kube.namespace("ahead")
    nodes = len(kube.list("/api/v1/nodes"))
    kube.apply(busy(nodes), namespace=namespace)
    kube.wait_for_rollout("busy", namespace)
    yield namespace, nodes
    kube.empty(namespace)


def rescaled(kube, namespace, at):
    """As the controller of HPAs tells it."""
    stamp = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    about = {"kind": "HorizontalPodAutoscaler", "namespace": namespace, "name": "orders"}
    kube.client.post(
        f"/api/v1/namespaces/{namespace}/events",
        json={
            "metadata": {"name": "orders.rescaled", "namespace": namespace},
            "involvedObject": about,
            "reason": "SuccessfulRescale",
            "message": "New size: 7; reason: cpu resource utilization (percentage of request) above target",
            "type": "Normal",
            "source": {"component": "horizontal-pod-autoscaler"},
            "firstTimestamp": stamp,
            "lastTimestamp": stamp,
        },
    ).raise_for_status()


def weeks(namespace, nodes, now):
    """Requests that grow by a tenth of the cluster a day, and use that was lifted by a scaling."""
    times = np.arange(now - DAYS * 86400, now + 3600, STEP)
    days = (times - now) / 86400
    room = 4.0 * nodes
    asked = room * (0.80 + 0.1 * days).clip(0.05)
    lifted = np.where(times < now - SCALED_HOURS_AGO * 3600, 1.0, 1.8)
    cores = lifted * (0.2 * room + 0.02 * room * np.sin(2 * np.pi * days))
    pod = {"namespace": namespace, "pod": "orders-5d8f7c9b6d-x2x4z", "node": "node-1", "container": "app"}
    series = [
        ("container_cpu_usage_seconds_total", np.cumsum(cores * STEP), pod),
        ("container_memory_working_set_bytes", np.full(len(times), 2.0**30), pod),
        ("kube_pod_container_resource_requests", asked, {**pod, "resource": "cpu"}),
        ("kube_pod_container_resource_requests", np.full(len(times), 2.0**30), {**pod, "resource": "memory"}),
        ("kube_pod_status_phase", np.ones(len(times)), {**pod, "phase": "Running"}),
    ]
    for number in range(nodes):
        for resource, size in (("cpu", 4.0), ("memory", 8.0 * 2**30)):
            labels = {"node": f"node-{number + 1}", "resource": resource}
            series.append(("kube_node_status_allocatable", np.full(len(times), size), labels))
    return times, [({"__name__": name, **labels}, values) for name, values, labels in series]


def served(start_prometheus, times, series, now):
    """All but the last hours as blocks of promtool; those by remote write, up to the moment when all else stands."""
    old = times < now - 3 * 3600
    text = openmetrics(
        [(labels, list(zip(times[old].tolist(), values[old].tolist(), strict=True))) for labels, values in series]
    )
    prometheus = start_prometheus(backfill=text)
    new = ~old & (times <= time.time())
    prometheus.write(
        [(labels, list(zip(times[new].tolist(), values[new].tolist(), strict=True))) for labels, values in series]
    )
    return prometheus


async def test_three_days_ahead_told_approved_and_there_in_time(tmp_path, kube, shop, start_prometheus):
    namespace, nodes = shop
    now = time.time() // STEP * STEP
    rescaled(kube, namespace, now - SCALED_HOURS_AGO * 3600)
    prometheus = served(start_prometheus, *weeks(namespace, nodes, now), now)
    access = {"kubeconfig": str(kube.kubeconfig)}
    urls = {
        "kubernetes": access,
        "capacity": {
            "prometheus": {"url": prometheus.url},
            "kubernetes": access,
            "namespace": namespace,
            "report_folder": str(tmp_path / "reports"),
        },
    }
    async with house_over(tmp_path, urls) as seat:
        lin, chen = await seat("asker", "zh"), await seat("approver", "zh")
        thread = await lin.write("/capacity cluster 3")
        told = texts(await lin.card(thread, answered, 180))
        advised = re.search(r"建议在(.+?)前增加(\d+)个节点", told)
        assert advised, told
        assert "集群 CPU 请求量" in told
        count = int(advised[2])
        offered = texts(await lin.card(thread, lambda card: f"给集群增加 {count} 个节点" in texts(card)))
        order = re.search(rf"给集群增加 {count} 个节点，须在 [-\d]+ [\d:+]+ 前就绪", offered)  # the button to act on it
        assert order, offered
        page = texts(await lin.card(await lin.write(f"/capacity namespace {namespace}"), answered, 180))
        assert "orders 自动扩缩到 7 个副本" in page
        report = await lin.card(await lin.write("/capacity report"), answered, 300)
        assert any(block["kind"] == "chart" for block in report["blocks"])
        assert {path.suffix for path in (tmp_path / "reports").glob("*.*")} == {".md", ".csv", ".png"}

        thread = await lin.write(order[0])
        asked = await lin.card(thread, lambda card: "请审批" in card["title"])
        assert f"0 -> {count}" in texts(asked)
        assert "须在" in texts(asked)  # and is checked against the clock
        with autoscaling(kube, namespace, most=count) as scaler:
            await chen.decide(thread, asked)
            done = texts(await lin.card(thread, lambda card: "已完成" in card["title"], 300))
            assert len(scaler.added) == count
            assert f"{count} of {count} places are held" in done
            assert re.search(r"距期限还有 \d+ 分钟", done), done
            kube.client.delete(f"/apis/apps/v1/namespaces/{namespace}/deployments/dutybot-headroom")
