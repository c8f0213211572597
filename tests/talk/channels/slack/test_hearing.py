"""What people write and click in Slack, over Socket Mode and over signed HTTP, through the real Bolt."""

import asyncio
import json
import time

import httpx
import pytest
from starlette.applications import Starlette

from bot.database import Database
from bot.domain.card import Ask, Button, Buttons, Card
from bot.domain.message import Attachment, Decision, Message, Press, PressKind, Thread
from bot.errors import BadInput, ChannelError, StoreDown
from bot.talk.channels import Delivery
from bot.talk.channels.slack import SlackSettings, make
from bot.talk.channels.slack.scopes import SCOPES
from tests.fakes.slack_server import buttons, clicked, command, said, signed, submitted

HERE = Thread("slack", "5.1", "C1", "T1")


def asking(*made):
    return Card("May I?", (Buttons(made),))


async def stood(channel, slack, *made):
    placed = await channel.show(Delivery("s", HERE, asking(*made), 1))
    return slack.messages["C1", placed.ref.partition(":")[2]]


async def test_a_mention_is_a_message_in_its_thread_with_who_said_it(channel, slack, ears):
    took, _ = await slack.push("events_api", said("<@UBOT> why is <http://shop.io|shop.io> slow &amp; red?", ts="5.1"))
    assert took < 3
    (message,) = await ears.wait()
    assert message.text == "why is shop.io slow & red?"
    assert message.thread == HERE
    assert (message.sender.key, message.sender.name, message.sender.language) == ("slack:T1:U1", "lin", "zh")
    assert (message.sender.zone, message.sender.email) == ("Asia/Shanghai", "lin@example.com")


async def test_said_once_is_heard_once(channel, slack, ears):
    told = said("<@UBOT> hi", ts="5.1")
    await slack.push("events_api", told)
    await slack.push("events_api", told, retry=1)
    await slack.push("events_api", said("<@UBOT> hi", ts="5.1", kind="message", channel_type="channel"))
    assert len(await ears.wait()) == 1


async def test_in_our_threads_we_need_not_be_named(channel, slack, ears):
    def follow(text, **more):
        return said(text, kind="message", channel_type="channel", **more)

    await slack.push("events_api", follow("not for us", ts="4.2", thread_ts="4.1"))
    await slack.push("events_api", said("<@UBOT> hi", ts="5.1"))
    await slack.push("events_api", follow("and now?", ts="5.2", thread_ts="5.1"))
    await slack.push("events_api", follow("<@U2> look at this", ts="5.3", thread_ts="5.1"))
    await slack.push("events_api", follow("in the channel", ts="5.4"))
    assert [each.text for each in await ears.wait(2)] == ["hi", "and now?"]


async def test_a_direct_message_and_a_slash_command(channel, slack, ears):
    await slack.push("events_api", said("top cpu", kind="message", channel="D1", channel_type="im"))
    _, told = await slack.push("slash_commands", command("/restart", "order-service"))
    await slack.push("slash_commands", command("/aiops", "why is checkout slow?"))
    await slack.push("slash_commands", command("/aiops", ""))
    heard = await ears.wait(4)
    assert [each.text for each in heard] == ["top cpu", "/restart order-service", "why is checkout slow?", "/help"]
    assert told == {"response_type": "in_channel"}
    assert heard[1].thread.id.startswith("@command-")
    assert [each.alone for each in heard] == [True, False, False, False], "who reads along is not known of a command"


async def test_what_nobody_listens_to_is_acknowledged(channel, slack, ears):
    somebody = {"team": {"id": "T1"}, "user": {"id": "U1"}}
    for kind, payload in (
        ("events_api", said("x", kind="reaction_added")),
        ("events_api", said("by ourselves", user="UBOT")),
        ("events_api", said("by a bot", bot_id="B9")),
        ("interactive", {"type": "block_actions", **somebody, "actions": [{"action_id": "x", "block_id": "b"}]}),
        ("interactive", {"type": "view_closed", **somebody, "view": {"type": "modal", "callback_id": "x"}}),
        ("interactive", {"type": "view_submission", **somebody, "view": {"type": "modal", "callback_id": "x"}}),
    ):
        took, _ = await slack.push(kind, payload)
        assert took is not None, payload
    assert ears.heard == []


async def test_a_click_is_a_decision_of_whoever_the_event_names(channel, slack, ears):
    message = await stood(channel, slack, Button("Yes", "approve", "ap-1", "dig"))
    press = clicked(message, buttons(message)[0], "U2")
    for _ in range(2):
        assert (await slack.push("interactive", press))[0] < 3
    (decision,) = await ears.wait()
    assert isinstance(decision, Decision)
    assert (decision.approval_id, decision.digest, decision.granted) == ("ap-1", "dig", True)
    assert decision.thread == HERE
    assert decision.person.roles == {"approver"}


