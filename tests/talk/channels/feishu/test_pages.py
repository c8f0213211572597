"""Feishu's own places: the panel of commands, the bot's menu, a greeting, forms in private, urgent notices, groups."""

import json

import pytest

from bot.domain.card import Ask, Button, Buttons, Card
from bot.domain.message import PressKind, Thread
from bot.talk.channels import Delivery
from bot.talk.channels.feishu import FeishuSettings, make
from bot.talk.channels.feishu.panel import register
from bot.talk.hints import hints
from skills import discover
from tests.fakes.feishu_rules import buttons, wrong
from tests.fakes.feishu_server import _event, clicked, said

HERE = Thread("feishu", "om_1", "oc_1")
ASKS = (Ask("0.deployment", "deployment", "order-service"), Ask("0.replicas", "replicas", "3"))


async def test_the_panel_names_every_command_once(channel, feishu):
    channel.client._wait = lambda _: 0.0
    typed = hints(discover(["kubernetes", "loki"]))
    await register(channel.client, typed)
    assert sorted(each["command"] for each in feishu.commands) == sorted(each.command[1:] for each in typed("en"))
    assert await register(channel.client, typed) == 0
    restart = next(each for each in feishu.commands if each["command"] == "restart")
    assert "重启" in restart["description"]["i18n"]["zh_cn"]


async def test_a_form_comes_in_private_and_what_is_filled_in_counts_in_the_thread(channel, feishu, ears):
    placed = await channel.show(
        Delivery("s", HERE, Card("May I?", (Buttons((Button("Change…", "edit", "ap-1", "dig", asks=ASKS),)),)), 1)
    )
    (value,) = buttons(feishu.messages[placed.ref]["content"])
    code, told = await feishu.push(clicked(value, "ou_lin", placed.ref))
    assert (code, told["toast"]["type"]) == (200, "info")
    assert ears.heard == []
    form = next(each for each in feishu.messages.values() if each.get("receive_id") == "ou_lin")
    assert wrong(form["content"]) == []
    inputs = json.loads(form["content"])["body"]["elements"][1]["elements"][:2]
    assert [(each["label"]["content"], each["default_value"]) for each in inputs] == [
        ("deployment", "order-service"),
        ("replicas", "3"),
    ]
    (submit,) = buttons(form["content"])
    filled = {"field_0": "order-service", "field_1": "5"}
    code, _ = await feishu.push(clicked(submit, "ou_lin", form["id"], chat="oc_private", **filled))
    assert code == 200
    (press,) = await ears.wait()
    assert (press.kind, press.target, press.thread) == (PressKind.EDIT, "ap-1", HERE)
    assert json.loads(press.value) == {"0.deployment": "order-service", "0.replicas": "5"}


async def test_what_a_brain_waits_for_is_written_and_picked(channel, feishu, ears):
    asks = (Ask("comment", "comment", "none", lines=True), Ask("window", "window", "late", ("now", "late")))
    button = Button("Approve", "fill", "f1:Approve", asks=asks)
    placed = await channel.show(Delivery("s", HERE, Card("Answer", (Buttons((button,)),)), 1))
    (value,) = buttons(feishu.messages[placed.ref]["content"])
    await feishu.push(clicked(value, "ou_lin", placed.ref))
    form = next(each for each in feishu.messages.values() if each.get("receive_id") == "ou_lin")
    assert wrong(form["content"]) == []
    line, label, pick = json.loads(form["content"])["body"]["elements"][1]["elements"][:3]
    assert (line["input_type"], line["default_value"], label["content"]) == ("multiline_text", "none", "window")
    assert [each["text"]["content"] for each in pick["options"]] == ["now", "late"]
    assert pick["initial_option"] == pick["options"][1]["value"]
    (submit,) = buttons(form["content"])
    filled = {line["name"]: "go on", pick["name"]: pick["options"][0]["value"]}
    await feishu.push(clicked(submit, "ou_lin", form["id"], chat="oc_private", **filled))
    (press,) = await ears.wait()
    assert (press.kind, press.target, press.thread) == (PressKind.FILL, "f1:Approve", HERE)
    assert json.loads(press.value) == {"comment": "go on", "window": "now"}


