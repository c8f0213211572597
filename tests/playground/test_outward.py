"""The shop as real servers see it: the same values that its own Prometheus tells, and lines that are pushed once."""

import asyncio
import json
import re

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.playground import Playground
from bot.playground.outward import PUSH_EVERY, exposed, push, scraped
from bot.playground.shop.shop import ShopLogs

pytestmark = pytest.mark.slow


@pytest.fixture
async def playground():
    async with Playground() as made:
        yield made


async def test_what_is_scraped_is_what_its_own_prometheus_answers(playground):
    shop = playground.shop
    url = await playground.serving.start(scraped(shop.metrics, playground.clock, shop.world.advance))
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        text = (await client.get(f"{url}/metrics")).text
        asked = {"query": "kube_deployment_spec_replicas"}
        own = (await client.get(f"{playground.prometheus_url}/api/v1/query", params=asked)).json()["data"]["result"]
    families = {each.name: each for each in text_string_to_metric_families(text)}
    assert len(families) > 60
    told = {each.labels["deployment"]: each.value for each in families["kube_deployment_spec_replicas"].samples}
    assert told == {each["metric"]["deployment"]: float(each["value"][1]) for each in own}
    assert "\nALERTS" not in text, "whoever evaluates the rules tells of alerts"
    assert re.search(r'^http_requests_total\{.*service="order-service".*\} \d', text, re.MULTILINE)


async def test_a_pod_that_is_gone_is_told_no_more(playground):
    shop = playground.shop
    shop.set_image("order-service", "v9", "a release")
    for _ in range(3):
        await asyncio.sleep(0)
    shop.world.advance()
    later = playground.clock() + 300
    shop.world.agenda.run(later, shop.world.settle)
    text = exposed(shop.metrics, later)
    pods = set(re.findall(r'^kube_pod_info\{.*?[{,]pod="(order-service-[^"]+)"', text, re.MULTILINE))
    assert pods == {each.name for each in shop.lives("order-service")}


def said(streams):
    """Each line with its pod and time."""
    return [(each["stream"]["pod"], at, line) for each in streams for at, line in each["values"]]


async def test_its_lines_are_pushed_each_once(playground, monkeypatch):
    taken = []

    def loki(request):
        taken.extend(json.loads(request.content)["streams"])
        return httpx.Response(204)

    client = httpx.AsyncClient
    monkeypatch.setattr(
        "bot.playground.outward.httpx.AsyncClient", lambda **more: client(transport=httpx.MockTransport(loki), **more)
    )
    pushing = asyncio.create_task(push(ShopLogs(playground.shop), "http://loki", playground.clock))
    async with asyncio.timeout(120):
        while len(said(taken)) <= 10:
            await asyncio.sleep(PUSH_EVERY)
    pushing.cancel()
    assert {"namespace", "pod", "container", "severity"} <= set(taken[0]["stream"])
    assert len(said(taken)) == len(set(said(taken)))
