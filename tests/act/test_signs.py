"""A repair of an incident counts only once its alerts have ended and its errors are few; time that runs out is told."""

from dataclasses import replace

import httpx
import pytest

from bot.act.signs import Signs, about
from bot.domain.alert import Alert
from bot.domain.approval import ApprovalState
from bot.domain.incident import Incident
from bot.domain.plan import Plan, Step
from bot.talk.cards.approval import approval_card
from bot.talk.cards.words import Words
from skills.change import Target
from skills.http import Http, Server
from skills.prometheus.client import PrometheusClient
from skills.prometheus.settings import PrometheusSettings
from tests.act.lamps import CHEN, LIN, NOON, SWITCH, THREAD, Room

DARK = {"alertname": "LampDark", "namespace": "shop", "deployment": "a"}
FAILS = {"alertname": "RequestsFail", "namespace": "shop", "service": "a"}


class Watched(Room):
    """A room with a Prometheus, whose answers go by the room's clock."""

    def __init__(self, folder):
        super().__init__(folder)
        self.fires = {}
        """By alertname: its labels, and for how many seconds it goes on."""
        self.share = lambda seconds: None
        self.down = lambda seconds: False
        self.queries = []
        self.rules = {name: ("lamp_dark == 1", {}) for name in ("LampDark", "RequestsFail")}

    @property
    def seconds(self):
        return (self.clock - NOON).total_seconds()

    def answer(self, request):
        if self.down(self.seconds):
            return httpx.Response(503, text="starting")
        if request.url.path == "/api/v1/alerts":
            firing = [labels for labels, until in self.fires.values() if self.seconds < until]
            told = [{"labels": labels, "state": "firing"} for labels in firing]
            told.append({"labels": {**DARK, "alertname": "Soon"}, "state": "pending"})
            return httpx.Response(200, json={"status": "success", "data": {"alerts": told}})
        if request.url.path == "/api/v1/rules":
            rules = [{"name": name, "query": query, **more} for name, (query, more) in self.rules.items()]
            return httpx.Response(200, json={"status": "success", "data": {"groups": [{"rules": rules}]}})
        self.queries.append(request.content.decode())
        share = self.share(self.seconds)
        rows = [] if share is None else [{"metric": {}, "value": [self.clock.timestamp(), str(share)]}]
        found = {"resultType": "vector", "result": rows}
        return httpx.Response(200, json={"status": "success", "data": found})

    def replica(self):
        http = Http(Server("Prometheus", "http://prom.test", tries=1), httpx.MockTransport(self.answer))
        self.signs = Signs(PrometheusClient(PrometheusSettings(), http), self.now)
        gate = super().replica()
        gate._asking = replace(gate._asking, signs=self.signs)
        gate._carrying._signs = self.signs
        return gate

    def fire(self, labels, seconds):
        self.fires[labels["alertname"]] = (labels, seconds)

    async def repair(self, name="a"):
        alerts = tuple(
            Alert(key, key, {**labels, "cluster": "added by Alertmanager"}, True, NOON)
            for key, (labels, _) in self.fires.items()
        )
        incident = Incident("i1", alerts, NOON) if alerts else None
        case = replace(self.case(LIN, THREAD), incident=incident)
        plan = Plan("May I?", (Step(SWITCH, {"name": name}),), title="lamps")
        self.asked = (await self.gate.take(plan, case, self._unseen)).asked
        await self.say(self.asked, CHEN)
        return await self.carry_out(self.asked)

    async def after(self, done):
        (course,) = (await self.gate.courses(done.id)).values()
        return course.aftermath


@pytest.fixture
async def room(tmp_path):
    made = await Watched(tmp_path).open()
    yield made
    await made.database.close()


async def test_it_is_verified_only_when_the_alert_has_ended(room):
    room.fire(DARK, 95)
    done = await room.repair()
    assert done.state is ApprovalState.EXECUTED
    assert 95 <= room.seconds <= 101
    assert (await room.after(done)).why == "it shines; well again: LampDark"
    assert "LampDark still fires" in [course.checking for _, course in room.told]


async def test_an_alert_that_goes_on_means_that_it_did_not_help(room):
    room.fire(DARK, 10**6)
    done = await room.repair()
    assert (done.state, room.world.undone) == (ApprovalState.UNDONE, ["a"])
    assert 600 <= room.seconds <= 606
    assert (await room.after(done)).why == "it shines; after 10 minutes: LampDark still fires"


@pytest.mark.parametrize(
    ("query", "more", "watched"),
    [
        ("rate(fails[5m]) > 1", {}, True),
        ("max_over_time(rate(fails[2m])[8m:]) > 1", {}, True),
        ("increase(restarts[10m]) > 3", {}, False),
        ("rate(fails[ 1h30m ]) > rate(fails[5m])", {}, False),
        ("rate(fails[5m]) > 1", {"keepFiringFor": 600}, False),
        (None, {}, False),
    ],
)
async def test_an_alert_that_looks_back_further_than_we_wait_is_no_sign(room, query, more, watched):
    """It would go on though all is well, and a good repair would be undone."""
    room.fire(DARK, 30)
    room.rules = {"LampDark": (query, more)} if query else {}
    assert (await room.repair()).state is ApprovalState.EXECUTED
    assert bool(room.asked.signals) is watched
    assert room.seconds >= 30 if watched else room.seconds == 0


