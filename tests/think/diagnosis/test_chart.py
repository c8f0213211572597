"""The picture shows what moved, with the fault window; it is a real PNG, also without a Chinese font."""

import struct
import warnings

import pytest

from bot.think.diagnosis import Chart, Moment, chart, diagnose
from tests.think.diagnosis.faults import POD, crash
from tests.think.diagnosis.kube import NOW, alert, sight
from tests.think.diagnosis.shop import app, nodes
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


def along(name, before, after, **labels):
    """A series of two hours, with its turn a quarter of an hour ago."""
    steps = [(NOW - 7200 + 60 * step, before if step < 105 else after) for step in range(121)]
    labels = {"__name__": name, "namespace": "shop", **labels}
    return {"metric": labels, "values": [[at, str(value(step))] for step, (at, value) in enumerate(steps)]}


def drawn(*metrics, things, name, **about):
    return diagnose(sight(*things, ask=alert(name, ago=900, **about), metrics=list(metrics))).chart


def test_memory_is_shown_where_it_is_what_killed_and_not_the_restarts_that_follow():
    things = [*app(pods=[crash(137, "OOMKilled")]), *nodes()]
    chart = drawn(
        along("kube_pod_container_status_restarts_total", lambda _: 0, lambda _: 7, pod=POD, container="main"),
        along("container_memory_working_set_bytes", lambda n: 2e8 + n * 1e5, lambda _: 4e8, pod=POD, container="main"),
        things=things,
        name="ContainerOOMKilled",
        pod=POD,
    )
    assert chart.name == "container_memory_working_set_bytes"


def test_restarts_are_shown_where_nothing_else_tells():
    things = [*app(pods=[crash(1)]), *nodes()]
    chart = drawn(
        along("kube_pod_container_status_restarts_total", lambda _: 0, lambda _: 7, pod=POD, container="main"),
        along(
            "container_memory_working_set_bytes", lambda n: 1e8 + n * 1e5, lambda _: 1.3e8, pod=POD, container="main"
        ),
        things=things,
        name="KubePodCrashLooping",
        pod=POD,
    )
    assert chart.name == "kube_pod_container_status_restarts_total"
