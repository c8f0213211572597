"""The picture shows what moved, with the fault window; it is a real PNG, also without a Chinese font."""

import struct
import warnings

import pytest

from bot.think.diagnosis import Chart, Moment, chart, diagnose
from tests.think.diagnosis.kube import NOW, sight
from tests.think.diagnosis.test_suspects import ASK, chain

PICTURE = Chart(
    "内存 memory 订单服务",
    "up",
    tuple((NOW - 60 * step, float(step)) for step in range(30)),
    (NOW - 300, NOW),
    (Moment(NOW - 400, "rolled out", "kubectl", change=True),),
)


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n")
    return struct.unpack(">II", png[16:24])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_picture_of_the_usual_size(language):
    assert size(chart.draw(PICTURE, language)) == (900, 360)


def test_without_a_chinese_font_there_are_no_empty_boxes(monkeypatch):
    monkeypatch.setattr(chart, "chinese_font", lambda: "")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert size(chart.draw(PICTURE, "zh")) == (900, 360)


def test_the_series_that_moved_is_chosen():
    diagnosis = diagnose(sight(ask=ASK, metrics=chain(slow=2.0)))
    assert "back" in diagnosis.chart.query
    assert diagnosis.chart.fault[0] < diagnosis.chart.fault[1]