async def test_errors_must_be_few_again(room):
    room.fire(FAILS, 1)
    room.share = lambda seconds: 0.2 if seconds < 60 else 0.06 if seconds < 120 else 0.04
    done = await room.repair()
    assert done.state is ApprovalState.EXECUTED
    assert 120 <= room.seconds <= 126
    (query, *_) = room.queries
    assert "service%3D%22a%22%2Cnamespace%3D%22shop%22" in query
    assert "20.0% of the requests to a fail (wanted: 5.0%)" in [course.checking for _, course in room.told]


async def test_errors_that_stay_are_no_help(room):
    room.fire(FAILS, 1)
    room.share = lambda seconds: 0.2
    done = await room.repair()
    assert done.state is ApprovalState.UNDONE
    assert "20.0% of the requests to a fail" in (await room.after(done)).why


async def test_few_errors_are_no_sign(room):
    room.fire(FAILS, 1)
    room.share = lambda seconds: 0.02
    await room.repair()
    assert [each.kind for each in room.asked.signals] == ["alert"]


async def test_what_nobody_can_see_is_neither_verified_nor_undone(room):
    room.fire(DARK, 5)
    room.down = lambda seconds: seconds > 3
    room.world.helps["a"] = ["waiting"] * 5 + [True]
    done = await room.repair()
    assert (done.state, room.world.undone, room.world.lit["a"]) == (ApprovalState.FAILED, [], True)
    assert (await room.after(done)).unseen
    for language, said in (("en", "whether it helped could not be seen"), ("zh", "无法看到是否有效")):
        assert said in repr(approval_card(done, Words(language), await room.gate.courses(done.id)))
    (repair,) = await room.gate._asking.repairs.since(NOON)
    assert repair.result == "failed"


async def test_its_own_check_comes_first(room):
    room.fire(DARK, 10**6)
    room.world.helps["a"] = [False]
    done = await room.repair()
    assert (done.state, room.seconds) == (ApprovalState.UNDONE, 0)


async def test_another_reason_or_the_next_pod_is_no_end_of_an_alert(room):
    room.fire({**DARK, "pod": "a-1", "reason": "ErrImagePull"}, 10**6)
    pulls = {**DARK, "pod": "a-1", "reason": "ErrImagePull"}, {**DARK, "pod": "a-2", "reason": "ImagePullBackOff"}
    fires = room.fires
    room.fires = type("Turns", (dict,), {"values": lambda _: [(pulls[room.seconds > 0], 95)]})(fires)
    done = await room.repair()
    assert [(each.name, dict(each.labels)) for each in done.signals] == [("LampDark", DARK)]
    assert 95 <= room.seconds <= 101


async def test_the_card_says_beforehand_what_counts(room):
    room.fire(FAILS, 1)
    room.share = lambda seconds: 0.2 if seconds < 1 else 0.0
    await room.repair()
    english, chinese = (repr(approval_card(room.asked, Words(language))) for language in ("en", "zh"))
    assert "alert RequestsFail no longer fires; at most 5.0% of the requests to a fail" in english
    assert "告警 RequestsFail 不再触发；a 的失败请求不超过 5.0%" in chinese


async def test_where_no_alert_fires_or_nobody_measures_its_own_check_alone_counts(room):
    assert (await room.repair()).state is ApprovalState.EXECUTED
    room.fire({**DARK, "deployment": "b"}, 10**6)
    assert (await room.repair("elsewhere")).state is ApprovalState.EXECUTED
    room.down = lambda seconds: True
    assert (await room.repair("b")).state is ApprovalState.EXECUTED
    assert room.asked.signals == ()


async def test_a_restart_while_it_waits_goes_on_waiting(room):
    room.fire(DARK, 50)
    quietly = room.sleep

    class Gone(BaseException):
        pass

    async def killed(seconds):
        await quietly(seconds)
        if room.seconds >= 20:
            raise Gone

    room.sleep = killed
    room.gate = room.replica()
    with pytest.raises(Gone):
        await room.repair()
    room.sleep = quietly
    done = await room.carry_out(room.asked, room.replica())
    assert (done.state, room.world.done) == (ApprovalState.EXECUTED, ["a"])
    assert room.seconds >= 50


@pytest.mark.parametrize(
    ("labels", "target", "theirs"),
    [
        ({"namespace": "shop", "pod": "order-7d9-x"}, Target("Deployment", "order", "shop"), True),
        ({"namespace": "shop", "deployment": "order"}, Target("Pod", "order-7d9-x", "shop"), True),
        ({"namespace": "shop"}, Target("Deployment", "order", "shop"), True),
        ({"namespace": "shop", "service": "cart"}, Target("Deployment", "order", "shop"), False),
        ({"namespace": "pay", "deployment": "order"}, Target("Deployment", "order", "shop"), False),
        ({"instance": "n1:9100"}, Target("Node", "n1"), True),
        ({"node": "n2"}, Target("Node", "n1"), False),
        ({"namespace": "shop", "deployment": "ord"}, Target("Deployment", "order", "shop"), False),
    ],
)
def test_which_alerts_are_on_a_target(labels, target, theirs):
    assert about(Alert("k", "f", labels, True, NOON), target) is theirs
