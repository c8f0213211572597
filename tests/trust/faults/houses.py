"""Ten dependencies, each behind a faulty line of its own, and the houses that stand on them."""

import asyncio
import contextlib
import json
import os
import uuid
from importlib import import_module
from unittest import mock

import httpx
from sqlalchemy import make_url

from bot.app import Given, build, on_duty
from bot.commands.doctor.checks import LOOKS, _ledger, _library, _look, checks
from bot.playground import Playground
from bot.settings import DutyBotSettings
from knowledge import Document, KnowledgeSettings, Library
from tests.fakes import feishu_server, slack_server
from tests.fakes.dify_server import Answer, DifyServer, plain
from tests.fakes.faulty_line import FaultyLine, OverHttp, OverPostgres
from tests.fakes.feishu_server import FeishuServer
from tests.fakes.http_server import serve
from tests.fakes.openai_server import reply
from tests.fakes.slack_server import SlackServer
from tests.journeys.test_slack_and_feishu import FeishuSide, SlackSide
from tests.journeys.visitor import house_over, texts
from tests.trust.faults.cells import LONGEST, every_fault, well
from tests.trust.faults.wrong import BEGINS, PATIENCE, SSE, WRONG

QUESTIONS = {
    "dify": {"en": "how are you today", "zh": "你今天好吗"},
    "model": {"en": "how are you today", "zh": "你今天好吗"},
    "prometheus": "/query_prometheus up",
    "loki": '/search_logs {app="order-service"}',
    "kubernetes": "/workloads",
    "chroma": "/kb connection pool exhausted",
}
MOST_OF_STORES = 50_000_000
"""The two stores are trusted: their drivers are bounded in time alone."""


@contextlib.contextmanager
def environment(**names):
    with mock.patch.dict(os.environ, {name: str(value) for name, value in names.items()}):
        yield


def answered(card):
    return not card["streaming"] and "button_stop" not in texts(card)


class Asked:
    """A dependency that is seen through a question on the page."""

    def __init__(self, name, line, seats, house, doctor):
        self.name, self.line = name, line
        self._seats, self._house, self._doctor = seats, house, doctor

    async def ask(self, language):
        lin, question = self._seats[language], QUESTIONS[self.name]
        thread = await lin.write(question if isinstance(question, str) else question[language])
        return texts(await lin.card(thread, answered, LONGEST))

    async def doctor(self):
        return await self._doctor()


@contextlib.asynccontextmanager
async def faulty(name, port):
    manner = OverHttp(WRONG[name], SSE if name in BEGINS else "application/json", BEGINS.get(name, b'{"data": "'))
    async with FaultyLine(port, manner, MOST_OF_STORES if name == "elasticsearch" else 1 << 31) as line:
        yield line


def port_of(url):
    return httpx.URL(url).port


def sse(*events):
    return Answer(pieces=[(0, b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in events))])


def calm_dify():
    common = {"conversation_id": "c-1", "message_id": "m-1", "task_id": "t-1"}
    told = (
        {"event": "message", "answer": "All is calm.", **common},
        {"event": "message_end", "metadata": {}, **common},
    )
    server = DifyServer().on("/chat-messages$", sse(*told)).on("/parameters$", plain(200, {"user_input_form": []}))
    return server.on("/info$", plain(200, {"name": "x", "mode": "advanced-chat"})).on(
        "/suggested", plain(200, {"data": []})
    )


