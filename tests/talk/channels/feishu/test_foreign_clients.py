"""Our Feishu speaks the true protocol: Feishu's own clients, in Python and in Node, hear and are heard by it."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.talk.channels.feishu.cards import render
from tests.fakes.feishu_server import FeishuServer, clicked, said
from tests.talk.channels.contract.cards import cards

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]
HERE = Path(__file__).parent
PACKAGE = "@larksuiteoapi/node-sdk@1.74.0"
CACHE = Path.home() / ".cache" / "dutybot" / "node-lark-1.74.0"


@pytest.fixture(scope="module")
def node():
    """The official Node client, installed once by npm, as the servers of other tests are."""
    if not shutil.which("npm") or not shutil.which("node"):
        pytest.skip("no npm: Feishu's Node client cannot be installed")
    if not (CACHE / "done").exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        (CACHE / "package.json").write_text('{"private": true}')
        command = ["npm", "install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", PACKAGE]
        subprocess.run(command, cwd=CACHE, check=True, capture_output=True, timeout=500)
        (CACHE / "done").touch()
    return CACHE


@asynccontextmanager
async def talking(*command):
    """The client at work, and a function that waits for what it says next."""
    card = render(cards("zh")["all"], root="om_1")
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, env={**os.environ, "CARD": card}
    )

    async def next_word():
        while not (line := await asyncio.wait_for(process.stdout.readline(), 300)).startswith(b"{"):
            assert line, "the client has ended"
        return json.loads(line)

    try:
        yield next_word
    finally:
        process.kill()
        await process.wait()


async def held(command, toast):
    async with FeishuServer() as server, talking(*command, server.url) as next_word:
        await spoken(server, next_word, toast)


async def spoken(server, next_word, toast):
    assert await next_word() == {"sent": "om_100"}
    assert json.loads(server.messages["om_100"]["content"])["schema"] == "2.0"
    assert await next_word() == {"started": True}
    code, _ = await server.push(said("为什么慢？"), split=3, timeout=60)
    assert code == 200
    assert (await next_word())["heard"].endswith("为什么慢？")
    value = {"a": "approve", "t": "ap-1", "d": "dig", "r": "om_1"}
    code, told = await server.push(clicked(value), timeout=60)
    assert (code, told["toast"]["content"]) == (200, toast)
    assert await next_word() == {"clicked": value}


async def test_the_python_client():
    await held((sys.executable, str(HERE / "foreign.py")), "from python")


async def test_the_node_client(node):
    async with (
        FeishuServer() as server,
        talking("node", str(HERE / "foreign.mjs"), server.url, str(node)) as next_word,
    ):
        await spoken(server, next_word, "from node")
