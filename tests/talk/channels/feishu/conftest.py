"""A Feishu channel, over sockets to a Feishu of our own."""

import pytest

from bot.database import Database
from bot.talk.channels.feishu import FeishuSettings, make
from tests.fakes.feishu_server import KEY, TOKEN, FeishuServer
from tests.talk.channels.slack.conftest import Ears


@pytest.fixture
async def feishu():
    async with FeishuServer() as server:
        yield server


@pytest.fixture
async def database(tmp_path):
    made = Database(f"sqlite:///{tmp_path}/bot.sqlite")
    await made.open()
    yield made
    await made.close()


@pytest.fixture
def settings(feishu):
    return FeishuSettings(
        app_id="cli_x",
        app_secret="secret",
        api_url=feishu.url,
        encrypt_key=KEY,
        verification_token=TOKEN,
        roles={"od-sre": "approver"},
    )


@pytest.fixture
def ears():
    return Ears()


@pytest.fixture
async def channel(database, settings, ears, feishu):
    made = make(database, settings)
    await made.start(ears)
    yield made
    await made.stop()


@pytest.fixture
async def hooked(database, settings, ears, feishu):
    made = make(database, settings.model_copy(update={"mode": "webhook"}))
    await made.start(ears)
    yield made
    await made.stop()
