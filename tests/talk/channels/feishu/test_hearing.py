"""What people write and click in Feishu, by the long connection and by the webhook."""

import asyncio
import json
import time

import httpx
import pytest
from starlette.applications import Starlette

from bot.database import Database
from bot.domain.message import Attachment, Decision, Press, PressKind, Thread
from bot.errors import BadInput, ChannelError, StoreDown
from bot.talk.channels.feishu import FeishuSettings, make
from tests.fakes.feishu_server import clicked, said, sealed

VALUE = {"a": "approve", "t": "ap-1", "d": "dig", "r": "om_root"}


async def test_a_mention_is_a_message_in_its_thread_with_who_said_it(channel, feishu, ears):
    code, _ = await feishu.push(said("/restart order-service", message="om_1"), split=3)
    assert code == 200
    (message,) = await ears.wait()
    assert message.text == "/restart order-service"
    assert message.thread == Thread("feishu", "om_1", "oc_1")
    assert (message.sender.key, message.sender.name) == ("feishu:tk:ou_lin", "林")
    assert (message.sender.email, message.sender.language) == ("lin@example.com", "zh")


async def test_said_once_is_heard_once_though_it_is_sent_again_under_another_name(channel, feishu, ears):
    for _ in range(3):
        await feishu.push(said("hi", message="om_1"))
    assert len(await ears.wait()) == 1


async def test_who_is_named_and_where(channel, feishu, ears):
    await feishu.push(said("nobody asked us", named=False))
    await feishu.push(said("top cpu", named=False, chat_type="p2p", chat="oc_p"))
    await feishu.push(said("hi", message="om_1"))
    await feishu.push(said("and now?", named=False, root="om_1"))
    await feishu.push(said("in another thread", named=False, root="om_9"))
    other = [{"key": "@_user_1", "id": {"open_id": "ou_chen"}, "name": "陈"}]
    await feishu.push(said("@_user_1 look", named=False, root="om_1", mentions=other))
    heard = await ears.wait(3)
    assert [(each.text, each.alone) for each in heard] == [("top cpu", True), ("hi", False), ("and now?", False)]


async def test_rich_text_is_read_and_what_is_old_or_no_text_is_not(channel, feishu, ears):
    line = [{"tag": "at", "user_id": "@_user_1"}, {"tag": "text", "text": " why slow?"}]
    rich = json.dumps({"title": "", "content": [line]})
    await feishu.push(said("", message_type="post", content=rich))
    await feishu.push(said("old", create_time=str(int((time.time() - 7200) * 1000))))
    await feishu.push(said("", message_type="sticker", content="{}"))
    assert [each.text for each in await ears.wait()] == ["why slow?"]


async def test_a_click_is_a_decision_and_is_answered_with_a_toast(channel, feishu, ears):
    body = clicked(VALUE)
    for _ in range(2):
        code, told = await feishu.push(body)
        assert (code, told["toast"]["content"]) == (200, "已收到。")
    (decision,) = await ears.wait()
    assert isinstance(decision, Decision)
    assert (decision.approval_id, decision.digest, decision.granted) == ("ap-1", "dig", True)
    assert decision.thread == Thread("feishu", "om_root", "oc_1")
    assert decision.person.roles == {"approver"}


async def test_a_reason_and_typed_words_come_from_the_form(channel, feishu, ears):
    _, told = await feishu.push(clicked(VALUE | {"y": "payments"}, typed_0="payment"))
    assert told["toast"]["type"] == "error"
    await feishu.push(clicked(VALUE | {"y": "payments"}, typed_0="payments"))
    await feishu.push(clicked(VALUE | {"a": "reject"}, reason_0="not now", typed_0=""))
    granted, rejected = await ears.wait(2)
    assert (granted.granted, granted.typed) == (True, "payments")
    assert (rejected.granted, rejected.reason) == (False, "not now")


async def test_other_buttons_and_other_events_are_answered_too(channel, feishu, ears):
    await feishu.push(clicked({"a": "stop", "t": "a-1", "d": "", "r": "om_1"}))
    assert await feishu.push(clicked("a text of another app")) == (200, {})
    read = said("x")
    read["header"]["event_type"] = "im.message.message_read_v1"
    assert (await feishu.push(read))[0] == 200
    (press,) = await ears.wait()
    assert isinstance(press, Press)
    assert (press.kind, press.target) == (PressKind.STOP, "a-1")


async def test_what_could_not_be_kept_is_sent_again(channel, feishu, ears):
    ears.trouble = [StoreDown()]
    assert (await feishu.push(said("hi", message="om_1")))[0] == 500
    assert (await feishu.push(said("hi", message="om_1")))[0] == 200
    assert len(ears.heard) == 1


async def test_a_slow_address_book_holds_up_nobody(channel, feishu, ears):
    feishu.slow["/contact"] = 10
    told = await asyncio.gather(*(feishu.push(said("hi", message=f"om_{n}")) for n in range(10)))
    assert {code for code, _ in told} == {200}
    assert ears.heard[0].sender.roles == frozenset()


