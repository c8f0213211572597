"""The bot hands a step to the operator: written once whatever is lost on the way, and waited for whatever is away."""

import json
from datetime import timedelta

import httpx
import pytest

from bot.act.hands import OperatorsHands
from bot.act.signing import new_pair, private_key
from skills import Unsure
from skills.http import Http, Server
from skills.kubernetes.cluster import Cluster
from tests.act.lamps import SWITCH, Room


class Api:
    """Keeps Remediations; an operator ends each after so many looks."""

    def __init__(self):
        self.kept, self.looks, self.lose, self.down = {}, 0, [], 0
        self.ends_after, self.end = 2, {"phase": "Done", "why": "a is on"}

    def answer(self, request):
        if request.method == "POST":
            lost = self.lose.pop(0) if self.lose else ""
            if lost == "request":
                raise httpx.ReadError("broken")
            made = json.loads(request.content)
            if made["metadata"]["name"] in self.kept:
                return httpx.Response(409, json={"message": "already exists"})
            self.kept[made["metadata"]["name"]] = made
            if lost == "answer":
                raise httpx.ReadTimeout("silence")
            return httpx.Response(201, json=made)
        found = self.kept.get(request.url.path.rpartition("/")[2])
        if found is None:
            return httpx.Response(404, json={"message": "not found"})
        self.looks += 1
        if self.looks <= self.down:
            return httpx.Response(503, text="starting")
        ended = {"status": self.end} if self.looks >= self.ends_after else {}
        return httpx.Response(200, json=found | ended)


@pytest.fixture
async def room(tmp_path):
    made = await Room(tmp_path).open()
    new_pair(tmp_path / "key.pem", tmp_path / "pub.pem")
    made.api = Api()
    server = Server("Kubernetes", "https://kube.test", tries=1)
    cluster = Cluster(lambda: server, lambda given: Http(given, httpx.MockTransport(made.api.answer)))
    made.hands = OperatorsHands(cluster, "oncall", private_key(tmp_path / "key.pem"), made.now, sleep=made.sleep)
    asked = (await made.ask((SWITCH, {"name": "a"}))).asked
    made.approval = (await made.say(asked)).approval
    yield made
    await cluster.close()
    await made.database.close()


@pytest.mark.parametrize("lose", [[], ["answer"], ["request"], ["request", "answer"]])
async def test_it_is_written_once_whatever_is_lost(room, lose):
    room.api.lose = list(lose)
    told = await room.hands.run(room.approval, 0)
    assert (told.summary, list(room.api.kept)) == ("a is on", [f"run-{room.approval.id}-0"])
    assert room.api.lose == []


async def test_an_api_server_that_is_away_for_a_while_is_waited_for(room):
    room.api.down, room.api.ends_after = 20, 21
    assert (await room.hands.run(room.approval, 0)).summary == "a is on"


async def test_an_operator_that_says_nothing_leaves_it_open_and_is_not_waited_for_twice(room):
    room.api.ends_after = 10**9
    before = room.clock
    with pytest.raises(Unsure, match="operator_silent"):
        await room.hands.run(room.approval, 0)
    assert timedelta(minutes=10) <= room.clock - before <= timedelta(minutes=10, seconds=1)
    again = room.clock
    with pytest.raises(Unsure):
        await room.hands.run(room.approval, 0)
    assert room.clock == again


async def test_what_the_operator_does_not_know_we_do_not_know(room):
    room.api.end = {"phase": "Failed", "key": "unsure", "why": "no answer", "values": {"system": "Kubernetes"}}
    with pytest.raises(Unsure, match="did not say whether it was done"):
        await room.hands.run(room.approval, 0)
