"""Twenty secrets stand in logs, objects, alerts, pages and questions; no place that a whole house writes to has one."""

import asyncio
import json
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import httpx
import pytest
import structlog
from prometheus_client import generate_latest

from bot.app import Given, build, on_duty
from bot.playground import Playground
from bot.redaction import mask
from bot.rooms import live_reads
from bot.settings import DutyBotSettings
from bot.talk.settings import HttpSettings
from bot.talk.web import Server, make_app
from bot.telemetry import log_as, trace_to
from bot.think.diagnosis.bundle import read_bundle
from bot.think.diagnosis.diagnose import diagnose
from bot.think.diagnosis.investigator import Diagnostician
from bot.think.diagnosis.keeping import write_bundle
from bot.think.diagnosis.markdown import as_markdown
from knowledge import Document, KnowledgeSettings, Library
from tests.fakes import feishu_server, slack_server
from tests.fakes.dify_server import DifyServer, plain
from tests.fakes.feishu_server import FeishuServer
from tests.fakes.http_server import serve
from tests.fakes.openai_server import reply
from tests.fakes.slack_server import SlackServer
from tests.journeys.test_slack_and_feishu import FeishuSide, SlackSide
from tests.journeys.visitor import Visitor, house_over
from tests.trust.faults.houses import answered, calm_dify, calm_elasticsearch, environment
from tests.trust.test_register import CANARIES

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
LINES = [text for text, _ in CANARIES]
SPACE = "shop"


def lying_loki(asked):
    """Each line of the service holds a secret."""
    at = time.time_ns()
    values = [[str(at - number), f"ERROR login failed {line}"] for number, line in enumerate(LINES)]
    stream = {"stream": {"namespace": SPACE, "pod": "order-service-1", "app": "order-service"}, "values": values}
    if "/labels" in asked.path or "/label/" in asked.path:
        return 200, {"status": "success", "data": ["namespace", SPACE, "order-service"]}
    return 200, {"status": "success", "data": {"resultType": "streams", "result": [stream]}}


def lying_kubernetes(asked):
    """A workload whose environment and events hold secrets."""
    meta = {"name": "order-service", "namespace": SPACE, "uid": "u", "labels": {"app": "order-service"}}
    env = [{"name": f"E{number}", "value": line} for number, line in enumerate(LINES)]
    spec = {"containers": [{"name": "app", "image": "shop/order:1", "env": env}]}
    deployment = {
        "metadata": {**meta, "annotations": dict(enumerate_texts())},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": "order-service"}},
            "template": {"metadata": meta, "spec": spec},
        },
        "status": {
            "replicas": 1,
            "readyReplicas": 0,
            "conditions": [{"type": "Available", "status": "False", "message": LINES[0]}],
        },
    }
    waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": LINES[1]}}
    told = [{"name": "app", "restartCount": 9, "ready": False, "state": waiting, "image": "shop/order:1"}]
    pod = {"metadata": meta, "spec": spec, "status": {"phase": "Running", "containerStatuses": told}}
    events = [
        {"metadata": {**meta, "name": f"e{number}"}, "type": "Warning", "reason": "Failed", "message": line, "count": 9,
         "involvedObject": {"kind": "Pod", "name": "order-service", "namespace": SPACE}}
        for number, line in enumerate(LINES)
    ]  # fmt: skip
    config = {"metadata": meta, "data": {"app.properties": "\n".join(LINES)}}
    found = {"deployments": [deployment], "pods": [pod], "events": events, "configmaps": [config]}
    return 200, {"kind": "List", "items": found.get(asked.path.rpartition("/")[2], []), "metadata": {}}


def enumerate_texts():
    return [(f"note-{number}", line) for number, line in enumerate(LINES)]


async def soon(question, seconds=60):
    until = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < until
        await asyncio.sleep(0.1)


async def insist(push, told):
    """As the platforms do: sent again until it is acknowledged."""
    while (await push(told))[0] in {None, 500}:
        pass


async def ask_everything(house, url, slack, feishu):
    """The same in the page, Slack and Feishu: logs, a diagnosis, a free question; and alerts with annotations."""
    asks = [
        f'/search_logs {{app="order-service"}} |= "{LINES[0]}"',
        "/problems -n shop",
        f"why is order-service failing? {LINES[0]} and {LINES[3]}",
    ]
    asks += ["what do you know of " + ", ".join(LINES[:10])]
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        lin = await Visitor(client).sit("asker", "en")
        threads = [await lin.write(each) for each in asks]
        alerts = [
            {"status": "firing", "labels": {"alertname": f"A{number}", "namespace": SPACE, "why": line},
             "annotations": {"summary": line, "description": line}, "startsAt": "2026-11-22T12:00:00Z", "generatorURL": "http://g"}
            for number, line in enumerate(LINES)
        ]  # fmt: skip
        assert (await client.post("/alerts/alertmanager", json={"alerts": alerts})).status_code == 200
        for each in asks:
            await insist(lambda told: slack.server.push("events_api", told), slack_server.said(f"<@UBOT> {each}", "U1"))
            await insist(feishu.server.push, feishu_server.said(each, "ou_lin"))
        cards = [await lin.card(thread, answered, 90) for thread in threads]
        await soon(lambda: len(slack.cards()) >= len(asks) + 1 and len(feishu.cards()) >= len(asks))
        await asyncio.sleep(1)
        await house.inbox.idle()
        return [*cards, *[await lin.cards(each) for each in threads]]


