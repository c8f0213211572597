"""The pretend shop: what it tells over HTTP, how faults show, and that only the right repair heals them."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from bot.playground import HandClock, Playground
from bot.playground.faults import all_faults

pytestmark = pytest.mark.slow

NOON = 1_790_000_000.0
AT_LEAST = "image_error"
"""The fault that the quick suite tries too; each takes minutes of the shop's time."""
ORDER = "/apis/apps/v1/namespaces/shop/deployments/order-service"
MERGE = {"Content-Type": "application/merge-patch+json"}
STRATEGIC = {"Content-Type": "application/strategic-merge-patch+json"}


class Rig:
    """A playground, its clock, and a client."""

    def __init__(self, playground: Playground, clock: HandClock, client: httpx.AsyncClient) -> None:
        self.playground, self.clock, self.client = playground, clock, client

    def wait(self, seconds: float, until: str = "", gone: str = "") -> float:
        """Let time pass until an alert fires (or no longer does); how long it took."""
        passed = 0.0
        while passed < seconds:
            self.clock.move(5)
            passed += 5
            self.playground.shop.world.advance()
            firing = {alarm.rule.name for alarm in self.playground.alarms.firing()}
            if (until and until in firing) or (gone and gone not in firing):
                return passed
        assert not until, f"{until} did not fire; firing: {firing}"
        assert not gone, f"{gone} still fires"
        return passed

    async def kube(self, method: str, path: str, **more) -> httpx.Response:
        return await self.client.request(method, self.playground.kubernetes_url + path, **more)

    async def query(self, query: str) -> list[dict]:
        answer = await self.client.get(self.playground.prometheus_url + "/api/v1/query", params={"query": query})
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]["result"]

    async def lines(self, query: str, **more) -> list[dict]:
        url = self.playground.loki_url + "/loki/api/v1/query_range"
        answer = await self.client.get(url, params={"query": query, **more})
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]["result"]


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    clock = HandClock(NOON)
    async with Playground(seed=7, clock=clock, tick=3600) as playground, httpx.AsyncClient() as client:
        yield Rig(playground, clock, client)


async def test_a_healthy_shop_has_no_alert_and_much_to_tell(rig):
    rig.wait(330)
    assert rig.playground.alarms.firing() == []
    busiest = await rig.query('topk(3, sum by (pod) (rate(container_cpu_usage_seconds_total{namespace="shop"}[5m])))')
    assert len(busiest) == 3
    rates = await rig.query("sum by (service) (rate(http_requests_total[5m]))")
    assert {row["metric"]["service"] for row in rates} >= {"gateway", "order-service", "payment-service"}
    pods = (await rig.kube("GET", "/api/v1/namespaces/shop/pods")).json()["items"]
    assert {pod["status"]["phase"] for pod in pods} == {"Running"}
    assert await rig.lines('{namespace="shop", app="order-service"}')


async def test_there_are_seven_days_for_capacity(rig):
    week = {"query": "sum(container_memory_working_set_bytes)", "start": NOON - 7 * 86400, "end": NOON, "step": 3600}
    answer = await rig.client.get(rig.playground.prometheus_url + "/api/v1/query_range", params=week)
    assert len(answer.json()["data"]["result"][0]["values"]) == 7 * 24 + 1


async def test_the_same_seed_gives_the_same_shop(rig):
    async with Playground(seed=7, clock=HandClock(NOON), tick=3600) as twin:
        names = [sorted(each.name for each in p.shop.world.kubelet.lives.values()) for p in (rig.playground, twin)]
        assert names[0] == names[1]


@pytest.mark.parametrize(
    "fault", [pytest.param(each, marks=() if each == AT_LEAST else pytest.mark.slow) for each in sorted(all_faults())]
)
async def test_every_fault_raises_its_alert_and_ends(rig, fault):
    begun = await rig.playground.break_(fault)
    rig.wait(600, until=begun.alert)
    assert begun.story in rig.playground.story
    await rig.playground.mend(fault)
    rig.wait(1200, gone=begun.alert)


