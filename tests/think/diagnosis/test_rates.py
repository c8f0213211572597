"""What only grows is drawn as a rate."""

from dataclasses import replace

import pytest

from bot.think.diagnosis.rates import HELD, PERIODS, SHARE, legible
from bot.think.diagnosis.sight import Track
from tests.think.diagnosis.kube import NOW, sight

WEB = {"namespace": "shop", "pod": "web-1", "container": "main"}
TIMES = tuple(NOW - 300 + 60 * step for step in range(5))


def track(name, *values, labels=WEB):
    return Track(name, labels, TIMES[: len(values)], tuple(map(float, values)))


def shown(*tracks) -> dict:
    seen = replace(sight(), tracks=tracks)
    return {one.name: (one.values, query) for one, query in legible(seen)}


def test_throttling_is_the_share_of_the_periods():
    found = shown(track(HELD, 0, 40, 120, 200, 280), track(PERIODS, 0, 100, 200, 300, 400))
    assert set(found) == {SHARE}
    values, query = found[SHARE]
    assert values == (0.4, 0.8, 0.8, 0.8)
    assert query.startswith(f"rate({HELD}{{")
    assert f"/ rate({PERIODS}{{" in query


def test_another_container_s_periods_are_not_taken():
    assert shown(track(HELD, 0, 40), track(PERIODS, 0, 100, labels={**WEB, "container": "other"})) == {}


def test_a_counter_that_begins_anew_makes_no_step():
    (name, (values, query)) = next(iter(shown(track("queue_jobs_total", 600, 660, 0, 120)).items()))
    assert name == "queue_jobs_per_second"
    assert values == (1.0, 2.0)
    assert query.startswith("rate(queue_jobs_total{")


@pytest.mark.parametrize("name", ["kube_pod_container_status_restarts_total", "container_memory_working_set_bytes"])
def test_what_is_read_as_it_is_stays(name):
    assert shown(track(name, 1, 2, 3))[name][0] == (1.0, 2.0, 3.0)


def test_cpu_time_is_cores():
    assert shown(track("container_cpu_usage_seconds_total", 0, 30, 60))["container_cpu_usage_cores"][0] == (0.5, 0.5)