async def kept_whole(folder, skills, asked):
    """A case as a bundle and as a report."""
    reads = live_reads({name: {"url": url} for name, url in skills.items()})
    sight = await Diagnostician(reads, lambda: datetime.now(UTC)).look((), asked)
    await reads.close()
    write_bundle(folder / "bundle", "c1", sight, {"kind": "question", "text": asked})
    return as_markdown(diagnose(read_bundle(folder / "bundle")), "en"), len(sight.lines)


async def test_no_sink_has_a_secret(tmp_path):
    sinks = {}
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        in_slack, in_feishu = await enter(SlackServer()), await enter(FeishuServer())
        dify, shop = await enter(calm_dify()), await enter(Playground())
        model = (
            (await enter(DifyServer()))
            .on("/chat/completions$", reply("All is calm."))
            .on("/models$", plain(200, {"data": []}))
        )
        loki, kubernetes = (stack.enter_context(serve(each)) for each in (lying_loki, lying_kubernetes))
        elastic = stack.enter_context(serve(calm_elasticsearch, {"x-elastic-product": "Elasticsearch"}))
        traces = stack.enter_context(serve(lambda asked: (200, "")))
        skills = {"prometheus": shop.prometheus_url, "loki": loki.url, "kubernetes": kubernetes.url}
        log = stack.enter_context((tmp_path / "log").open("w"))
        log_as("debug", "json")
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(log))
        stack.callback(structlog.reset_defaults)
        end_traces = trace_to(f"{traces.url}/v1/traces")
        slack, feishu = SlackSide(in_slack), FeishuSide(in_feishu)
        books = {"KNOWLEDGE_FOLDER": tmp_path / "books", "KNOWLEDGE_EMBEDDINGS": "none"}
        with environment(
            DIFY_URL=dify.url,
            DIFY_KEY="app-x",
            LEDGER_ELASTICSEARCH_URL=elastic.url,
            WEB_POSTS_PER_MINUTE=6000,
            **books,
        ):
            library = await Library.open(KnowledgeSettings(), mask=mask)
            await library.add([Document(f"Case {each}", f"We saw {each}", "https://kb/1") for each in LINES])
            await library.close()
            chosen = DutyBotSettings(
                skills=tuple(skills), channels=("web", "slack", "feishu"), alerts=("alertmanager",), brains=("dify",),
                database_url=f"sqlite:///{tmp_path}/bot.sqlite", ledger_path=tmp_path / "audit.jsonl", home="slack:C1",
            )  # fmt: skip
            given = Given(
                skills={name: {"url": url} for name, url in skills.items()},
                channels={
                    "web": {"host": "127.0.0.1"},
                    "slack": {"settings": slack.given()},
                    "feishu": {"settings": feishu.given()},
                },
                alerts={"alertmanager": {"open": True, "reconcile_seconds": 0}},
            )  # fmt: skip
            house = build(chosen, given=given)
        http = HttpSettings(host="127.0.0.1", port=0)
        server = Server(make_app(house.routes(), house.unwell, http), http)
        async with on_duty(house):
            await server.start()
            sinks["web"] = json.dumps(await ask_everything(house, server.url, slack, feishu), ensure_ascii=False)
            async with httpx.AsyncClient(base_url=server.url) as client:
                sinks["metrics"] = (await client.get("/metrics")).text + generate_latest().decode()
            await soon(lambda: sum(each.raw.count(b"\n") for each in elastic.asked if each.path.endswith("_bulk")) > 6)
            await server.stop()
        with environment(MODEL_URL=f"{model.url}", MODEL_NAME="m", WEB_POSTS_PER_MINUTE=6000):
            async with house_over(tmp_path / "second", skills, brains=("langchain",)) as seat:
                lin = await seat("asker", "en")
                await lin.card(await lin.write(f"why is order-service failing? {LINES[0]}"), answered)
                await lin.card(await lin.write("what do you know of " + ", ".join(LINES)), answered)
        sinks["report"], lines = await kept_whole(tmp_path, skills, f"why is order-service in shop failing {LINES[2]}")
        assert lines >= len(LINES)
        end_traces()
        log.flush()
    said = lambda value: json.dumps(value, ensure_ascii=False, default=repr)  # noqa: E731
    sinks |= {
        "slack": said([in_slack.calls, list(in_slack.messages.values()), in_slack.files]),
        "feishu": said([in_feishu.calls, list(in_feishu.messages.values())]),
        "dify": said(dify.requests),
        "model": said(model.requests),
        "elasticsearch": "".join(each.raw.decode(errors="replace") for each in elastic.asked),
        "traces": "".join(each.raw.decode("latin-1") for each in traces.asked),
        "ledger": (tmp_path / "audit.jsonl").read_text(),
        "log": (tmp_path / "log").read_text(),
        "bundle": "".join(each.read_text() for each in (tmp_path / "bundle").iterdir()),
        "library": "".join(
            each.read_bytes().decode("latin-1") for each in (tmp_path / "books").rglob("*") if each.is_file()
        ),
    }
    leaked = sorted({(sink, text) for sink, told in sinks.items() for text, secret in CANARIES if secret in told})
    print({sink: (len(told), told.count("[REDACTED:")) for sink, told in sinks.items()})
    assert len(CANARIES) == 20
    assert not leaked
    assert all(sinks.values()), "each was written to"
    for sink in ("web", "slack", "feishu", "bundle", "library", "ledger", "elasticsearch"):
        assert "[REDACTED:" in sinks[sink], sink
