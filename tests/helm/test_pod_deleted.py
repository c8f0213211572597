"""The chart installed for real, its pod deleted while an approval waits: the next pod shows it, and does it once."""

import asyncio

import helm_python
import httpx
import pytest

from tests.helm.pod_of_the_bot import Kubelet
from tests.helm.test_chart_applied import CHART
from tests.journeys.visitor import Visitor
from tests.servers.process import free_port
from tests.skills.kubernetes.test_real_cluster import deployment

pytestmark = [pytest.mark.servers, pytest.mark.timeout(400)]
VALUES = {
    "settings": {"DUTYBOT_SKILLS": "kubernetes", "DUTYBOT_ALERTS": "", "KNOWLEDGE_EMBEDDINGS": "none"},
    "persistence": {"enabled": False},
}


async def test_deleting_the_pod_during_an_approval_loses_nothing(kube, tmp_path):
    namespace, shop = kube.namespace("oncall"), kube.namespace("shop")
    kube.apply(deployment("order-service"), namespace=shop)
    kube.wait_for_rollout("order-service", shop)
    values = VALUES | {"rbac": {"namespaces": [shop], "changes": ["kubernetes.rollout_restart"]}}
    with helm_python.Config(kubeconfig_path=kube.kubeconfig, namespace=namespace) as helm:
        helm.install(str(CHART), "dutybot", values, namespace=namespace)
        mine = {"KUBERNETES_KUBECONFIG": str(kube.kubeconfig_for("dutybot", namespace))}
        kubelet = Kubelet(kube, namespace, tmp_path, free_port(), mine)
        watching = asyncio.create_task(kubelet.watch())
        try:
            await _deleted_while_it_waits(kube, kubelet, shop)
        finally:
            watching.cancel()
            await asyncio.wait([watching])
            kubelet.stop()
            helm.uninstall("dutybot")


async def _deleted_while_it_waits(kube, kubelet, shop):
    await kubelet.ready()
    lin = await _seat(kubelet, "asker")
    before = _template(kube, shop)
    thread = await lin.write(f"/restart order-service -n {shop}")
    await lin.card(thread, lambda card: card["title"].startswith("May I?"))
    (old,) = kubelet.ran
    (pod,) = await asyncio.to_thread(kubelet.pods)
    path = f"/api/v1/namespaces/{kubelet.namespace}/pods/{pod['metadata']['name']}"
    await asyncio.to_thread(lambda: kube.client.delete(path).raise_for_status())
    async with asyncio.timeout(90):
        while old in kubelet.running or not kubelet.running:
            await asyncio.sleep(0.2)
    await kubelet.ready()
    assert old not in kubelet.running
    assert _template(kube, shop) == before, "nothing is done without leave"
    chen = await _seat(kubelet, "approver")
    asked = await chen.card(thread, lambda card: card["title"].startswith("May I?"))
    await chen.decide(thread, asked)
    await chen.card(thread, lambda card: card["title"].startswith("Done"), 120)
    after = _template(kube, shop)
    assert after != before
    sets = kube.list(f"/apis/apps/v1/namespaces/{shop}/replicasets")
    assert len(sets) == 2, "restarted once"


async def _seat(kubelet, who):
    return await Visitor(httpx.AsyncClient(base_url=kubelet.url, timeout=20)).sit(who)


def _template(kube, shop):
    found = kube.get(f"/apis/apps/v1/namespaces/{shop}/deployments/order-service")
    return found["spec"]["template"]["metadata"].get("annotations")