@contextlib.asynccontextmanager
async def asked_things(folder):
    """Dify, Prometheus, Loki and Kubernetes behind one house; the model behind another."""
    async with contextlib.AsyncExitStack() as stack:
        enter = stack.enter_async_context
        shop, dify, model = await enter(Playground()), await enter(calm_dify()), await enter(DifyServer())
        model.on("/chat/completions$", reply("All is calm.")).on("/models$", plain(200, {"object": "list", "data": []}))
        lines = {
            "dify": await enter(faulty("dify", port_of(dify.url))),
            "model": await enter(faulty("model", port_of(model.url))),
            **{
                each: await enter(faulty(each, port_of(getattr(shop, f"{each}_url"))))
                for each in LOOKS
                if each in QUESTIONS
            },
        }
        skills = {each: {"url": lines[each].url, "timeout": 1.5} for each in ("prometheus", "loki", "kubernetes")}
        made = {}
        for brain in ("dify", "langchain"):
            with environment(
                DIFY_URL=lines["dify"].url, DIFY_KEY="app-x", DIFY_READ_SECONDS=1.5, DIFY_CONNECT_SECONDS=30,
                DIFY_TOTAL_SECONDS=4,
                MODEL_URL=lines["model"].url + "/v1", MODEL_NAME="m", MODEL_SECONDS=2, WEB_POSTS_PER_MINUTE=6000,
            ):  # fmt: skip
                seat = await enter(house_over(folder / brain, skills, brains=(brain,)))
            seats = {"en": await seat("asker", "en"), "zh": await seat("asker", "zh")}
            named = {"dify": ["dify", *skills], "langchain": ["model"]}[brain]
            made |= {each: Asked(each, lines[each], seats, seat.house, examiner(seat.house, each)) for each in named}
        yield made


class Stored:
    """PostgreSQL: whoever writes or looks is told by the page itself."""

    name = "postgresql"

    def __init__(self, line, seats, settings):
        self.line, self._seats, self._settings = line, seats, settings

    async def ask(self, language):
        lin = self._seats[language]
        headers = {"x-csrf-token": lin.me["csrf"], "origin": str(lin.client.base_url).rstrip("/")}
        body = {"key": uuid.uuid4().hex, "text": "/help"}
        told = await lin.client.post("/web/messages", json=body, headers={**headers, "accept-language": language})
        return told.json().get("sentence", str(told.status_code))

    async def well(self):
        lin = self._seats["en"]
        return "/home" in texts(await lin.card(await lin.write("/help"), answered, LONGEST))

    async def doctor(self):
        async for check in checks(build(self._settings), self._settings):
            if check.about == "database":
                return check.wrong
        return ""


class Written:
    """Elasticsearch: people go on; the trail waits in its file, and the doctor says so."""

    name = "elasticsearch"

    def __init__(self, line, seats, house, settings):
        self.line, self._seats, self._house, self._settings = line, seats, house, settings

    async def ask(self, language):
        lin = self._seats[language]
        return texts(await lin.card(await lin.write("/query_prometheus up"), answered, LONGEST))

    async def well(self):
        await self.ask("en")
        return await self._house.ledger.behind() == 0

    async def doctor(self):
        return (await _ledger(self._house, self._settings)).wrong


class Spoken:
    """Slack and Feishu: what is said while they are away arrives once they are back, and once."""

    def __init__(self, name, line, side, channel):
        self.name, self.line, self._side, self._channel = name, line, side, channel
        self._asked = []

    async def ask(self, language):
        """Sent again until it is acknowledged, as both platforms do where the machine is slow."""
        if language == "en" and self.name == "slack":
            told = slack_server.said("<@UBOT> /help", "U1")
            self._asked.append(told["event"]["ts"])
            while (await self._side.server.push("events_api", told))[0] is None:
                pass
        elif language == "en":
            told = feishu_server.said("/help")
            self._asked.append(told["event"]["message"]["message_id"])
            while (await self._side.server.push(told))[0] != 200:
                pass
        return ""

    async def well(self):
        roots = [self._side.root(card) for text, card in self._side.cards()]
        assert len(roots) == len(set(roots)), "an answer came twice"
        return set(self._asked) <= set(roots)

    async def doctor(self):
        return await self._channel().health()


@contextlib.asynccontextmanager
async def stored(folder, database):
    """A house whose database is behind a line."""
    url = make_url(database)
    async with FaultyLine(url.port, OverPostgres(), MOST_OF_STORES) as line:
        kept = str(url.set(port=line.port))
        with environment(WEB_POSTS_PER_MINUTE=6000):
            async with house_over(folder, {}, database_url=kept) as seat:
                seats = {"en": await seat("asker", "en"), "zh": await seat("asker", "zh")}
                settings = DutyBotSettings(skills=(), database_url=kept, ledger_path=folder / "doctor.jsonl")
                yield Stored(line, seats, settings)


