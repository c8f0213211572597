"""People over an incident, from its thread: acknowledged, taken, handed over, caught up; and the board of it all."""

import re

import pytest

from tests.journeys.test_afterwards import AWAY
from tests.journeys.test_sorting import tell, thread_of, until
from tests.journeys.visitor import house_over, texts

pytestmark = pytest.mark.timeout(240)


async def test_what_is_said_in_its_thread_stands_on_its_card(tmp_path):
    async with house_over(tmp_path, AWAY, alerts=True) as seat:
        lin, chen = await seat("asker"), await seat("approver")
        await tell(seat, "cart")
        incident = (await until(seat, lambda found: ("cart",) in found and found["cart",].report))["cart",]
        thread = await thread_of(lin, incident)

        def header(wanted):
            return lambda card: incident.id in texts(card) and "Alerts (" in texts(card) and wanted in texts(card)

        await lin.write("ack", thread)
        await lin.card(thread, header("acknowledged by"))
        await chen.write("I'll take it!", thread)
        await lin.card(thread, header("taken by"))
        await lin.write("catch me up", thread)
        told = await lin.card(thread, lambda card: card["title"].startswith("Where we are"))
        for wanted in ("cartDown", "Timeline", "acknowledged by", "taken by"):
            assert wanted in texts(told)
        await lin.write("hand over to Wang Wei", thread)
        told = await lin.card(thread, lambda card: card["title"].startswith("Hand-over"))
        assert re.search(r"hands this incident over to Wang Wei", texts(told))
        await lin.card(thread, header("Wang Wei"))
        assert len([each for each in await lin.cards(thread) if header("")(each["card"])]) == 1


async def test_commands_take_an_incident_s_id_and_say_where_they_belong(tmp_path):
    async with house_over(tmp_path, AWAY, alerts=True) as seat:
        lin = await seat("asker")
        elsewhere = await lin.write("/ack")
        await lin.card(elsewhere, lambda card: "in the thread of an incident" in texts(card))
        await tell(seat, "cart")
        incident = (await until(seat, lambda found: ("cart",) in found and found["cart",].report))["cart",]
        elsewhere = await lin.write(f"/take {incident.id}")
        await lin.card(elsewhere, lambda card: incident.id in texts(card) and card["severity"] == "ok")
        elsewhere = await lin.write(f"/handover {incident.id} 王伟")
        await lin.card(await thread_of(lin, incident), lambda card: "王伟" in texts(card))
        board = await lin.card(await lin.write("/home"), lambda card: card["title"] == "On duty")
        assert incident.id in texts(board)
        assert "王伟" in texts(board)


async def test_words_of_an_order_in_another_thread_are_a_question(tmp_path):
    async with house_over(tmp_path, AWAY) as seat:
        lin = await seat("asker")
        thread = await lin.write("catch me up")
        card = await lin.card(thread, lambda card: card["title"] == "Answer")
        assert "thread of an incident" not in texts(card)
