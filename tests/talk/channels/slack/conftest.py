"""A Slack channel, over sockets to a Slack of our own."""

import asyncio
import time

import pytest

from bot.database import Database
from bot.talk.channels.slack import SlackSettings, make
from tests.fakes.slack_server import SECRET, SlackServer


class Ears:
    """Keeps what it hears, each key once."""

    def __init__(self):
        self.heard = []
        self.pause = 0.0
        self.trouble = []

    async def hear(self, event):
        await asyncio.sleep(self.pause)
        if self.trouble:
            raise self.trouble.pop(0)
        new = event.key not in {each.key for each in self.heard}
        if new:
            self.heard.append(event)
        return new

    async def wait(self, count=1):
        until = time.monotonic() + 5
        while len(self.heard) < count and time.monotonic() < until:
            await asyncio.sleep(0.01)
        return self.heard


@pytest.fixture
async def slack():
    async with SlackServer() as server:
        yield server
        assert server.late == []


@pytest.fixture
async def database(tmp_path):
    made = Database(f"sqlite:///{tmp_path}/bot.sqlite")
    await made.open()
    yield made
    await made.close()


@pytest.fixture
def settings(slack):
    return SlackSettings(
        bot_token="xoxb-1", app_token="xapp-1", signing_secret=SECRET, api_url=slack.url, roles={"S1": "approver"}
    )


@pytest.fixture
def ears():
    return Ears()


@pytest.fixture
async def channel(database, settings, ears, slack):
    made = make(database, settings)
    await made.start(ears)
    yield made
    await made.stop()
