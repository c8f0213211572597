"""Charts as pictures: whatever the series hold, there is a PNG or a word why not."""

import math

import pytest
from structlog.testing import capture_logs

from bot.database import Database
from bot.domain.card import Card, Chart, Line, Mark
from bot.talk.cards.picture import draw
from bot.talk.pictures import Pictures
from bot.talk.remembered import Remembered


@pytest.mark.parametrize(
    "chart",
    [
        Chart("订单 $x$", (Line("_hidden", ((0.0, 1.0), (60.0, math.nan), (120.0, math.inf))),), "秒"),
        Chart("", (Line("", ()),)),
        Chart(
            "many", tuple(Line(f"pod-{n}", ((1.7e9, n), (1.7e9 + 60, n))) for n in range(40)), "", (Mark("m", 1.7e9),)
        ),
    ],
)
def test_a_chart_becomes_a_picture(chart):
    assert draw(chart).startswith(b"\x89PNG")


async def test_what_cannot_be_drawn_is_told_in_words(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/bot.sqlite")
    await database.open()

    async def upload(content, title):
        raise AssertionError("nothing to upload")

    beyond = Chart("beyond", (Line("a", ((1e30, 1.0),)),), alt="CPU doubled")
    with capture_logs() as logs:
        shown = await Pictures("slack", upload, Remembered(database), None).of(Card("x", (beyond,)), True)
    assert shown == {}
    assert [each["event"] for each in logs] == ["a chart could not be drawn"]
    await database.close()


def test_a_picture_tells_the_time_of_its_card():
    points = ((1.7e9, 1.0), (1.7e9 + 7_200, 2.0))
    here, there = (draw(Chart("p99", (Line("p99", points),), zone=zone)) for zone in ("Asia/Shanghai", ""))
    assert here != there