async def test_an_entry_of_the_menu_is_a_command_in_private(channel, feishu, ears):
    body = _event(
        "application.bot.menu_v6", {"operator": {"operator_id": {"open_id": "ou_lin"}}, "event_key": "approve"}
    )
    for _ in range(2):
        assert (await feishu.push(body))[0] == 200
    (message,) = await ears.wait()
    assert (message.text, message.thread.place, message.sender.name) == ("/approve", "ou_lin", "林")


async def test_whoever_opens_the_conversation_is_greeted_once(channel, feishu, ears):
    body = _event("im.chat.access_event.bot_p2p_chat_entered_v1", {"operator_id": {"open_id": "ou_lin"}})
    for _ in range(2):
        assert (await feishu.push(body))[0] == 200
    (greeting,) = [each for each in feishu.messages.values() if each.get("receive_id") == "ou_lin"]
    first = buttons(greeting["content"])[0]
    await feishu.push(clicked(first, "ou_lin", greeting["id"], chat="oc_private"))
    (press,) = await ears.wait()
    assert (press.kind, press.target) == (PressKind.ASK, "现在哪里有问题？")


@pytest.mark.parametrize("typed", ["", "payments"])
async def test_only_what_is_dangerous_is_urgent_and_once(database, feishu, ears, typed):
    settings = FeishuSettings(app_id="cli_x", app_secret="secret", api_url=feishu.url, urgent=["ou_chen"])
    channel = make(database, settings)
    await channel.start(ears)
    card = Card("May I?", (Buttons((Button("Yes", "approve", "ap-1", "dig", typed=typed),)),))
    placed = await channel.show(Delivery("s", HERE, card, 1))
    await channel.show(Delivery("s", HERE, card, 2, placed.ref))
    await channel.stop()
    assert feishu.urgent == ([(placed.ref, ["ou_chen"])] if typed else [])


async def test_roles_come_from_departments_group_chats_and_user_groups(database, feishu, ears):
    feishu.groups = {"oc_oncall": ["ou_a", "ou_b", "ou_lin"], "g123": ["ou_chen"]}
    roles = {"od-1": "operator", "oc_oncall": "approver", "g123": "auditor"}
    settings = FeishuSettings(app_id="cli_x", app_secret="secret", api_url=feishu.url, roles=roles)
    channel = make(database, settings)
    await channel.start(ears)
    for who in ("ou_lin", "ou_chen", "ou_guest"):
        await feishu.push(said("hi", user=who))
    await channel.stop()
    assert {each.sender.id: each.sender.roles for each in ears.heard} == {
        "ou_lin": {"operator", "approver"},
        "ou_chen": {"auditor"},
        "ou_guest": frozenset(),
    }


async def test_in_a_topic_group_each_topic_is_a_thread(channel, feishu, ears):
    await feishu.push(said("why slow?", message="om_7", thread_id="omt_1"))
    await feishu.push(said("and now?", named=False, message="om_8", root="om_7", thread_id="omt_1"))
    first, second = await ears.wait(2)
    assert first.thread == second.thread == Thread("feishu", "om_7", "oc_1")


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (lambda server: server.scopes.pop(), "contact:user.department:readonly"),
        (lambda server: server.app["event"].update(subscribed_events=[]), "im.message.receive_v1 is not subscribed"),
        (lambda server: server.app.update(callback_info={}), "card.action.trigger is not subscribed"),
        (lambda server: server.app["event"].update(subscription_type="webhook"), "FEISHU_MODE=webhook"),
        (
            lambda server: server.trouble.update({"/cli_x": [(400, {"code": 99991672, "msg": "no"}, {})]}),
            "application:application:self_manage",
        ),
        (lambda _: None, ""),
    ],
)
async def test_the_doctor_names_what_is_missing_and_where_to_click(database, settings, feishu, change, wanted):
    change(feishu)
    told = await make(database, settings).health()
    assert wanted in told
    assert bool(told) is bool(wanted)