async def test_rejecting_asks_why_and_what_is_dangerous_is_typed(channel, slack, ears):
    message = await stood(
        channel,
        slack,
        Button("No", "reject", "ap-1", "dig", asks_reason=True),
        Button("Yes", "approve", "ap-1", "dig", typed="payments"),
    )
    no, yes = buttons(message)
    await slack.push("interactive", clicked(message, no))
    await slack.push("interactive", clicked(message, yes))
    assert ears.heard == []
    asked, typing = slack.views
    await slack.push("interactive", submitted(asked, reason="not now"))
    _, told = await slack.push("interactive", submitted(typing, typed="payment"))
    assert told["response_action"] == "errors"
    await slack.push("interactive", submitted(typing, typed="payments"))
    rejected, granted = await ears.wait(2)
    assert (rejected.granted, rejected.reason) == (False, "not now")
    assert (granted.granted, granted.typed) == (True, "payments")


async def test_other_arguments_are_filled_into_a_form(channel, slack, ears):
    asks = (Ask("0.deployment", "deployment", "order-service"), Ask("0.replicas", "replicas", "3"))
    message = await stood(channel, slack, Button("Change…", "edit", "ap-1", "dig", asks=asks))
    await slack.push("interactive", clicked(message, buttons(message)[0]))
    assert ears.heard == []
    (view,) = slack.views
    shown = [(each["label"]["text"], each["element"]["initial_value"]) for each in view["blocks"] if "element" in each]
    assert shown == [("deployment", "order-service"), ("replicas", "3")]
    _, told = await slack.push("interactive", submitted(view, field0="order-service", field1="5"))
    assert told is None
    (press,) = await ears.wait()
    assert (press.kind, press.target, press.thread) == (PressKind.EDIT, "ap-1", HERE)
    assert json.loads(press.value) == {"0.deployment": "order-service", "0.replicas": "5"}


async def test_what_a_brain_waits_for_is_written_and_picked(channel, slack, ears):
    asks = (Ask("comment", "comment", "none", lines=True), Ask("window", "window", "late", ("now", "late")))
    message = await stood(channel, slack, Button("Approve", "fill", "f1:Approve", asks=asks))
    await slack.push("interactive", clicked(message, buttons(message)[0]))
    (view,) = slack.views
    comment, window = [each["element"] for each in view["blocks"] if "element" in each]
    assert (comment["multiline"], comment["initial_value"]) == (True, "none")
    assert [each["text"]["text"] for each in window["options"]] == ["now", "late"]
    assert window["initial_option"] == window["options"][1]
    body = submitted(view, field0="go on\nplease")
    picked = {"type": "static_select", "selected_option": window["options"][0]}
    body["view"]["state"]["values"]["field1"] = {"value": picked}
    await slack.push("interactive", body)
    (press,) = await ears.wait()
    assert (press.kind, press.target, press.thread) == (PressKind.FILL, "f1:Approve", HERE)
    assert json.loads(press.value) == {"comment": "go on\nplease", "window": "now"}


async def test_other_buttons_are_presses_and_slacks_own_stop_is_ours(channel, slack, ears):
    stop = Button("Stop", "stop", "a-1")
    await channel.show(Delivery("s", HERE, asking(stop), 1, final=False))
    message = next(iter(slack.messages.values()))
    await slack.push("interactive", clicked(message, buttons(message)[0], "U1"))
    await slack.push("events_api", said("", kind="agent_session_stopped", thread_ts="5.1"))
    first, second = await ears.wait(2)
    assert isinstance(first, Press)
    assert (first.kind, first.target) == (second.kind, second.target) == (PressKind.STOP, "a-1")


async def test_a_message_can_be_handed_to_us(channel, slack, ears):
    body = {
        "type": "message_action",
        "callback_id": "investigate_message",
        "team": {"id": "T1"},
        "user": {"id": "U1", "team_id": "T1"},
        "channel": {"id": "C1"},
        "message": {"ts": "6.1", "text": "checkout is down"},
        "action_ts": "1",
        "trigger_id": "x",
    }
    await slack.push("interactive", body)
    (message,) = await ears.wait()
    assert isinstance(message, Message)
    assert (message.text, message.thread.id) == ("checkout is down", "6.1")


async def test_what_could_not_be_kept_is_not_acknowledged(channel, slack, ears):
    ears.trouble = [StoreDown()]
    told = said("<@UBOT> hi")
    assert await slack.push("events_api", told, timeout=0.5) == (None, None)
    slack.late.clear()
    assert (await slack.push("events_api", told, retry=1))[0] is not None
    assert len(await ears.wait()) == 1


