"""Dify fails in the middle of a conversation, in each way it can: one clear card, and the thread goes on."""

import asyncio
import json
import uuid

import pytest

from bot.think import prompts
from tests.fakes.dify_server import FIXTURES, Answer, DifyServer, plain, replay
from tests.journeys.visitor import house_over, texts

SSE = {"content-type": "text/event-stream"}
WHOLE = "chat_plain_turn1"
HALF = (FIXTURES / f"{WHOLE}.sse").read_bytes()[:1500]
WORDS = HALF[: HALF.rindex(b"\n\n") + 2]
FAILED = (FIXTURES / "err_model_mid_stream.sse").read_bytes().strip().split(b"\n\n")[-1] + b"\n\n"
CUT = "broke in the middle of the answer"
KILLS = {
    "dies in the middle": (replay(WHOLE, limit=1500, cut=True), CUT),
    "ends without an end": (replay(WHOLE, limit=1500), CUT),
    "hangs without a ping": (Answer(200, SSE, [(0, HALF), (6, b"")]), CUT),
    "says nothing at all": (Answer(hang=6), "said nothing for"),
    "502 from its proxy": (plain(502, b"<html>Bad Gateway</html>"), "a fault of its own (HTTP 502)"),
    "429": (plain(429, {"code": "too_many_requests", "message": "x"}), "as many questions as it can"),
    "429, come back later": (plain(429, {}, retry_after="120"), "as many questions as it can"),
    "its model failed": (Answer(200, SSE, [(0, WORDS + FAILED)]), "model behind Dify failed"),
}
BEGAN = {"dies in the middle", "ends without an end", "hangs without a ping", "its model failed"}
HIDDEN = ("<html>", "req_id", "Traceback", "127.0.0.1", "app-x")


@pytest.fixture
async def dify(monkeypatch):
    async with DifyServer() as server:
        monkeypatch.setenv("DIFY_URL", server.url)
        monkeypatch.setenv("DIFY_KEY", "app-x")
        monkeypatch.setenv("DIFY_READ_SECONDS", "2")
        yield server


@pytest.fixture
async def lin(tmp_path, dify):
    async with house_over(tmp_path, {"prometheus": "http://127.0.0.1:9"}, brains=("dify",)) as seat:
        yield await seat("asker", "en")


def turns(dify):
    return [each["json"] for each in dify.requests if each["path"].endswith("/chat-messages")]


async def ended(lin, thread, words, number):
    """The answer of this number, when it is whole and says so; and no card beside the answers."""
    for _ in range(600):
        cards = [each["card"] for each in await lin.cards(thread)]
        if len(cards) >= number and not cards[-1]["streaming"] and words in texts(cards[-1]):
            break
        await asyncio.sleep(0.1)
    assert len(cards) == number, [texts(each) for each in cards]
    assert words in texts(cards[-1])
    return cards[-1]


@pytest.mark.parametrize("kill", KILLS)
async def test_one_clear_card_and_the_thread_goes_on(dify, lin, kill):
    answer, words = KILLS[kill]
    dify.on("/chat-messages$", answer)
    thread = await lin.write("how is the shop?")
    card = await ended(lin, thread, words, 1)
    assert not [each for each in HIDDEN if each in texts(card)]
    dify.on("/chat-messages$", replay(WHOLE))
    await lin.write("and now?", thread)
    await ended(lin, thread, "Hello from", 2)
    assert bool(turns(dify)[-1]["conversation_id"]) == (kill in BEGAN), "what had begun is not lost by what broke"


async def test_another_users_conversation_is_thrown_away(dify, lin):
    dify.on("/chat-messages$", replay(WHOLE))
    thread = await lin.write("how is the shop?")
    await ended(lin, thread, "Hello from", 1)
    dify.on("/chat-messages$", replay("agent_tool_call"))
    await lin.write("and the till?", thread)
    await ended(lin, thread, "another conversation than ours", 2)
    dify.on("/chat-messages$", replay("chat_plain_turn2_same_conversation"))
    await lin.write("and now?", thread)
    await ended(lin, thread, "Hello from", 3)
    assert len({each["conversation_id"] for each in turns(dify)[1:]}) == 1


async def test_who_presses_stop_does_not_lose_the_conversation(dify, lin):
    dify.on("/chat-messages$", Answer(200, SSE, [(0, HALF), *[(1, b"event: ping\n\n")] * 90]))
    thread = await lin.write("how is the shop?")
    card = await lin.card(thread, lambda each: "Hello" in texts(each))
    buttons = [button for block in card["blocks"] if block["kind"] == "buttons" for button in block["buttons"]]
    target = next(each["target"] for each in buttons if each["act"] == "stop")
    await lin.post("/web/presses", {"key": uuid.uuid4().hex, "thread": thread, "kind": "stop", "target": target})
    await ended(lin, thread, "topped", 1)
    dify.on("/chat-messages$", replay(WHOLE))
    await lin.write("and now?", thread)
    await ended(lin, thread, "Hello from", 2)
    assert turns(dify)[-1]["conversation_id"]
    assert any(each["path"].endswith("/stop") for each in dify.requests)


def brains(tmp_path):
    """What the ledger has of the calls of brains: outcome and facts of each."""
    lines = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    records = [line.get("record", line) for line in lines]
    return [(each["outcome"], each["facts"]) for each in records if each.get("did") == "brain"]


async def test_every_call_is_in_the_ledger_with_its_prompts_also_one_without_an_answer(dify, lin, tmp_path):
    dify.on("/chat-messages$", plain(502, b"<html>"))
    thread = await lin.write("how is the shop?")
    await ended(lin, thread, "a fault of its own", 1)
    dify.on("/chat-messages$", replay(WHOLE))
    await lin.write("and now?", thread)
    await ended(lin, thread, "Hello from", 2)
    (failed, first), (answered, second) = brains(tmp_path)
    assert "HTTP 502" in failed
    assert answered == "answered"
    assert first["prompts"] == second["prompts"] == prompts.version()
    assert first["asked"] != second["asked"]


async def test_a_thumb_for_what_dify_has_forgotten_is_kept_and_its_giver_is_told(dify, lin, tmp_path):
    dify.on("/chat-messages$", replay(WHOLE))
    thread = await lin.write("how is the shop?")
    card = await ended(lin, thread, "Hello from", 1)
    gone = {"code": "not_found", "message": "Conversation Not Exists.", "status": 404}
    dify.on("/messages$", plain(404, gone))
    async with lin.client.stream("GET", f"/web/stream?thread={thread}") as stream:
        lines = stream.aiter_lines()
        await anext(lines)
        buttons = [button for block in card["blocks"] if block["kind"] == "buttons" for button in block["buttons"]]
        target = next(each["target"] for each in buttons if each["act"] == "up")
        body = {"key": uuid.uuid4().hex, "thread": thread, "kind": "up", "target": target}
        assert (await lin.post("/web/presses", body)).status_code == 202
        async with asyncio.timeout(30):
            async for line in lines:
                if "noted here" in line:
                    break
    assert len(await lin.cards(thread)) == 1, "no apology stands in the thread"
    assert '"rated up"' in (tmp_path / "audit.jsonl").read_text()
