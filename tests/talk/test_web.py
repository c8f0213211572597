"""The HTTP server: well or not, within its bounds, one sentence for each refusal."""

import asyncio

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from bot.errors import BadInput, StoreDown
from bot.talk.refused import language_of
from bot.talk.settings import HttpSettings
from bot.talk.web import Server, make_app


async def read(request):
    return PlainTextResponse(str(len(await request.body())))


async def slow(_request):
    await asyncio.sleep(5)
    return PlainTextResponse("late")


async def broken(_request):
    raise RuntimeError("secret detail")


async def down(_request):
    raise StoreDown("error_store_down", why="OperationalError")


async def streamed(_request):
    async def parts():
        for _ in range(4):
            yield b"x"
            await asyncio.sleep(0.1)

    return StreamingResponse(parts())


ROUTES = [
    Route("/read", read, methods=["POST"]),
    Route("/slow", slow),
    Route("/broken", broken),
    Route("/down", down),
    Route("/streamed", streamed),
]


def client(**more):
    app = make_app(ROUTES, settings=HttpSettings(most_bytes=1000, timeout=0.2), **more)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")


@pytest.mark.parametrize(
    ("header", "language"),
    [("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("en-GB,zh;q=0.2", "en"), ("fr, zh;q=0.4", "zh"), ("", "en"), ("zh;q=x", "en")],
)
def test_the_language_that_a_reader_likes_best(header, language):
    assert language_of(header) == language


async def test_health_readiness_and_metrics():
    registry = CollectorRegistry()
    Counter("trips", "Trips", registry=registry).inc()
    wrong = []

    async def health():
        return wrong

    async with client(health=health, registry=registry) as caller:
        assert (await caller.get("/healthz")).json() == {"alive": True}
        assert (await caller.get("/readyz")).status_code == 200
        wrong.append("The database does not answer.")
        answer = await caller.get("/readyz")
        assert (answer.status_code, answer.json()["wrong"]) == (503, wrong)
        assert "trips_total 1.0" in (await caller.get("/metrics")).text


async def test_a_body_beyond_the_bound_is_refused_whether_its_length_is_told_or_not():
    async def parts():
        for _ in range(20):
            yield b"x" * 100

    async with client() as caller:
        assert (await caller.post("/read", content=b"x" * 1000)).text == "1000"
        for content in (b"x" * 1001, parts()):
            answer = await caller.post("/read", content=content, headers={"accept-language": "zh"})
            assert answer.status_code == 413
            assert "内容太大" in answer.json()["sentence"]
        assert (await caller.post("/read", headers={"content-length": "-5"})).status_code == 413


async def test_what_takes_too_long_is_given_up_but_a_stream_goes_on():
    async with client() as caller:
        answer = await caller.get("/slow")
        assert (answer.status_code, answer.json()["error"]) == (503, "http_too_slow")
        assert (await caller.get("/streamed")).text == "xxxx"


async def test_every_refusal_is_one_sentence_and_tells_no_secret():
    async with client() as caller:
        for path, status in (("/nowhere", 404), ("/read", 405), ("/broken", 500), ("/down", 503)):
            answer = await caller.get(path)
            assert answer.status_code == status
            assert answer.json()["sentence"].endswith(".")
            assert "secret" not in answer.text
            assert answer.headers["content-security-policy"].startswith("default-src 'none'")
            assert answer.headers["x-frame-options"] == "DENY"


async def test_a_server_listens_until_it_is_stopped_and_says_when_the_port_is_taken():
    server = Server(make_app([]), HttpSettings(port=0))
    await server.start()
    port = int(server.url.rpartition(":")[2])
    async with httpx.AsyncClient() as caller:
        assert (await caller.get(f"{server.url}/healthz")).status_code == 200
        with pytest.raises(BadInput, match="http_cannot_listen"):
            await Server(make_app([]), HttpSettings(port=port)).start()
        await server.stop()
        with pytest.raises(httpx.ConnectError):
            await caller.get(f"{server.url}/healthz")