async def test_slow_profiles_hold_up_no_acknowledgement(channel, slack, ears):
    slack.slow["users.info"] = 10
    took = await asyncio.gather(*(slack.push("events_api", said("<@UBOT> hi", ts=f"9.{n}")) for n in range(20)))
    assert max(seconds for seconds, _ in took) < 3
    assert len(ears.heard) == 20


async def test_the_line_breaks_and_is_taken_up(channel, slack, ears):
    await slack.drop()
    took, _ = await slack.push("events_api", said("<@UBOT> still there?"))
    assert took is not None
    assert slack.opened == 2
    assert await channel.health() == ""


@pytest.fixture
async def door(channel):
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(Starlette(routes=channel.routes())), base_url="http://bot"
    ) as client:
        yield client


async def test_signed_http_is_heard_as_well(channel, slack, ears, door):
    raw, headers = signed(said("<@UBOT> hi"))
    assert (await door.post("/slack/events", content=raw, headers=headers)).status_code == 200
    raw, headers = signed(command("/top", "cpu"))
    answer = await door.post("/slack/events", content=raw, headers=headers)
    assert answer.json() == {"response_type": "in_channel"}
    message = await stood(channel, slack, Button("Yes", "approve", "ap-1", "dig"))
    raw, headers = signed(clicked(message, buttons(message)[0]))
    assert (await door.post("/slack/events", content=raw, headers=headers)).status_code == 200
    assert [type(each).__name__ for each in ears.heard] == ["Message", "Message", "Decision"]
    raw, headers = signed({"type": "url_verification", "challenge": "abc", "token": "t"})
    assert json.loads((await door.post("/slack/events", content=raw, headers=headers)).text) == {"challenge": "abc"}


@pytest.mark.parametrize("change", ["secret", "age", "body", "stamp", "none"])
async def test_what_is_not_signed_now_by_slack_is_not_heard(ears, door, change):
    told = said("<@UBOT> hi")
    raw, headers = signed(
        told, "wrong" if change == "secret" else "shhh", time.time() - 900 if change == "age" else None
    )
    if change == "body":
        raw = raw.replace("hi", "ha")
    if change == "stamp":
        headers["x-slack-request-timestamp"] = "now"
    if change == "none":
        del headers["x-slack-signature"]
    assert (await door.post("/slack/events", content=raw, headers=headers)).status_code == 401
    assert ears.heard == []


@pytest.mark.parametrize(
    ("given", "key"),
    [({"app_token": "xapp"}, "slack_needs_token"), ({"bot_token": "xoxb"}, "slack_needs_a_way_in")],
)
async def test_a_slack_that_cannot_work_is_said_at_once(given, key):
    with pytest.raises(BadInput) as error:
        make(Database("sqlite://"), SlackSettings(**given))
    assert error.value.key == key


async def test_a_revoked_token_is_told_with_its_mend(database, settings, ears, slack):
    slack.trouble["auth.test"] = [(200, {"ok": False, "error": "token_revoked"}, {})]
    channel = make(database, settings)
    assert "SLACK_BOT_TOKEN" in await channel.health()
    assert await channel.health() == ""
    await channel.stop()


async def test_what_slack_has_not_granted_is_named(database, settings, slack):
    slack.scopes = ",".join(scope for scope in SCOPES if scope not in {"commands", "users:read.email"})
    channel = make(database, settings)
    told = await channel.health()
    assert "commands, users:read.email" in told
    assert "reinstall" in told
    slack.scopes = ",".join(SCOPES)
    assert await channel.health() == ""
    await channel.stop()


async def test_what_is_attached_is_had_with_our_token_from_slack_alone(channel, slack, ears):
    kept = f"{slack.url.removesuffix('/api/')}/files-pri/app.log"
    files = [{"name": "app.log", "mimetype": "text/plain", "url_private": kept}]
    await slack.push("events_api", said("<@UBOT> look", ts="5.1", files=files))
    (message,) = await ears.wait()
    assert message.attachments == (Attachment("app.log", "text/plain", kept),)
    assert await channel.fetch(message.attachments[0]) == b"ERROR no memory"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("{}/files-pri/secret.log", "files:read"),
        ("{}/files-pri/huge.log", "over 15 MB"),
        ("http://127.0.0.1:9/app.log", "not kept by Slack"),
        ("https://slack.com.evil.example/app.log", "not kept by Slack"),
    ],
)
async def test_a_file_that_cannot_be_had_is_told(channel, slack, url, why):
    url = url.format(slack.url.removesuffix("/api/"))
    with pytest.raises(ChannelError) as told:
        await channel.fetch(Attachment("app.log", "text/plain", url))
    assert told.value.key == "file_not_had"
    assert why in told.value.values["why"]