def calm_elasticsearch(asked):
    """What it says while it is well, as far as the ledger asks."""
    if asked.path.endswith("_bulk"):
        return 200, {"errors": False, "items": [{"create": {"status": 201}}] * (asked.raw.count(b"\n") // 2)}
    return 200, {"acknowledged": True, "has_all_requested": True}


@contextlib.asynccontextmanager
async def written(folder):
    """A house whose ledger goes to Elasticsearch as well."""
    with serve(calm_elasticsearch, {"x-elastic-product": "Elasticsearch"}) as elastic:
        async with Playground() as shop, faulty("elasticsearch", port_of(elastic.url)) as line:
            with environment(LEDGER_ELASTICSEARCH_URL=line.url, WEB_POSTS_PER_MINUTE=6000):
                async with house_over(folder, {"prometheus": shop.prometheus_url}) as seat:
                    ledger = seat.house.ledger
                    ledger._client = ledger._client.options(request_timeout=1.5)
                    settings = DutyBotSettings(ledger_path=folder / "audit.jsonl")
                    seats = {"en": await seat("asker", "en"), "zh": await seat("asker", "zh")}
                    yield Written(line, seats, seat.house, settings)


@contextlib.asynccontextmanager
async def shelved(folder, chroma):
    """A house whose library has its vectors in a Chroma server."""
    async with faulty("chroma", port_of(chroma)) as line:
        given = {"FOLDER": folder / "books", "EMBEDDINGS": "light", "CHROMA_URL": line.url, "COLLECTION": "faults"}
        with environment(WEB_POSTS_PER_MINUTE=6000, **{f"KNOWLEDGE_{name}": value for name, value in given.items()}):
            library = await Library.open(KnowledgeSettings())
            await library.add([Document("Pool exhausted", "The connection pool was exhausted.", "https://kb/1")])
            await library.close()
            async with house_over(folder, {}) as seat:
                seats = {"en": await seat("asker", "en"), "zh": await seat("asker", "zh")}

                async def doctor():
                    with environment(KNOWLEDGE_CHROMA_URL=line.url):
                        return (await _library(seat.house)).wrong

                yield Asked("chroma", line, seats, seat.house, doctor)


@contextlib.asynccontextmanager
async def spoken(folder, name):
    """A house in Slack or Feishu; the platform's own line to us stays up."""
    server = SlackServer() if name == "slack" else FeishuServer()
    side = SlackSide(server) if name == "slack" else FeishuSide(server)
    async with server, faulty(name, port_of(server.url)) as line:
        given = side.given().model_copy(update={"api_url": line.url + ("/api/" if name == "slack" else "")})
        base = {"skills": (), "channels": (name,), "brains": ("scripted",), "ledger_path": folder / "audit.jsonl"}
        settings = DutyBotSettings(**base, database_url=f"sqlite:///{folder}/bot.sqlite")
        async with on_duty(build(settings, given=Given(channels={name: {"settings": given}}))) as house:
            make = import_module(f"bot.talk.channels.{name}").make
            yield Spoken(name, line, side, lambda: make(house.database, given))


def examiner(house, name):
    async def examine():
        if name in LOOKS:
            return (await _look(house, name, *LOOKS[name])).wrong
        return await house.brains[0].health()

    return examine


async def seen_of_all(folder, database, chroma, told=None):
    """All seventy, ten at a time: each dependency has a line of its own."""
    async with contextlib.AsyncExitStack() as stack:
        for name, seconds in PATIENCE.items():
            stack.enter_context(mock.patch(name, seconds))
        enter = stack.enter_async_context
        things = list((await enter(asked_things(folder))).values())
        things.append(await enter(shelved(folder / "chroma", chroma)))
        things.append(await enter(written(folder / "elasticsearch")))
        things.append(await enter(stored(folder / "postgresql", database)))
        things += [await enter(spoken(folder / name, name)) for name in ("slack", "feishu")]
        for each in things:
            assert await well(each), each.name  # what is loaded at the first question is loaded
        found = await asyncio.gather(*(every_fault(each, told) for each in things))
    return [seen for cells in found for seen in cells]
