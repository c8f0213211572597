"""What we show in Feishu: in place, within its budgets, ever simpler until it is taken, and never twice."""

import json
from dataclasses import replace

import pytest

from bot.domain.card import Attached, Button, Buttons, Card, Code, Markdown
from bot.domain.message import Person, Thread
from bot.errors import CardRefused, ChannelError, TryLater, Undeliverable
from bot.talk.channels import Delivery
from tests.fakes.feishu_rules import buttons
from tests.fakes.feishu_server import clicked, said
from tests.talk.channels.contract.cards import cards

HERE = Thread("feishu", "", "oc_1")
APPROVE = Buttons((Button("Yes", "approve", "ap-1", "dig"),))


def delivery(text="hello", ref="", thread=HERE, **more):
    return Delivery("slot", thread, Card(text, (Markdown(text), APPROVE)), 1, ref, **more)


async def test_the_first_card_opens_the_thread_and_the_next_state_stands_in_its_place(channel, feishu):
    placed = await channel.show(delivery())
    assert placed.thread == replace(HERE, id=placed.ref)
    again = await channel.show(delivery("done", placed.ref, placed.thread))
    assert again == placed
    (message,) = feishu.messages.values()
    assert json.loads(message["content"])["header"]["title"]["content"] == "done"
    reply = await channel.show(replace(delivery(thread=placed.thread), slot="other"))
    assert feishu.messages[reply.ref]["root"] == placed.ref
    assert feishu.messages[reply.ref]["reply_in_thread"] is True


async def test_what_is_said_in_a_thread_that_we_opened_is_heard_there(channel, feishu, ears):
    placed = await channel.show(delivery())
    await feishu.push(said("and now?", named=False, root=placed.ref))
    (value,) = buttons(feishu.messages[placed.ref]["content"])
    await feishu.push(clicked(value, message=placed.ref))
    assert [each.thread for each in await ears.wait(2)] == [placed.thread, placed.thread]


async def test_a_card_that_is_refused_is_shown_more_simply_with_its_buttons(channel, feishu):
    feishu.trouble["/messages"] = [(400, {"code": 230099, "msg": "11310"}, {}) for _ in range(3)]
    placed = await channel.show(delivery())
    assert [(value["a"], value["t"]) for value in buttons(feishu.messages[placed.ref]["content"])] == [
        ("approve", "ap-1")
    ]
    feishu.trouble["/messages"] = [(400, {"code": 230099, "msg": "no"}, {}) for _ in range(9)]
    with pytest.raises(CardRefused):
        await channel.show(delivery(thread=replace(HERE, place="oc_2")))


@pytest.mark.parametrize(
    ("status", "body", "headers", "error"),
    [
        (429, {"code": 99991400, "msg": "busy"}, {"x-ogw-ratelimit-reset": "3"}, TryLater),
        (400, {"code": 230020, "msg": "too often"}, {}, TryLater),
        (400, {"code": 230002, "msg": "bot not in chat"}, {}, Undeliverable),
        (500, {"code": 1, "msg": "inner"}, {}, ChannelError),
    ],
)
async def test_each_error_says_what_to_do(channel, feishu, status, body, headers, error):
    feishu.trouble["/messages"] = [(status, body, headers)]
    with pytest.raises(error) as raised:
        await channel.show(delivery())
    if error is TryLater:
        assert raised.value.after == (3 if headers else 2)
        with pytest.raises(TryLater):
            await channel.show(delivery())
        assert len(feishu.called("/im/v1/messages")) == 1
    elif error is ChannelError:
        assert type(raised.value) is ChannelError


async def test_on_the_way_down_a_busy_platform_is_waited_for(channel, feishu):
    refused = (400, {"code": 230099, "msg": "no"}, {})
    feishu.trouble["/messages"] = [refused, (400, {"code": 230020, "msg": "busy"}, {"x-ogw-ratelimit-reset": "1"})]
    placed = await channel.show(delivery())
    assert [path for path, _ in feishu.calls].count("/im/v1/messages") == 3
    assert buttons(feishu.messages[placed.ref]["content"])


async def test_a_token_that_is_no_longer_taken_is_renewed_at_once(channel, feishu):
    feishu.token = "revoked"
    await channel.show(delivery())
    assert feishu.tokens == 2


async def test_an_answer_that_was_lost_makes_no_second_message(channel, feishu):
    first = await channel.show(delivery())
    again = await channel.show(delivery("again"))
    assert again.ref == first.ref
    assert len(feishu.messages) == 1


async def test_a_message_that_was_withdrawn_is_posted_anew(channel, feishu):
    placed = await channel.show(delivery())
    root = await channel.show(replace(delivery(thread=placed.thread), slot="root"))
    del feishu.messages[root.ref]
    again = await channel.show(replace(delivery("again", root.ref, placed.thread), slot="root"))
    assert again.ref in feishu.messages


async def test_where_there_are_no_threads_it_is_answered_flatly(channel, feishu):
    feishu.trouble["/reply"] = [(400, {"code": 230071, "msg": "no thread"}, {})]
    placed = await channel.show(delivery(thread=replace(HERE, id="om_1")))
    assert "reply_in_thread" not in feishu.messages[placed.ref]


async def test_a_chart_is_a_picture_and_a_long_log_a_file_each_once(channel, feishu):
    log = Code("\n".join(f"line {n}" for n in range(5_000)), "log", "All lines")
    card = Card("x", (*cards("zh")["chart"].blocks, log))
    first = await channel.show(Delivery("slot", HERE, card, 1))
    await channel.show(Delivery("slot", first.thread, card, 2, first.ref))
    (picture,), (attached,) = feishu.called("/im/v1/images"), feishu.called("/im/v1/files")
    assert picture["image"].startswith(b"\x89PNG")
    assert attached["file"].decode() == log.text
    assert [each["root"] for each in feishu.messages.values() if each["msg_type"] == "file"] == [first.ref]
    assert "img_1" in feishu.messages[first.ref]["content"]


async def test_a_report_comes_with_its_table_by_its_name(channel, feishu):
    await channel.show(Delivery("slot", HERE, Card("x", (Attached("capacity.csv", "名称,1\n"),)), 1))
    (attached,) = feishu.called("/im/v1/files")
    assert (attached["file_name"], attached["file"].decode("utf-8-sig")) == ("capacity.csv", "名称,1\n")


async def test_a_whisper_comes_in_private(channel, feishu):
    await channel.whisper(HERE, Person("ou_chen", "陈", "feishu", "tk"), Card("You may not.", (Markdown("because"),)))
    (told,) = feishu.called("/im/v1/messages")
    assert (told["receive_id_type"], told["receive_id"]) == ("open_id", "ou_chen")


async def test_a_chat_hears_no_more_than_feishu_allows(channel, feishu):
    now = channel.client.clock()
    channel.client.clock = lambda: now
    for number in range(4):
        await channel.show(replace(delivery(), slot=f"s{number}"))
    with pytest.raises(TryLater) as busy:
        await channel.show(replace(delivery(), slot="one too many"))
    assert 0 < busy.value.after < 1
