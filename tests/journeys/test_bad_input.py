"""What cannot be done gets one sentence, in the reader's language and thread; then the thread goes on."""

import json

import pytest
import pytest_asyncio

from bot.playground import Playground
from tests.fakes.dify_server import Answer, DifyServer
from tests.fakes.http_server import serve
from tests.journeys.visitor import house_over, texts

pytestmark = pytest.mark.asyncio(loop_scope="module")
NOWHERE = "http://127.0.0.1:9"
FORBIDDEN = {
    "kind": "Status",
    "status": "Failure",
    "reason": "Forbidden",
    "code": 403,
    "message": 'deployments.apps is forbidden: User "bot" cannot list resource "deployments"',
}
SKILLS = ("prometheus", "loki", "kubernetes")
CASES = {
    "bad PromQL": ("/query_prometheus sum(", "is not right", "有误"),
    "an unknown namespace": ("/problems -n nowhere", "no namespace nowhere", "没有命名空间 nowhere"),
    "a time that is none": ("/error_logs service=cart time_range=sometime", "sometime", "看不懂时间"),
    "an argument that is missing": ("/query_prometheus", "/query_prometheus query=…", "/query_prometheus query=…"),
}
AWAY = {
    "Prometheus is down": (
        "prometheus",
        NOWHERE,
        "/nodes",
        "Prometheus at http://127.0.0.1:9 does not answer",
        "没有应答",
    ),
    "Loki fails": ("loki", 502, '/search_logs {app="cart"}', "502", "状态码 502"),
    "Kubernetes forbids": ("kubernetes", 403, "/workloads", "Kubernetes refused", "拒绝了请求"),
}
PLAN = """```aiops-plan
{"title": "Clean up", "reason": "it is full", "steps": [{"action": "wipe_cluster", "why": "space"}]}
```"""


def answered(card):
    return not card["streaming"] and card["title"] in {"Answer", "回答"}


async def said(folder, urls, question, language, **more):
    """What stands on the answer; and the thread can be used right after."""
    async with house_over(folder, urls, **more) as seat:
        lin = await seat("asker", language)
        thread = await lin.write(question)
        told = texts(await lin.card(thread, answered))
        await lin.write("/help", thread)
        await lin.card(thread, lambda card: answered(card) and "/top [cpu|memory] [1h]" in texts(card))
        return told


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop():
    async with Playground() as playground:
        yield {name: getattr(playground, f"{name}_url") for name in SKILLS}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("case", CASES)
async def test_a_request_that_makes_no_sense(tmp_path, shop, case, language):
    question, english, chinese = CASES[case]
    told = await said(tmp_path, shop, question, language)
    assert (chinese if language == "zh" else english) in told
    assert "Traceback" not in told


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("case", AWAY)
async def test_what_is_asked_is_away_or_refuses(tmp_path, shop, case, language):
    skill, fault, question, english, chinese = AWAY[case]
    with serve(lambda asked: (fault, FORBIDDEN if fault == 403 else {"why": "none"})) as server:
        urls = shop | {skill: fault if isinstance(fault, str) else server.url}
        told = await said(tmp_path, urls, question, language)
    assert (chinese if language == "zh" else english) in told
    assert "Traceback" not in told


@pytest.mark.parametrize(("language", "words"), [("en", "wipe_cluster"), ("zh", "wipe_cluster")])
async def test_a_plan_with_an_action_that_nobody_has(tmp_path, shop, monkeypatch, language, words):
    told = {"event": "message", "conversation_id": "c-1", "message_id": "m-1", "task_id": "t-1", "answer": PLAN}
    ended = {"event": "message_end", "conversation_id": "c-1", "message_id": "m-1", "task_id": "t-1", "metadata": {}}
    stream = b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in (told, ended))
    async with DifyServer() as server:
        server.on("/chat-messages$", Answer(pieces=[(0, stream)]))
        monkeypatch.setenv("DIFY_URL", server.url)
        monkeypatch.setenv("DIFY_KEY", "app-x")
        async with house_over(tmp_path, shop, brains=("dify",)) as seat:
            lin = await seat("asker", language)
            thread = await lin.write("clean the cluster please" if language == "en" else "请清理一下集群")
            card = await lin.card(thread, answered)
            assert words in texts(card)
            assert not any(
                button["act"] == "approve" for block in card["blocks"] for button in block.get("buttons", ())
            )
            assert len(await lin.cards(thread)) == 1, "nothing waits for leave"
