"""What holds for every folder of channels/: a new one is one folder, and one line in WIRES here."""

import pkgutil
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

import bot.talk.channels
from bot.database import Database
from bot.domain.message import Person, Thread
from bot.talk.channels import Delivery, Pace, feishu, slack, web
from bot.talk.pictures import digest
from tests.fakes.feishu_server import FeishuServer
from tests.fakes.slack_server import SlackServer
from tests.talk.channels.contract.cards import CHART, cards
from tests.talk.channels.slack.conftest import Ears


class Unhurried:
    """A budget without bounds: the contract is about what is shown, not how often."""

    def take(self, *_):
        return 0.0


@asynccontextmanager
async def at_slack(database):
    async with SlackServer() as server:
        settings = slack.SlackSettings(bot_token="xoxb-1", app_token="xapp-1", api_url=server.url)
        channel = slack.make(database, settings)
        channel.client._bucket = lambda *_: Unhurried()
        yield channel, lambda: len(server.messages)


@asynccontextmanager
async def at_feishu(database):
    async with FeishuServer() as server:
        settings = feishu.FeishuSettings(app_id="cli_x", app_secret="secret", api_url=server.url)
        channel = feishu.make(database, settings)
        channel.client._wait = lambda _: 0.0
        yield channel, lambda: len([each for each in server.messages.values() if each["msg_type"] == "interactive"])


@asynccontextmanager
async def at_web(database):
    channel = web.make(database, web.WebSettings(), host="127.0.0.1")
    slots = set()
    yield channel, lambda: len(slots | set(channel._places))


WIRES = {"slack": at_slack, "feishu": at_feishu, "web": at_web}


def test_no_channel_is_left_out():
    assert {each.name for each in pkgutil.iter_modules(bot.talk.channels.__path__) if each.ispkg} == set(WIRES)


@pytest.fixture(params=WIRES)
async def wired(request, tmp_path):
    database = Database(f"sqlite:///{tmp_path}/bot.sqlite")
    await database.open()
    async with WIRES[request.param](database) as (channel, count):
        await channel.start(Ears())
        yield request.param, channel, count
        await channel.stop()
    await database.close()


async def test_every_card_is_shown_once_and_updated_in_place(wired):
    name, channel, count = wired
    assert channel.name == name
    assert isinstance(channel.pace, Pace)
    assert await channel.health() == ""
    here = Thread(name, "", "C1", "T1")
    shown = 0
    for language in ("zh", "en"):
        for kind, card in cards(language).items():
            first = await channel.show(Delivery(f"{language}-{kind}", here, card, 1, final=False))
            shown += 1
            assert first.thread.id
            assert (first.thread.channel, first.thread.place) == (name, "C1")
            again = await channel.show(Delivery(f"{language}-{kind}", first.thread, card, 2, first.ref))
            assert (again.ref, again.thread.id) == (first.ref, first.thread.id)
            assert count() == shown, kind


async def test_a_whisper_never_raises_and_stopping_twice_is_harmless(wired):
    name, channel, _ = wired
    person = Person("U2" if name == "slack" else "ou_chen", "chen", name, "T1")
    await channel.whisper(replace(Thread(name, "", "C1", "T1"), id="@ours"), person, cards("zh")["attack"])
    await channel.stop()


def test_a_chart_is_the_same_picture_only_if_nothing_differs():
    assert digest(CHART) == digest(replace(CHART))
    assert digest(CHART) != digest(replace(CHART, unit="m"))
