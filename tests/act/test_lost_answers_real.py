"""The answer to a change is lost on the way from a real API server: looked at, then verified or put back."""

import asyncio
from datetime import UTC, datetime

import httpx
import pytest

from bot.domain.approval import ApprovalState
from skills import Catalogue
from tests.act.broken_road import road_to
from tests.act.lamps import LIN, Room
from tests.act.test_lost_answers import over
from tests.skills.kubernetes.test_real_cluster import deployment

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]


class RealPlace(Room):
    """By the wall's clock, in a hurry while it waits."""

    def now(self):
        return datetime.now(UTC)

    async def sleep(self, seconds):
        await asyncio.sleep(min(seconds, 0.5))


@pytest.fixture
async def place(tmp_path, kube):
    trust = kube.authority.trust(kube._admin)
    async with httpx.AsyncClient(base_url=kube.url, verify=trust, trust_env=False, timeout=30) as client:

        async def pass_on(request):
            headers = {name: request.headers[name] for name in ("content-type", "accept") if name in request.headers}
            return await client.request(
                request.method, str(request.url.raw_path, "ascii"), headers=headers, content=request.content
            )

        async with road_to(pass_on) as road:
            made = RealPlace(tmp_path)
            skill = over(road, timeout=5)
            made.road, made.catalogue = road, Catalogue([skill])
            yield await made.open()
            await skill.close()
            await made.database.close()


async def do(place, action, arguments):
    asked = (await place.ask((action, arguments), who=LIN)).asked
    await place.say(asked, at=place.now())
    return await place.carry_out(asked)


@pytest.mark.parametrize("breaks", ["answer", "silence", "504"])
async def test_a_scaling_whose_answer_is_lost_is_verified(place, kube, breaks):
    namespace = kube.namespace()
    kube.apply(deployment(), namespace=namespace)
    kube.wait_for_rollout("order", namespace)
    place.road.breaks = breaks
    asked = {"namespace": namespace, "deployment": "order", "replicas": 4}
    done = await do(place, "kubernetes.scale_deployment", asked)
    assert done.state is ApprovalState.EXECUTED
    assert kube.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/order")["spec"]["replicas"] == 4
    assert [(method, status) for method, _, status in place.road.changes] == [("PATCH", 200)]


async def test_an_image_that_cannot_be_pulled_is_put_back_though_no_answer_came(place, kube):
    namespace = kube.namespace()
    kube.apply(deployment(), namespace=namespace)
    kube.wait_for_rollout("order", namespace)
    before = kube.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/order")["spec"]
    place.road.breaks = "answer"
    asked = {"namespace": namespace, "name": "order", "image": "registry.test/order:bad"}
    done = await do(place, "kubernetes.set_image", asked)
    assert done.state is ApprovalState.UNDONE
    assert kube.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/order")["spec"] == before


async def test_an_eviction_whose_answer_is_lost_happens_once(place, kube):
    namespace = kube.namespace()
    kube.apply(deployment(), namespace=namespace)
    kube.wait_for_rollout("order", namespace)
    pods = f"/api/v1/namespaces/{namespace}/pods"
    victim, kept = sorted(each["metadata"]["name"] for each in kube.list(pods))
    place.road.breaks = "answer"
    done = await do(place, "kubernetes.restart_pod", {"namespace": namespace, "pod": victim})
    assert done.state is ApprovalState.EXECUTED
    names = {each["metadata"]["name"] for each in kube.list(pods)}
    assert kept in names
    assert victim not in names
    assert [method for method, _, _ in place.road.changes] == ["POST"]
