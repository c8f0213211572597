"""In Slack and Feishu, on a real API server: a plan is changed in a form, allowed by somebody else, done, checked."""

import json
from contextlib import asynccontextmanager

import pytest

from bot.app import Given, build, on_duty
from bot.settings import DutyBotSettings
from tests.fakes import feishu_rules, feishu_server, slack_server
from tests.fakes.feishu_server import FeishuServer
from tests.fakes.slack_server import SlackServer
from tests.journeys.test_real_servers import DEPLOYMENT
from tests.journeys.test_slack_and_feishu import FeishuSide, SlackSide, becomes, card, whisper

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def shop(kube):
    namespace = kube.namespace("chat")
    kube.apply(DEPLOYMENT, namespace=namespace)
    kube.wait_for_rollout("order-service", namespace)
    yield namespace
    kube.empty(namespace)


@asynccontextmanager
async def at_work(folder, name, given, kube):
    skills = {"kubernetes": {"kubeconfig": str(kube.kubeconfig)}}
    settings = DutyBotSettings(
        skills=tuple(skills),
        channels=(name,),
        alerts=(),
        brains=("scripted",),
        database_url=f"sqlite:///{folder}/bot.sqlite",
        ledger_path=folder / "audit.jsonl",
    )
    async with on_duty(build(settings, None, Given(skills=skills, channels={name: {"settings": given}}))) as house:
        yield house


@pytest.fixture(params=["slack", "feishu"])
async def side(request, tmp_path, kube):
    server = SlackServer() if request.param == "slack" else FeishuServer()
    async with server:
        made = SlackSide(server) if request.param == "slack" else FeishuSide(server)
        async with at_work(tmp_path, request.param, made.given(), kube) as made.house:
            yield made
        assert getattr(server, "late", []) == []


async def change(side, who, made, **arguments):
    """Through the form that the platform opens, as that person."""
    person = side.people[who]
    if isinstance(side, SlackSide):
        button = next(b for b in slack_server.buttons(made) if json.loads(b["value"])["a"] == "edit")
        await side.server.push("interactive", slack_server.clicked(made, button, person))
        view = side.server.views[-1]
        fields = [each for each in view["blocks"] if each["type"] == "input"]
        told = {
            each["block_id"]: arguments.get(each["label"]["text"], each["element"]["initial_value"]) for each in fields
        }
        await side.server.push("interactive", slack_server.submitted(view, person, **told))
        return
    value = next(each for each in feishu_rules.buttons(made["content"]) if each["a"] == "edit")
    await side.server.push(feishu_server.clicked(value, person, made["id"]))
    form = [each for each in side.server.messages.values() if each.get("receive_id") == person][-1]
    inputs = [e for e in feishu_rules.walk(json.loads(form["content"])["body"]["elements"]) if e["tag"] == "input"]
    told = {e["name"]: arguments.get(e["label"]["content"], e["default_value"]) for e in inputs}
    (submit,) = feishu_rules.buttons(form["content"])
    await side.server.push(feishu_server.clicked(submit, person, form["id"], chat="oc_private", **told))


def replicas(kube, namespace):
    return kube.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/order-service")["spec"]["replicas"]


async def test_changed_in_a_form_allowed_by_another_done_on_the_api_server_and_checked(side, kube, shop):
    before = replicas(kube, shop)
    wanted = 2 if before == 3 else 3
    await side.ask("lin", f"/scale order-service 4 -n {shop}")
    _, first = await card(side, lambda text: "请审批" in text and "replicas=4" in text)
    await change(side, "lin", first, replicas=str(wanted))
    await becomes(side, first, lambda text: "请审批" not in text)
    assert side.approvable(first) == []
    _, second = await card(side, lambda text: "请审批" in text and f"replicas={wanted}" in text)
    await side.click("lin", second, "approve")
    await whisper(side, lambda text: "权限" in text or "他人" in text or "别人" in text or "自己" in text)
    assert replicas(kube, shop) == before
    await side.click("chen", second, "approve")
    text = await becomes(side, second, lambda text: "已完成" in text, 120)
    assert replicas(kube, shop) == wanted
    assert "chen" in text or "陈" in text
    assert side.approvable(second) == []


async def test_the_editor_cannot_approve_their_own_change(side, kube, shop):
    await side.ask("lin", f"/scale order-service 5 -n {shop}")
    _, first = await card(side, lambda text: "请审批" in text and "replicas=5" in text)
    before = replicas(kube, shop)
    await change(side, "chen", first, replicas="1")
    _, second = await card(side, lambda text: "请审批" in text and "replicas=1" in text)
    told = len(side.whispers())
    await side.click("chen", second, "approve")
    await becomes(side, second, lambda _: len(side.whispers()) > told)
    assert "请审批" in side.text(second)
    assert replicas(kube, shop) == before