@pytest.mark.slow
async def test_a_restart_does_not_heal_a_bad_release_and_a_rollback_does(rig):
    await rig.playground.break_("bad_release")
    rig.wait(300, until="HighErrorRate")
    found = await rig.lines('{app="order-service"} |= "NullPointerException"', since="5m")
    assert any("Discount.rate()" in line for stream in found for _, line in stream["values"])
    restart = {"spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "now"}}}}}
    await rig.kube("PATCH", ORDER, json=restart, headers=STRATEGIC)
    rig.wait(300)
    assert "HighErrorRate" in {alarm.rule.name for alarm in rig.playground.alarms.firing()}
    sets = (await rig.kube("GET", "/apis/apps/v1/namespaces/shop/replicasets?labelSelector=app=order-service")).json()
    good = next(
        s for s in sets["items"] if s["metadata"]["annotations"]["kubernetes.io/change-cause"] == "release v2.4.0"
    )
    template = good["spec"]["template"]
    template["metadata"]["labels"].pop("pod-template-hash")
    patch = [{"op": "replace", "path": "/spec/template", "value": template}]
    done = await rig.kube("PATCH", ORDER, json=patch, headers={"Content-Type": "application/json-patch+json"})
    assert done.status_code == 200
    rig.wait(600, gone="HighErrorRate")
    now = (await rig.kube("GET", ORDER)).json()
    assert now["status"]["updatedReplicas"] == now["status"]["readyReplicas"] == 3


@pytest.mark.slow
async def test_out_of_memory_is_healed_by_a_higher_limit_only(rig):
    await rig.playground.break_("oom")
    rig.wait(600, until="ContainerOOMKilled")
    pods = (await rig.kube("GET", "/api/v1/namespaces/shop/pods?labelSelector=app=inventory-service")).json()["items"]
    ended = [pod["status"]["containerStatuses"][0]["lastState"].get("terminated", {}) for pod in pods]
    assert {"OOMKilled"} <= {each.get("reason") for each in ended}
    path = ORDER.replace("order", "inventory")
    limits = {"name": "inventory-service", "resources": {"limits": {"memory": "768Mi"}}}
    patch = {"spec": {"template": {"spec": {"containers": [limits]}}}}
    await rig.kube("PATCH", path, json=patch, headers=STRATEGIC)
    rig.wait(900, gone="ContainerOOMKilled")
    rig.wait(900)
    assert not [alarm for alarm in rig.playground.alarms.firing() if alarm.rule.name == "ContainerOOMKilled"]


@pytest.mark.parametrize("repair", ["restart", pytest.param("scale", marks=pytest.mark.slow)])
async def test_an_exhausted_pool_is_healed_by_restart_or_scale(rig, repair):
    await rig.playground.break_("pool_exhausted")
    rig.wait(600, until="HighLatency")
    if repair == "scale":
        done = await rig.kube("PATCH", ORDER + "/scale", json={"spec": {"replicas": 6}}, headers=MERGE)
        assert done.json()["spec"]["replicas"] == 6
    else:
        note = {"spec": {"template": {"metadata": {"annotations": {"restarted": "now"}}}}}
        await rig.kube("PATCH", ORDER, json=note, headers=MERGE)
    rig.wait(600, gone="HighLatency")


@pytest.mark.slow
async def test_cordon_and_drain_heal_a_node_under_pressure(rig):
    await rig.playground.break_("node_pressure")
    rig.wait(300, until="NodeMemoryPressure")
    await rig.kube("PATCH", "/api/v1/nodes/node-1", json={"spec": {"unschedulable": True}}, headers=MERGE)
    pods = (await rig.kube("GET", "/api/v1/namespaces/shop/pods?fieldSelector=spec.nodeName=node-1")).json()["items"]
    for pod in pods:
        name = pod["metadata"]["name"]
        eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": "shop"}}
        await rig.kube("POST", f"/api/v1/namespaces/shop/pods/{name}/eviction", json=eviction)
        rig.wait(30)
    rig.wait(600, gone="NodeMemoryPressure")
    rig.wait(300)
    assert rig.playground.alarms.firing() == []


async def test_an_existing_image_heals_an_image_error(rig):
    await rig.playground.break_("image_error")
    rig.wait(300, until="KubePodImagePullFailing")
    containers = [{"name": "cart-service", "image": "registry.shop.example/cart-service:v1.6.0"}]
    patch = {"spec": {"template": {"spec": {"containers": containers}}}}
    await rig.kube("PATCH", ORDER.replace("order", "cart"), json=patch, headers=STRATEGIC)
    rig.wait(300, gone="KubePodImagePullFailing")


@pytest.mark.slow
async def test_a_larger_claim_heals_a_filling_disk(rig):
    await rig.playground.break_("disk_filling")
    rig.wait(300, until="PersistentVolumeFillingUp")
    path = "/api/v1/namespaces/shop/persistentvolumeclaims/data-postgres-0"
    await rig.kube("PATCH", path, json={"spec": {"resources": {"requests": {"storage": "60Gi"}}}}, headers=MERGE)
    rig.wait(300, gone="PersistentVolumeFillingUp")


@pytest.mark.slow
async def test_a_job_that_removes_old_files_heals_a_full_node(rig):
    await rig.playground.break_("node_disk")
    rig.wait(300, until="NodeDiskPressure")

    def job(name: str, script: str) -> dict:
        spec = {
            "nodeName": "node-3",
            "restartPolicy": "Never",
            "containers": [{"name": "clean", "image": "busybox:1", "command": ["/bin/sh", "-c", script]}],
            "volumes": [{"name": "clean", "hostPath": {"path": "/var/log/pods"}}],
        }
        template = {"metadata": {"labels": {"job": name}}, "spec": spec}
        return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": {"template": template}}

    for name, script in (("count", "find /clean"), ("remove", "find /clean -exec rm -f {} +")):
        made = await rig.kube("POST", "/apis/batch/v1/namespaces/shop/jobs", json=job(name, script))
        assert made.status_code == 201, made.text
        rig.wait(20)
        pods = (await rig.kube("GET", f"/api/v1/namespaces/shop/pods?labelSelector=job={name}")).json()["items"]
        assert [pod["status"]["phase"] for pod in pods] == ["Succeeded"]
        log = await rig.kube("GET", f"/api/v1/namespaces/shop/pods/{pods[0]['metadata']['name']}/log?tailLines=5")
        assert "files 418 bytes" in log.text
        firing = {alarm.rule.name for alarm in rig.playground.alarms.firing()}
        assert ("NodeDiskPressure" in firing) is (name == "count")


async def test_alerts_are_posted_as_alertmanager_posts_them():
    got: list[dict] = []
    from starlette.applications import Starlette
    from starlette.responses import Response
    from starlette.routing import Route

    from bot.playground.serving import Serving

    async def hear(request):
        assert request.headers["authorization"] == "Bearer word"
        got.append(await request.json())
        return Response()

    ears = Serving()
    url = await ears.start(Starlette(routes=[Route("/hook", hear, methods=["POST"])]))
    clock = HandClock(NOON)
    headers = {"Authorization": "Bearer word"}
    async with Playground(seed=7, clock=clock, alert_url=url + "/hook", alert_headers=headers, tick=0.01) as playground:
        async with httpx.AsyncClient() as client:
            control = playground.prometheus_url + "/playground/faults"
            assert (await client.post(control, json={"fault": "image_error"})).json()["faults"]["image_error"]["active"]
            for _ in range(30):
                clock.move(10)
                await asyncio.sleep(0.03)
                if any(message["groupLabels"]["alertname"] == "KubePodImagePullFailing" for message in got):
                    break
            await client.request("DELETE", control, json={"fault": "image_error"})
            for _ in range(30):
                clock.move(10)
                await asyncio.sleep(0.03)
                if any(message["status"] == "resolved" for message in got):
                    break
    await ears.stop()
    firing = next(message for message in got if message["groupLabels"]["alertname"] == "KubePodImagePullFailing")
    assert firing["version"] == "4"
    assert firing["status"] == "firing"
    assert firing["alerts"][0]["labels"]["namespace"] == "shop"
    assert any(message["status"] == "resolved" and message["alerts"][0]["endsAt"] > "2020" for message in got)
