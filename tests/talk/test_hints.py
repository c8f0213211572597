"""Slash commands follow from the catalogue: what an action declares is offered by channels, help and docs."""

import inspect
from datetime import UTC, datetime

import pytest

from bot.domain.command import LOOKS, ORDERS, commands
from bot.domain.message import Person
from bot.hall import consulting, greeting, linking, minding, ordering, sorting
from bot.settings import DutyBotSettings
from bot.talk.cards.words import sentences
from bot.talk.channels.slack import events
from bot.talk.channels.slack.commands import MOST, OWN, meant, registered, slash_commands
from bot.talk.hints import hints
from bot.think.scripted.intents import COMMANDS, read_intent
from bot.think.scripted.manual import manual
from bot.think.scripted.orders import read_order
from docs.generate import chat_commands_page
from skills import Catalogue, Evidence, Risk, Skill, action, discover
from skills.catalogue import known_skills

WHOLE = discover(sorted(known_skills()))


class Moods(Skill):
    """A skill that somebody adds."""

    @action(risk=Risk.READ, command="mood <service>")
    async def mood_of(self, service: str, loud: bool = False) -> Evidence:
        """Tell how a service feels.

        Args:
            service: Its name.
            loud: In capitals.
        """
        return Evidence(service)

    @action(risk=Risk.READ)
    async def humour(self, service: str) -> Evidence:
        """Tell a joke about a service.

        Args:
            service: Its name.
        """
        return Evidence(service)


def many(number):
    """A skill of so many actions that Slack cannot take them all."""

    def one(name):
        async def look(self) -> Evidence:
            """Look."""
            return Evidence("")

        look.__name__ = name
        return action(risk=Risk.READ)(look)

    names = [f"look_{n}" for n in range(number)]
    return type("Many", (Skill,), {name: one(name) for name in names})()


def test_a_new_action_is_offered_everywhere():
    catalogue = Catalogue([Moods()])
    typed = hints(catalogue)
    for language in ("zh", "en"):
        told = {each.command: each for each in typed(language)}
        assert (told["/mood"].usage, told["/mood"].about) == ("/mood <service>", "Tell how a service feels.")
        assert told["/humour"].usage == "/humour <service>"
        assert "`/mood <service>`" in manual(language, catalogue)
    (slack,) = [each for each in slash_commands(typed("en"), "Ask") if each["command"] == "/mood"]
    assert (slack["usage_hint"], slack["description"]) == ("<service>", "Tell how a service feels.")
    assert "| `/mood <service>` | `/mood` | Tell how a service feels. |" in chat_commands_page(catalogue)
    order = read_order("/mood checkout loud=yes", catalogue)
    assert (order.step.action, order.step.arguments, order.unread) == (
        "talk.mood_of",
        {"service": "checkout", "loud": True},
        (),
    )
    assert read_order("/mood-of checkout", catalogue).step.action == "talk.mood_of"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_all_that_is_offered_is_understood_and_told_in_words(language):
    orders = {*minding.ORDERS, *greeting.ORDERS, *ordering.ORDERS, *sorting.ORDERS, linking.ORDER}
    aliases = {"/assign"}
    assert orders - aliases | {"/help"} == {f"/{name}" for name in ORDERS}
    assert f"/{WHOLE['search_kb'].command}" == consulting.ORDER
    known = sentences(language)
    for each in commands(WHOLE):
        line = f"/{each.name} shop"
        assert f"/{each.name}" in orders or read_intent(line) or read_order(line, WHOLE), line
        if each.action is None:
            assert f"hint_{each.name}" in known
    told = [each for key in known if key.startswith("hint_") and (each := key.removeprefix("hint_")) != "with_leave"]
    assert set(told) <= {each.name for each in commands(WHOLE) if each.short}
    # what the rules know by a short word is declared by an action, but for other words for the same
    assert set(COMMANDS) - set(WHOLE.commands) - set(LOOKS) == {"aiops", "help", "latency"}
    assert not any(each.about.startswith(("hint_", "action_")) for each in hints(WHOLE)(language))


def test_slack_is_given_no_more_than_it_takes_and_what_is_short_first():
    given = slash_commands(hints(Catalogue([many(80)]))("en"), "Ask")
    names = [each["command"] for each in given]
    assert len(names) == len(set(names)) == MOST
    assert {registered(f"/{name}") for name in ORDERS} < set(names)
    usual = [each["command"] for each in slash_commands(hints(discover(DutyBotSettings().skills))("en"), "Ask")]
    assert {registered(f"/{each.name}") for each in commands(WHOLE) if each.short} <= set(usual)


@pytest.mark.parametrize("name", sorted(OWN))
def test_what_slack_keeps_for_itself_is_called_otherwise_and_understood(name):
    assert registered(f"/{name}") == f"/duty-{name}"
    assert meant(f"/duty-{name}") == f"/{name}"


def test_slacks_other_names_are_read_as_ours():
    body = {"command": "/duty-status", "text": "checkout", "channel_id": "C1", "trigger_id": "t"}
    assert (
        events.command(body, Person("U1", "Lin", channel="slack"), "T1", datetime.now(UTC)).text == "/status checkout"
    )
    assert read_intent("/status checkout").kind == "status"


def test_a_command_belongs_to_one_action():
    class Again(Moods):
        @action(risk=Risk.READ, command="mood")
        async def other(self) -> Evidence:
            """Tell it otherwise."""
            return Evidence("")

    with pytest.raises(TypeError, match=r"both .* declare the command mood"):
        Catalogue([Again()])
    with pytest.raises(TypeError, match="is no command"):
        action(risk=Risk.READ, command="Mood!")(inspect.unwrap(Moods.humour))
