"""A change whose answer is lost is unknown: it is looked at, and then verified, put back, or told as not done.

The road and its sockets are real; behind them stands the API server at the wire.
"""

import json
from datetime import timedelta

import httpx
import pytest

from bot.act.rules import Freeze
from bot.act.unsure import PAUSES
from bot.domain.approval import ApprovalState, Refusal
from bot.talk.cards.approval import approval_card
from bot.talk.cards.words import Words
from skills import Catalogue, Clock, SkillError, Unreachable, Unsure
from skills.http import Http, Server
from skills.kubernetes.actions import Kubernetes
from skills.kubernetes.cluster import Cluster
from skills.kubernetes.settings import KubernetesSettings
from tests.act.broken_road import road_to
from tests.act.lamps import LIN, NOON, SWITCH, Killed, Lamp, Room
from tests.skills.kubernetes.things import deployment, node, pod
from tests.skills.kubernetes.wire import Wire

pytestmark = pytest.mark.slow

SCALE = "kubernetes.scale_deployment"
ORDER = {"namespace": "shop", "deployment": "order-service", "replicas": 5}
LOST = ["answer", "silence", "gibberish", "504"]


def shop(**there):
    return Wire({"kind": "Namespace", "metadata": {"name": "shop"}}, deployment(**there), node("n1"))


def over(road, timeout=3.0):
    server = Server("Kubernetes", road.url, timeout=timeout, tries=1)
    return Kubernetes(KubernetesSettings(), Clock(), Cluster(lambda: server, Http))


class Place(Room):
    """A room whose far end is an API server at the end of a road."""

    def __init__(self, folder, road, wire):
        super().__init__(folder)
        self.road, self.wire = road, wire
        self.skill = over(road)
        self.catalogue = Catalogue([self.skill])

    async def sleep(self, seconds):
        await super().sleep(seconds)
        thing = self.wire.things.get(("deployments", "shop", "order-service"))
        if thing and self.obeys:  # the controller, in a line
            replicas = thing["spec"]["replicas"]
            counts = dict.fromkeys(("replicas", "readyReplicas", "updatedReplicas", "availableReplicas"), replicas)
            thing["status"] = {"observedGeneration": thing["metadata"]["generation"], **counts}
        if self.clock > self.late_at and self.road.lates:
            await self.road.let_the_late_arrive()

    obeys = True
    late_at = NOON


@pytest.fixture
async def place(tmp_path):
    wire = shop()

    async def pass_on(request):
        return wire.answer(request)

    async with road_to(pass_on) as road:
        made = await Place(tmp_path, road, wire).open()
        yield made
        await made.skill.close()
        await made.database.close()


async def do(place, action=SCALE, arguments=ORDER):
    asked = (await place.ask((action, arguments), who=LIN)).asked
    await place.say(asked)
    return await place.carry_out(asked)


def replicas(place):
    return place.wire.things["deployments", "shop", "order-service"]["spec"]["replicas"]


@pytest.mark.parametrize("breaks", LOST)
async def test_what_was_made_though_no_answer_came_is_seen_and_verified(place, breaks):
    place.road.breaks = breaks
    done = await do(place)
    assert (done.state, replicas(place)) == (ApprovalState.EXECUTED, 5)
    assert place.road.changes == [("PATCH", "/apis/apps/v1/namespaces/shop/deployments/order-service", 200)]
    (course,) = (await place.gate.courses(done.id)).values()
    assert course.aftermath.better
    unsure = [course.checking for _, course in place.told if course.outcome is None and course.checking]
    assert "did not say whether it was done" in unsure[0]


@pytest.mark.parametrize("breaks", LOST)
async def test_what_was_made_and_did_not_help_is_put_back(place, breaks):
    place.road.breaks, place.obeys = breaks, False
    done = await do(place)
    assert (done.state, replicas(place)) == (ApprovalState.UNDONE, 3)
    assert [method for method, _, _ in place.road.changes] == ["PATCH", "PATCH"]


async def test_what_was_never_made_is_told_so_and_nothing_is_put_back(place):
    place.road.breaks = "request"
    done = await do(place)
    assert (done.state, replicas(place), place.road.changes) == (ApprovalState.FAILED, 3, [])
    (course,) = (await place.gate.courses(done.id)).values()
    assert isinstance(course.outcome, Refusal)
    assert course.outcome.key == "not_done"
    assert (place.clock - NOON).total_seconds() >= sum(PAUSES) > 60
    for language, said in (("en", "was not done"), ("zh", "没有执行")):
        assert said in repr(approval_card(done, Words(language), await place.gate.courses(done.id)))


