"""The bot ends in the middle of an answer that Dify works on: after the start the answer comes, once and whole."""

import asyncio
import json
import os
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.fakes.dify_server import FIXTURES, Answer, DifyServer, plain, replay
from tests.journeys.visitor import Visitor, texts

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).parent / "house_process.py"
SSE = {"content-type": "text/event-stream"}
BEGUN = (FIXTURES / "chatflow_client_disconnect.sse").read_bytes()
REST = "chatflow_resume_after_disconnect"
EVENTS = r"/workflow/[^/]+/events$"
WHOLE = json.loads((FIXTURES / f"{REST}.sse").read_text().split("data: ")[-1])["data"]["outputs"]["answer"]
pytestmark = pytest.mark.timeout(180)


@pytest.fixture
async def dify():
    async with DifyServer() as server:
        server.on("/chat-messages$", Answer(200, SSE, [(0, BEGUN), *[(1, b"event: ping\n\n")] * 120]))
        server.on(EVENTS, replay(REST))
        server.on(r"/stop$", plain(200, {"result": "success"}))
        yield server


@asynccontextmanager
async def on_duty(folder, dify):
    """A process, and Lin at its page."""
    given = {"DIFY_URL": dify.url, "DIFY_KEY": "app-x", "DIFY_READ_SECONDS": "5", "PYTHONPATH": str(ROOT)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, PROGRAM, folder, env=os.environ | given, stdout=asyncio.subprocess.PIPE
    )
    try:
        url = (await asyncio.wait_for(process.stdout.readline(), 90)).decode().strip()
        while not url.startswith("http"):
            url = (await asyncio.wait_for(process.stdout.readline(), 90)).decode().strip()
        async with httpx.AsyncClient(base_url=url, timeout=20) as client:
            yield process, await Visitor(client).sit("asker", "en")
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def asked(dify, path):
    return [each for each in dify.requests if path in each["path"]]


async def end_in_the_middle(folder, dify, how):
    """The thread whose answer was under way."""
    async with on_duty(folder, dify) as (process, lin):
        thread = await lin.write("please do this slowly")
        await lin.card(thread, lambda card: "word12" in texts(card) and card["streaming"])
        getattr(process, how)()
        await asyncio.wait_for(process.communicate(), 60)
    return thread


@pytest.mark.parametrize("how", ["kill", pytest.param("terminate", marks=pytest.mark.slow)])
async def test_the_answer_comes_once_and_whole(tmp_path, dify, how):
    thread = await end_in_the_middle(tmp_path, dify, how)
    async with on_duty(tmp_path, dify) as (_, lin):
        card = await lin.card(thread, lambda each: WHOLE in texts(each) and not each["streaming"])
        assert texts(card).count(WHOLE) <= 2, "in the text, and in the summary"
        assert len(await lin.cards(thread)) == 1
    assert len(asked(dify, "/chat-messages")) - len(asked(dify, "/stop")) == 1
    assert not asked(dify, "/stop"), "Dify was to work on"
    assert len({each["path"] for each in asked(dify, "/events")}) == 1


@pytest.mark.slow
async def test_a_run_that_ended_meanwhile_is_told_whole(tmp_path, dify):
    gone = plain(404, {"code": "not_found", "message": "Workflow run not found", "status": 404})
    over = {"id": "r", "status": "succeeded", "outputs": {"answer": "All is well."}, "error": None}
    thread = await end_in_the_middle(tmp_path, dify, "kill")
    dify.on(EVENTS, gone).on(r"/workflows/run/", plain(200, over))
    async with on_duty(tmp_path, dify) as (_, lin):
        await lin.card(thread, lambda each: "All is well." in texts(each) and not each["streaming"])
        assert len(await lin.cards(thread)) == 1
    assert len(asked(dify, "/chat-messages")) == 1


@pytest.mark.slow
async def test_a_run_that_is_lost_is_told_and_the_thread_goes_on(tmp_path, dify):
    gone = plain(404, {"code": "not_found", "message": "Workflow run not found", "status": 404})
    thread = await end_in_the_middle(tmp_path, dify, "kill")
    dify.on(EVENTS, gone).on(r"/workflows/run/", gone)
    async with on_duty(tmp_path, dify) as (_, lin):
        lost = "was restarted while Dify worked on this answer"
        await lin.card(thread, lambda each: lost in texts(each) and not each["streaming"])
        dify.on("/chat-messages$", replay(REST))
        await lin.write("and now?", thread)
        await lin.card(thread, lambda each: WHOLE in texts(each) and not each["streaming"])
    assert len(asked(dify, "/events")) == 1
