"""The capacity report by the clock: once for all replicas, where incidents are told, and honest where it fails."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from bot.database import Database
from bot.database.foretold import ForetoldInDatabase
from bot.database.rounds import Rounds
from bot.domain.card import Attached, Buttons, Chart, Fold, Grid
from bot.hall.home import Home
from bot.hall.reporting import Reporting
from bot.hall.settings import ReportSettings
from bot.talk.channels import Pace, Placed
from bot.talk.outbox import Outbox
from bot.talk.threads import Threads
from bot.think.scripted.deadline import deadline_in
from bot.think.scripted.intents import read_intent
from skills.capacity.actions import Capacity
from skills.capacity.settings import CapacitySettings, KubernetesAddress, PrometheusAddress
from skills.catalogue import Catalogue
from skills.clock import Clock
from tests.skills.capacity.test_looks import cluster

MONDAY = datetime(2026, 11, 23, 9, 4, tzinfo=UTC)


@dataclass
class Wall:
    """The far end: a channel's platform."""

    name: str = "wall"
    pace: Pace = field(default_factory=lambda: Pace(live=0.01))
    shown: list = field(default_factory=list)

    async def show(self, delivery):
        self.shown.append(delivery)
        thread = delivery.thread if delivery.thread.id else replace(delivery.thread, id=f"ts-{delivery.slot}")
        return Placed(delivery.ref or f"ref-{delivery.slot}", thread)


@pytest.fixture
async def database(tmp_path):
    made = Database(f"sqlite:///{tmp_path}/bot.sqlite")
    await made.open()
    yield made
    await made.close()


def replica(database, wall, now=MONDAY, language="zh", prometheus=None):
    skill = Capacity(
        CapacitySettings(step_seconds=3600, timeout=0.5),
        Clock(lambda: now),
        PrometheusAddress(url="http://prometheus"),
        KubernetesAddress(),
        httpx.MockTransport(prometheus or cluster(use=27.0, growth=1.5)),
        ForetoldInDatabase(database),
    )
    outbox = Outbox(database, {"wall": wall}, Threads(database))
    home = Home("wall", "ops", language, "UTC")
    settings = ReportSettings(cron="0 9 * * 1")
    return Reporting(Catalogue([skill]), outbox, Rounds(database), home, settings, lambda: now)


async def sent(reporting):
    took = await reporting.take_turn()
    await reporting.outbox.settled(f"capacity-report:{MONDAY.replace(minute=0).isoformat()}")
    return took


@pytest.mark.slow
async def test_one_replica_writes_it_and_it_says_what_to_do(database):
    wall = Wall()
    assert [await sent(replica(database, wall)) for _ in range(2)] == [True, False]
    (delivery,) = wall.shown
    card = delivery.card
    assert delivery.thread.place == "ops"
    assert "容量报告" in card.title
    assert {Chart, Grid, Fold} <= {type(block) for block in card.blocks}
    page, table = (block for block in card.blocks if isinstance(block, Attached))
    assert (page.name, table.name) == ("capacity-2026-11-23.md", "capacity-2026-11-23.csv")
    assert page.text.startswith(f"# {card.title}")
    assert len(table.text.splitlines()) > 3
    (button,) = next(block for block in card.blocks if isinstance(block, Buttons)).buttons
    intent = read_intent(button.target)
    assert intent.kind == "add_nodes"
    assert intent.number == int("".join(filter(str.isdigit, button.label)))
    assert deadline_in(button.target, MONDAY) > MONDAY


@pytest.mark.slow
async def test_the_english_button_asks_for_the_same(database):
    wall = Wall()
    await sent(replica(database, wall, language="en"))
    (button,) = next(block for block in wall.shown[0].card.blocks if isinstance(block, Buttons)).buttons
    assert read_intent(button.target).kind == "add_nodes"


async def test_before_its_time_and_long_after_it_nothing_is_sent(database):
    for now in (MONDAY + timedelta(hours=9), MONDAY - timedelta(days=2)):
        assert not await replica(database, Wall(), now).take_turn()


@pytest.mark.slow
async def test_a_prometheus_that_is_away_is_told_in_one_sentence(database):
    def away(request):
        raise httpx.ConnectError("refused", request=request)

    wall = Wall()
    assert await sent(replica(database, wall, prometheus=away))
    assert "未能生成" in wall.shown[0].card.summary


async def test_forecasts_are_kept_for_all_replicas_and_the_newest_that_came_is_given(database):
    kept = ForetoldInDatabase(database)
    for moment, told in ((100.0, b"old"), (300.0, b"newer"), (900.0, b"newest")):
        await kept.keep(moment, told)
    assert await ForetoldInDatabase(database).newest(500.0) == b"newer"
    assert await kept.newest(50.0) is None


@pytest.mark.parametrize("line", ["every day", "99 9 * * 1"])
def test_a_line_that_is_no_cron_line_is_told_at_the_start(line):
    with pytest.raises(ValueError, match="is no cron line"):
        ReportSettings(cron=line)
