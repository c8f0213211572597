"""The main job on real servers: Prometheus, Loki, a Kubernetes control plane, and a bot that is killed."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.journeys.slow_road import SlowRoad
from tests.journeys.visitor import Visitor, house_over, texts

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "order-service", "labels": {"app": "order-service"}},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "order-service"}},
        "template": {
            "metadata": {"labels": {"app": "order-service"}},
            "spec": {"containers": [{"name": "order", "image": "shop/order:v1"}]},
        },
    },
}

SLOW = json.loads(json.dumps(DEPLOYMENT).replace("order-service", "slow-order"))


def answered(card):
    return card["title"] in {"Answer", "回答"}


@pytest.fixture(scope="module")
def shop(kube):
    namespace = kube.namespace("shop")
    kube.apply(DEPLOYMENT, namespace=namespace)
    kube.wait_for_rollout("order-service", namespace)
    yield namespace
    kube.empty(namespace)


def deployment(kube, namespace):
    return kube.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/order-service")


def restarted(kube, namespace):
    annotations = deployment(kube, namespace)["spec"]["template"]["metadata"].get("annotations", {})
    return annotations.get("kubectl.kubernetes.io/restartedAt")


def replica_sets(kube, namespace):
    return len(kube.list(f"/apis/apps/v1/namespaces/{namespace}/replicasets"))


@pytest.fixture
def cpu(prometheus):
    """Counters of two pods over the last hour and a bit: one burns two cores, one a tenth."""
    now = time.time()
    times = [now - 4200 + 30 * step for step in range(140)]
    for pod, cores in (("hot-1", 2.0), ("cold-1", 0.1)):
        labels = {
            "__name__": "container_cpu_usage_seconds_total",
            "namespace": "journey",
            "pod": pod,
            "container": "main",
        }
        prometheus.write([(labels, [(at, cores * (at - times[0])) for at in times])])
    return prometheus


@pytest.mark.parametrize("question", ["查询过去1小时高CPU的Pod", "Which pods used the most CPU in the last hour?"])
async def test_the_busiest_pods_are_those_that_promql_by_hand_gives(tmp_path, cpu, question):
    by_hand = cpu.ask(
        'topk(2, sum by (namespace, pod) (rate(container_cpu_usage_seconds_total{namespace="journey"}[1h])))'
    )
    wanted = [each["metric"]["pod"] for each in sorted(by_hand, key=lambda each: -float(each["value"][1]))]
    assert wanted == ["hot-1", "cold-1"]
    async with house_over(tmp_path, {"prometheus": cpu.url}) as seat:
        lin = await seat("asker")
        card = await lin.card(await lin.write(question), answered)
    folded = [block for fold in card["blocks"] if fold["kind"] == "fold" for block in fold["blocks"]]
    grid = next(block for block in folded if block["kind"] == "grid")
    said = [name for row in grid["rows"] for name in wanted if any(name in cell for cell in row)]
    assert said[:2] == wanted, grid["rows"]


def last_whole_hour():
    """When it began, and how a person in Shanghai calls it."""
    zone = ZoneInfo("Asia/Shanghai")
    now = datetime.now(zone)
    begun = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    day = "今天" if begun.date() == now.date() else "昨天"
    return begun.timestamp(), f"{day}{begun.hour}:00-{begun.hour + 1}:00"


async def test_why_it_was_slow_between_nine_and_ten_shows_the_p99_and_the_true_line(
    tmp_path, prometheus, loki, kube, shop
):
    begun, hour = last_whole_hour()
    times = [begun - 3600 + 30 * step for step in range(240)]
    requests = {"service": "slow-order", "namespace": shop}
    for le, calm, slow in (("0.1", 0.99, 0.5), ("0.5", 1.0, 0.6), ("5", 1.0, 1.0), ("+Inf", 1.0, 1.0)):
        counted = [10 * (calm * min(at - times[0], 3600) + slow * max(0.0, at - begun)) for at in times]
        name = {"__name__": "http_request_duration_seconds_bucket", "le": le}
        prometheus.write([(name | requests, list(zip(times, counted, strict=True)))])
    count = {"__name__": "http_request_duration_seconds_count"}
    prometheus.write([(count | requests, [(at, 10 * (at - times[0])) for at in times])])
    line = "ERROR HikariPool-1 - Connection is not available, request timed out after 30000ms"
    stream = {"namespace": shop, "app": "slow-order", "service_name": "slow-order", "pod": "slow-order-1"}
    loki.push(stream, [(begun + 600 + number, line) for number in range(20)])
    kube.apply(SLOW, namespace=shop)
    urls = {"prometheus": prometheus.url, "loki": loki.url, "kubernetes": {"kubeconfig": str(kube.kubeconfig)}}
    async with house_over(tmp_path, urls) as seat:
        lin = await seat("asker", "zh")
        card = await lin.card(await lin.write(f"为什么{hour} slow-order 延迟飙升?"), answered)
    lines = {line["name"]: line for block in card["blocks"] if block["kind"] == "chart" for line in block["lines"]}
    p99 = {at: value for at, value in lines["P99"]["points"] if value == value}
    assert begun <= min(p99), "the hour that was asked about, and no other"
    assert max(p99) <= begun + 3660
    assert max(p99.values()) > 1.0, "seconds, or more in milliseconds"
    assert "Connection is not available, request timed out after" in texts(card)


async def test_a_restart_by_leave_is_seen_on_the_api_server_and_a_refused_one_is_not(tmp_path, kube, shop):
    async with house_over(tmp_path, {"kubernetes": {"kubeconfig": str(kube.kubeconfig)}}) as seat:
        lin, chen = await seat("asker", "zh"), await seat("approver", "zh")
        before = restarted(kube, shop)
        thread = await lin.write(f"/restart order-service -n {shop}")
        asked = await lin.card(thread, lambda card: "请审批" in card["title"])
        await chen.decide(thread, asked, granted=False, reason="还不行")
        await lin.card(thread, lambda card: "已拒绝" in card["title"])
        assert restarted(kube, shop) == before
        thread = await lin.write(f"/restart order-service -n {shop}")
        asked = await lin.card(thread, lambda card: "请审批" in card["title"])
        assert "restartedAt" in texts(asked)
        await chen.decide(thread, asked)
        await lin.card(thread, lambda card: "已完成" in card["title"], 90)
        await lin.card(thread, answered)
        assert restarted(kube, shop) != before
        kube.wait_for_rollout("order-service", shop)


class Bot:
    """The bot as its own process, so that it can be killed."""

    def __init__(self, folder, kubernetes_url):
        self.environment = os.environ | {
            "DUTYBOT_SKILLS": "kubernetes",
            "DUTYBOT_DATABASE_URL": f"sqlite:///{folder}/bot.sqlite",
            "DUTYBOT_LEDGER_PATH": f"{folder}/audit.jsonl",
            "KUBERNETES_URL": kubernetes_url,
            "PYTHONUNBUFFERED": "1",
        }
        self.start()

    def start(self):
        command = [sys.executable, "-m", "bot", "run", "--port", "0"]
        self.process = subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, text=True)
        told = next((found for line in self.process.stdout if (found := re.search(r"On duty at (\S+)", line))), None)
        assert told, "the bot did not start"
        self.url = told[1]

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    async def seat(self, name):
        return await Visitor(httpx.AsyncClient(base_url=self.url, timeout=20)).sit(name)


@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
async def test_killed_between_leave_and_result_it_is_done_exactly_once(tmp_path, kube, shop, after):
    road = SlowRoad(kube)
    bot = Bot(tmp_path, road.url)
    try:
        sets, before = replica_sets(kube, shop), restarted(kube, shop)
        lin, chen = await bot.seat("asker"), await bot.seat("approver")
        thread = await lin.write(f"/restart order-service -n {shop}")
        asked = await lin.card(thread, lambda card: card["title"].startswith("May I?"))
        await asyncio.sleep(1.1)
        road.close(after=after)
        await chen.decide(thread, asked)
        assert await asyncio.to_thread(road.arrived.wait, 20)
        bot.kill()
        road.open.set()
        bot.start()
        lin = await bot.seat("asker")
        await lin.card(thread, lambda card: card["title"].startswith("Done"), 90)
        kube.wait_for_rollout("order-service", shop)
        assert restarted(kube, shop) != before
        assert replica_sets(kube, shop) == sets + 1
        road.close(after=True)
        road.open.set()
    finally:
        bot.kill()
        road.stop()
