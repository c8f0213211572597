"""What we show in Slack: in place, within the tiers, ever simpler until it is taken, and never twice."""

import time
from dataclasses import replace

import pytest

from bot.domain.card import Attached, Button, Buttons, Card, Code, Grid, Markdown
from bot.domain.message import Person, Thread
from bot.errors import CardRefused, ChannelError, TryLater, Undeliverable
from bot.talk.channels import Delivery
from tests.fakes.slack_server import buttons, clicked, said
from tests.talk.channels.contract.cards import cards

HERE = Thread("slack", "", "C1", "T1")
POST = "chat.postMessage"
APPROVE = Buttons((Button("Yes", "approve", "ap-1", "dig"),))


def delivery(text="hello", ref="", thread=HERE, **more):
    return Delivery("slot", thread, Card(text, (Markdown(text), APPROVE)), 1, ref, **more)


async def test_the_first_card_opens_the_thread_and_the_next_state_stands_in_its_place(channel, slack):
    placed = await channel.show(delivery())
    assert placed.thread.id
    assert placed.ref == f"C1:{placed.thread.id}"
    again = await channel.show(delivery("done", placed.ref, placed.thread))
    assert again.ref == placed.ref
    (message,) = slack.messages.values()
    assert message["text"] == "done"
    assert message["metadata"]["event_payload"]["slot"] == "slot"
    reply = await channel.show(replace(delivery(thread=placed.thread), slot="other"))
    assert slack.messages["C1", reply.ref[3:]]["thread_ts"] == placed.thread.id


async def test_what_is_said_in_a_thread_that_we_opened_is_heard_there(channel, slack, ears):
    placed = await channel.show(delivery(thread=Thread("slack", "", "C1")))
    told = said("and now?", kind="message", channel_type="channel", thread_ts=placed.thread.id)
    await slack.push("events_api", told)
    message = slack.messages["C1", placed.ref[3:]]
    await slack.push("interactive", clicked(message, buttons(message)[0]))
    assert [each.thread for each in await ears.wait(2)] == [placed.thread, placed.thread]


async def test_a_card_that_is_refused_is_shown_more_simply_with_its_buttons(channel, slack):
    slack.trouble[POST] = [(200, {"ok": False, "error": "invalid_blocks", "errors": ["no"]}, {}) for _ in range(2)]
    placed = await channel.show(delivery("hello"))
    message = slack.messages["C1", placed.ref[3:]]
    assert [each["value"] for each in buttons(message)] == ['{"a":"approve","t":"ap-1","d":"dig"}']
    assert len(slack.called(POST)) == 3


async def test_what_no_form_helps_is_refused(channel, slack):
    slack.trouble[POST] = [(200, {"ok": False, "error": "invalid_blocks"}, {}) for _ in range(20)]
    with pytest.raises(CardRefused):
        await channel.show(delivery())


@pytest.mark.parametrize(
    ("status", "body", "headers", "error"),
    [
        (429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "7"}, TryLater),
        (200, {"ok": False, "error": "channel_not_found"}, {}, Undeliverable),
        (200, {"ok": False, "error": "token_revoked"}, {}, ChannelError),
        (503, {"ok": False, "error": "service_unavailable"}, {}, ChannelError),
    ],
)
async def test_each_error_says_what_to_do(channel, slack, status, body, headers, error):
    slack.trouble[POST] = [(status, body, headers)]
    with pytest.raises(error) as raised:
        await channel.show(delivery())
    if error is TryLater:
        assert raised.value.after == 7
        with pytest.raises(TryLater):
            await channel.show(delivery())
        assert len(slack.called(POST)) == 1
    elif error is ChannelError:
        assert type(raised.value) not in {TryLater, CardRefused, Undeliverable}


async def test_an_answer_that_was_lost_makes_no_second_message(channel, slack):
    slack.trouble[POST] = [(503, {"ok": False, "error": "fatal"}, {})]
    with pytest.raises(ChannelError):
        await channel.show(delivery())
    slack._chat_postMessage(slack.called(POST)[0])
    placed = await channel.show(delivery("again"))
    assert len(slack.messages) == 1
    assert slack.messages["C1", placed.ref[3:]]["text"] == "again"


async def test_what_a_process_that_ended_has_posted_is_found_and_not_posted_twice(channel, slack):
    placed = await channel.show(delivery("before the end"))
    again = await channel.show(replace(delivery("after"), doubted=True))
    assert again.ref == placed.ref
    assert len(slack.messages) == 1
    assert slack.messages["C1", placed.ref[3:]]["text"] == "after"


async def test_what_no_process_has_posted_is_posted(channel, slack):
    await channel.show(replace(delivery("first"), slot="another"))
    await channel.show(replace(delivery("new"), doubted=True))
    assert len(slack.messages) == 2


async def test_a_message_that_was_deleted_is_posted_anew(channel, slack):
    placed = await channel.show(delivery())
    slack.messages.clear()
    again = await channel.show(delivery("again", placed.ref, placed.thread))
    assert again.ref != placed.ref
    assert again.thread == placed.thread


async def test_updates_keep_within_the_tier_and_leave_room_for_what_counts(channel, slack):
    placed = await channel.show(delivery())
    more = delivery("more", placed.ref, placed.thread, final=False)
    for _ in range(3):
        await channel.show(more)
    with pytest.raises(TryLater):
        await channel.show(more)
    await channel.show(delivery("done", placed.ref, placed.thread))


async def test_a_chart_is_a_picture_and_a_long_log_a_file_each_once(channel, slack):
    log = Code("\n".join(f"line {n}" for n in range(5_000)), "log", "All lines")
    card = Card("x", (*cards("zh")["chart"].blocks, log, Grid(("a",), (("b",),))))
    first = await channel.show(Delivery("slot", HERE, card, 1))
    await channel.show(Delivery("slot", first.thread, card, 2, first.ref))
    picture, attached = slack.files
    assert picture["content"].startswith(b"\x89PNG")
    assert attached["content"].decode() == log.text
    assert attached["done"]["thread_ts"] == first.thread.id
    assert any(block.get("slack_file") for block in slack.messages["C1", first.ref[3:]]["blocks"])


async def test_a_report_comes_with_its_table_by_its_name(channel, slack):
    await channel.show(Delivery("slot", HERE, Card("x", (Attached("capacity.csv", "名称,1\n"),)), 1))
    (attached,) = slack.files
    assert (attached["filename"], attached["content"].decode("utf-8-sig")) == ("capacity.csv", "名称,1\n")


async def test_a_whisper_is_for_one_person_and_comes_in_private_where_it_must(channel, slack):
    chen = Person("U2", "chen", "slack", "T1")
    await channel.whisper(replace(HERE, id="5.1"), chen, Card("You may not.", (Markdown("because"),)))
    assert (slack.whispers[0]["user"], slack.whispers[0]["thread_ts"]) == ("U2", "5.1")
    slack.trouble["chat.postEphemeral"] = [(200, {"ok": False, "error": "user_not_in_channel"}, {})]
    await channel.whisper(HERE, chen, Card("You may not."))
    assert [told["channel"] for told in slack.called(POST)] == ["U2"]


async def test_the_channel_is_on_duty_quickly(channel):
    began = time.monotonic()
    assert await channel.health() == ""
    assert time.monotonic() - began < 1