async def test_what_is_made_only_after_its_caller_gave_it_up_is_seen_too(place):
    place.road.breaks, place.late_at = "late", NOON + timedelta(seconds=40)
    done = await do(place)
    assert (done.state, replicas(place)) == (ApprovalState.EXECUTED, 5)
    assert [status for _, _, status in place.road.changes] == [200]


async def test_an_undo_whose_answer_is_lost_is_asked_until_it_is_clear(place):
    place.obeys, plainly = False, place.sleep

    async def sleep(seconds):
        place.road.breaks = "answer" if len(place.road.changes) == 1 else ""
        await plainly(seconds)

    place.sleep = sleep
    place.gate = place.replica()
    done = await do(place)
    assert (done.state, replicas(place)) == (ApprovalState.UNDONE, 3)
    assert [method for method, _, _ in place.road.changes] == ["PATCH", "PATCH"]


@pytest.mark.parametrize("breaks", ["answer", "silence"])
async def test_a_pod_whose_eviction_was_not_answered_is_gone_once(place, breaks):
    gone = pod("order-service-1")
    gone["metadata"]["ownerReferences"] = [
        {"kind": "ReplicaSet", "name": "order-service-2", "uid": "u1", "controller": True}
    ]
    place.wire.keep(gone)
    place.road.breaks = breaks
    await do(place, "kubernetes.restart_pod", {"namespace": "shop", "pod": "order-service-1"})
    assert ("pods", "shop", "order-service-1") not in place.wire.things
    assert [method for method, _, _ in place.road.changes] == ["POST"]


async def test_where_nobody_answers_nothing_was_sent_and_it_is_told_at_once(tmp_path):
    async def never(request):
        raise AssertionError

    async with road_to(never) as road:
        url = road.url
    http = Http(Server("Kubernetes", url, timeout=1, tries=1))
    with pytest.raises(Unreachable) as told:
        await http.write_json("PATCH", "/x", {})
    assert not isinstance(told.value, Unsure)
    await http.close()


@pytest.mark.parametrize(("status", "unsure"), [(500, True), (503, True), (501, False), (429, False), (409, False)])
async def test_which_answers_leave_it_open(status, unsure):
    async def says(request):
        return httpx.Response(status, json={"message": "no"})

    async with road_to(says) as road:
        http = Http(Server("Kubernetes", road.url, timeout=5, tries=1))
        for trial in (False, True):
            with pytest.raises(SkillError) as told:
                await http.write_json("PATCH", "/x", {}, trial=trial)
            assert isinstance(told.value, Unsure) == (unsure and not trial)
        await http.close()


async def test_a_step_that_was_begun_and_not_made_is_judged_anew_after_a_restart(room):
    """Hours may have passed since, and a freeze begun."""
    asked = (await room.ask((SWITCH, {"name": "a"}))).asked
    await room.say(asked)
    room.world.kill = "before run"
    with pytest.raises(Killed):
        await room.carry_out(asked)
    freeze = Freeze(name="sale", start=NOON, end=NOON + timedelta(days=2))
    room.policy._file = room.policy._file.model_copy(update={"freezes": (freeze,)})
    done = await room.carry_out(asked, room.replica())
    assert (done.state, room.world.done) == (ApprovalState.FAILED, [])
    (course,) = (await room.gate.courses(asked.id)).values()
    assert course.outcome.key == "refused_frozen"


async def test_what_a_skill_does_not_foresee_is_unknown_too(room, monkeypatch):
    """It broke after it had acted: its target is looked at."""
    run, broken = Lamp.run, []

    async def breaks_after(self, snapshot):
        told = await run(self, snapshot)
        if not broken:
            broken.append(1)
            raise KeyError("status")
        return told

    monkeypatch.setattr(Lamp, "run", breaks_after)
    room.world.helps["a"] = [False]
    done = await room.do((SWITCH, {"name": "a"}))
    assert (done.state, room.world.done, room.world.undone) == (ApprovalState.UNDONE, ["a"], ["a"])
    did = [json.loads(line)["record"]["did"] for line in room.ledger_path.read_text().splitlines()]
    assert did.count("intent") == 2
