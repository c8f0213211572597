"""Alerts become incidents: what belongs together is together, nothing is lost, and a storm is no burden."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.alert import Alert
from bot.domain.incident import Incident
from bot.think.grouping import TOGETHER, Belonging, Topology, group, nearest

START = datetime(2026, 9, 21, 12, tzinfo=UTC)


def fired(name: str, after: timedelta = timedelta(), namespace: str = "shop", **labels: str) -> Alert:
    worn = {"alertname": name, "namespace": namespace, **labels}
    print_ = "/".join(f"{key}={value}" for key, value in sorted(worn.items()))
    return Alert(f"{print_}/{after}", print_, worn, True, START + after)


def sizes(alerts, topology=None):
    return sorted(len(one.alerts) for one in group(alerts, topology))


def test_one_namespace_at_one_time_is_one_incident():
    storm = [fired("HighErrorRate", service=name) for name in ("web", "cart", "pay")]
    assert sizes(storm) == [3]


def test_two_namespaces_are_two_incidents():
    assert sizes([fired("HighErrorRate"), fired("HighErrorRate", namespace="books")]) == [1, 1]


def test_hours_apart_are_two_incidents():
    assert sizes([fired("HighErrorRate"), fired("HighErrorRate", timedelta(hours=6))]) == [1, 1]


def test_a_call_links_what_starts_later():
    later = fired("HighLatency", timedelta(minutes=20), service="web")
    first = fired("DatabaseDown", service="db")
    assert sizes([first, later]) == [1, 1]
    assert sizes([first, later], Topology(calls={"web": frozenset({"db"})})) == [2]


def test_a_node_links_pods_of_several_namespaces():
    topology = Topology(nodes={"web-1": "n1"})
    assert sizes([fired("NodeDown", namespace="", node="n1"), fired("PodDown", pod="web-1")], topology) == [2]


def test_the_same_alert_told_again_joins_where_it_was():
    assert sizes([fired("HighErrorRate")] * 3) == [3]


def test_an_incident_does_not_grow_forever():
    trickle = [fired(f"A{n}", n * (TOGETHER - timedelta(seconds=1)), service="web") for n in range(200)]
    found = group(trickle)
    assert len(found) > 1
    assert all(one.last - one.first <= timedelta(hours=4) for one in found)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.builds(
            fired,
            st.sampled_from(["A", "B", "C"]),
            st.integers(0, 900).map(lambda minutes: timedelta(minutes=minutes)),
            st.sampled_from(["", "shop", "books"]),
            service=st.sampled_from(["web", "db", "pay"]),
        ),
        max_size=40,
    )
)
def test_nothing_is_lost_and_nothing_is_twice(alerts):
    found = group(alerts)
    assert sorted(alert.key for one in found for alert in one.alerts) == sorted(alert.key for alert in alerts)


def test_a_storm_of_ten_thousand_is_placed_in_seconds():
    storm = [
        fired(f"A{n % 40}", timedelta(milliseconds=n), namespace=f"team-{n % 25}", pod=f"p{n}") for n in range(10_000)
    ]
    begun = time.perf_counter()
    found = group(storm)
    assert len(found) == 25
    assert time.perf_counter() - begun < 5


def test_an_open_incident_takes_in_what_belongs_to_it():
    belongs = Belonging()
    one = Incident("one", (fired("HighErrorRate", service="web"),), START)
    other = Incident("other", (fired("HighErrorRate", namespace="books"),), START)
    assert belongs([one, other])(fired("HighLatency", timedelta(minutes=2), service="pay")) == "one"
    assert belongs([one, other])(fired("HighLatency", timedelta(hours=7))) not in {"one", "other"}
    together = belongs([])
    assert together(fired("HighLatency")) == together(fired("HighErrorRate", timedelta(minutes=1)))


@pytest.mark.parametrize("named", ["db"])
def test_the_deepest_that_fails_is_nearest(named):
    topology = Topology(calls={"web": frozenset({"pay"}), "pay": frozenset({"db"})})
    alerts = [fired("HighErrorRate", service=name) for name in ("web", "pay", "db")]
    assert nearest(alerts, topology)[0] == named