async def test_the_line_breaks_and_is_taken_up(channel, feishu, ears):
    await feishu.drop()
    assert (await feishu.push(said("still there?"), timeout=5))[0] == 200
    assert feishu.opened == 2
    assert feishu.pings >= 1
    assert await channel.health() == ""


@pytest.fixture
async def door(hooked):
    app = Starlette(routes=hooked.routes())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot") as client:
        yield client


async def test_the_webhook_hears_as_well(ears, door):
    raw, headers = sealed(said("hi"))
    assert (await door.post("/feishu/events", content=raw, headers=headers)).status_code == 200
    raw, headers = sealed(clicked(VALUE))
    assert (await door.post("/feishu/events", content=raw, headers=headers)).json()["toast"]["type"] == "info"
    assert [type(each).__name__ for each in ears.heard] == ["Message", "Decision"]
    raw, _ = sealed({"type": "url_verification", "challenge": "abc", "token": "a-verification-token"})
    assert (await door.post("/feishu/events", content=raw)).json() == {"challenge": "abc"}


@pytest.mark.parametrize("change", ["key", "age", "body", "token", "plain", "none", "stamp", "again"])
async def test_what_is_not_from_feishu_now_is_not_heard(ears, door, change):
    told = said("hi")
    if change == "token":
        told["header"]["token"] = "another"
    at = time.time() - 900 if change == "age" else None
    raw, headers = sealed(told, "another key" if change == "key" else "an-encrypt-key", at, "n-1")
    match change:
        case "body":
            raw = raw.replace('{"encrypt"', '{"x": 1, "encrypt"')
        case "plain":
            raw = json.dumps(told)
        case "none":
            del headers["X-Lark-Signature"]
        case "stamp":
            headers["X-Lark-Request-Timestamp"] = "²"
        case "again":
            assert (await door.post("/feishu/events", content=raw, headers=headers)).status_code == 200
            ears.heard.clear()
    encoded = {name: value.encode() for name, value in headers.items()}
    assert (await door.post("/feishu/events", content=raw, headers=encoded)).status_code == 401
    assert ears.heard == []


async def test_what_the_webhook_could_not_keep_may_come_again(ears, hooked, door):
    hooked.listeners.ears = None
    raw, headers = sealed(said("hi"))
    assert (await door.post("/feishu/events", content=raw, headers=headers)).status_code == 503
    hooked.listeners.ears = ears
    assert (await door.post("/feishu/events", content=raw, headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({}, "feishu_needs_app"),
        ({"app_id": "cli", "app_secret": "s", "mode": "webhook"}, "feishu_needs_keys"),
        ({"app_id": "cli", "app_secret": "s", "mode": "webhook", "encrypt_key": "k"}, "feishu_needs_keys"),
    ],
)
async def test_a_feishu_that_cannot_work_or_be_believed_is_said_at_once(given, key):
    with pytest.raises(BadInput) as error:
        make(Database("sqlite://"), FeishuSettings(**given))
    assert error.value.key == key


async def test_an_app_that_is_not_known_is_told_with_its_mend(database, settings, feishu):
    feishu.trouble["/bot/v3/info"] = [(200, {"code": 10014, "msg": "app secret invalid"}, {})]
    channel = make(database, settings)
    assert "FEISHU_APP_SECRET" in await channel.health()
    assert await channel.health() == ""
    await channel.stop()


async def test_what_is_attached_is_read_and_had(channel, feishu, ears):
    content = json.dumps({"file_key": "file_v2-1", "file_name": "app.log"})
    await feishu.push(said("", message="om_5", chat_type="p2p", message_type="file", content=content))
    picture = json.dumps({"image_key": "img_v2-1"})
    await feishu.push(said("", message="om_6", chat_type="p2p", message_type="image", content=picture))
    log, shot = [message.attachments[0] for message in await ears.wait(2)]
    assert log == Attachment("app.log", log.media_type, "/im/v1/messages/om_5/resources/file_v2-1?type=file")
    assert (shot.name, shot.media_type, shot.url[-10:]) == ("picture.png", "image/png", "type=image")
    assert await channel.fetch(log) == b"ERROR no memory"
    with pytest.raises(ChannelError) as told:
        await channel.fetch(Attachment("old.log", "", "/im/v1/messages/om_5/resources/gone?type=file"))
    assert told.value.key == "file_not_had"


async def test_a_key_that_is_no_key_is_not_fetched(channel, feishu, ears):
    content = json.dumps({"file_key": "../../auth", "file_name": "x"})
    await feishu.push(said("", message="om_7", chat_type="p2p", message_type="file", content=content))
    await feishu.push(said("after", message="om_8", chat_type="p2p"))
    assert all(not message.attachments for message in await ears.wait())
