"""Files to Dify and pictures back: what the app takes, masked where it can be read, and from Dify's address alone."""

import json

import pytest

from bot.database import Database
from bot.database.files import Files
from bot.domain.message import Attachment
from bot.domain.plan import Plan
from bot.errors import ChannelError
from bot.think.brains import dify
from bot.think.dify.settings import DifySettings
from bot.think.means import Means
from tests.fakes.dify_server import FIXTURES, Answer, DifyServer, plain, replay
from tests.think.brains.briefings import briefing

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 50
SHOT = Attachment("shot.png", "image/png", "u1")
LOG = Attachment("app.log", "text/plain", "u2")
KINDS = {"file_upload": {"enabled": True, "allowed_file_types": ["image", "document"], "number_limits": 2}}


async def fetch(attachment, thread):
    contents = {"u1": PNG, "u2": b"password=hunter2secret\nERROR no memory"}
    if attachment.url not in contents:
        raise ChannelError("file_not_had", name=attachment.name, why="it is no longer kept")
    return contents[attachment.url]


@pytest.fixture
async def server():
    async with DifyServer() as server:
        server.on("/parameters$", replay("get_parameters_mod"))
        server.on("/files/upload$", replay("file_upload_png"))
        server.on("/chat-messages$", replay("chat_with_image_file"))
        yield server


@pytest.fixture
async def database(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/bot.sqlite")
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def brain(server, database):
    means = Means(None, database=database, fetch=fetch)
    brain = dify.make(means, DifySettings(url=server.url, key="app-x", read_seconds=5))
    yield brain
    await brain.close()


async def think(brain, *attachments, language="en"):
    case = briefing("see image", attachments=attachments, language=language)
    return [thought async for thought in brain.think(case)]


def asked(server, path):
    return [each for each in server.requests if each["path"].endswith(path)]


async def test_a_picture_is_sent_as_a_real_dify_was_asked(server, brain):
    thoughts = await think(brain, SHOT)
    (upload,) = asked(server, "/files/upload")
    assert PNG in upload["json"]
    assert b'name="user"\r\n\r\nslack:T1:C1:171.5' in upload["json"]
    (turn,) = asked(server, "/chat-messages")
    captured = json.loads((FIXTURES / "chat_with_image_file.meta.json").read_text())["request"]["json"]
    assert turn["json"]["files"] == captured["files"]
    assert thoughts[-1].says


async def test_what_can_be_read_is_masked_first(server, brain):
    server.on("/parameters$", plain(200, KINDS))
    await think(brain, LOG)
    (upload,) = asked(server, "/files/upload")
    assert b"no memory" in upload["json"]
    assert b"hunter2" not in upload["json"]
    assert b'filename="app.log.txt"' in upload["json"]


@pytest.mark.parametrize(
    ("files", "parameters", "words"),
    [
        ((LOG,), replay("get_parameters_mod"), "takes no such file, so app.log was not sent"),
        ((SHOT,), replay("get_parameters"), "takes no such file, so shot.png was not sent"),
        ((Attachment("old.png", "image/png", "u9"),), replay("get_parameters_mod"), "old.png could not be fetched"),
        ((SHOT,), plain(502, b"<html>bad gateway"), "Dify"),
    ],
)
async def test_a_file_that_is_not_sent_is_told_and_the_question_is_asked(server, brain, files, parameters, words):
    server.on("/parameters$", parameters)
    thoughts = await think(brain, *files)
    told = next(each for each in thoughts if getattr(each, "state", "") == "failed")
    assert words in told.detail
    (turn,) = asked(server, "/chat-messages")
    assert "files" not in turn["json"]
    assert isinstance(thoughts[-1], Plan)


async def test_what_dify_refuses_is_told(server, brain):
    server.on("/files/upload$", plain(413, {"code": "file_too_large", "message": "", "status": 413}))
    thoughts = await think(brain, SHOT)
    told = next(each for each in thoughts if getattr(each, "state", "") == "failed")
    assert "too large" in told.detail
    assert thoughts[-1].says


def drawn(*urls, kind="image"):
    base = {"conversation_id": "c", "message_id": "m", "task_id": "t"}
    events = [
        {"event": "message_file", "id": f"f{n}", "type": kind, "belongs_to": "assistant", "url": url, **base}
        for n, url in enumerate(urls)
    ]
    events += [{"event": "message", "answer": "Here:", **base}, {"event": "message_end", "metadata": {}, **base}]
    return Answer(pieces=[(0, b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in events))])


async def test_a_picture_that_dify_drew_is_kept_for_the_channels(server, brain, database):
    server.on("/files/tools/a.png$", plain(200, PNG, "image/png"))
    server.on("/chat-messages$", drawn("/files/tools/a.png?sign=x"))
    plan = (await think(brain))[-1]
    assert (plan.says, plan.sources) == ("Here:", ())
    assert await Files(database).picture(plan.pictures[0]) == (PNG, "image/png")
    (had,) = asked(server, "/a.png")
    assert "authorization" not in had["headers"]
    assert had["query"] == "sign=x"


async def test_pictures_come_from_dify_alone_and_are_pictures(server, brain):
    server.on("/files/tools/b.png$", plain(200, b"<html>", "text/html"))
    server.on("/files/tools/c.png$", plain(200, b"0" * 10_000_001, "image/png"))
    urls = ["http://169.254.169.254/latest", "/files/tools/b.png", "/files/../v1/messages", "/files/tools/c.png"]
    server.on("/chat-messages$", drawn(*urls))
    plan = (await think(brain))[-1]
    assert plan.pictures == ()
    assert plan.sources == ("files that are not shown here: 4; open them in Dify",)
    assert not [each for each in server.requests if "latest" in each["path"] or each["path"].endswith("/messages")]


async def test_what_is_no_picture_is_told(server, brain):
    server.on("/chat-messages$", drawn("/files/tools/report.pdf", "/files/tools/report.csv", kind="document"))
    plan = (await think(brain))[-1]
    assert plan.sources == ("files that are not shown here: 2; open them in Dify",)
    assert not asked(server, "/report.pdf")
