"""Managed databases: what trembles is no fault, what recovered is none, and what ran out is told by its own measure."""

import random

import pytest

from bot.think.diagnosis import Verdict, diagnose
from tests.think.diagnosis.kube import NOW, alert, sight

USUAL = {
    "connections_maximum": 200.0,
    "cpuutilization_average": 22.0,
    "replica_lag_maximum": 1.3,
    "free_storage_space_minimum": 1.9e11,
    "write_latency_average": 0.003,
    "disk_queue_depth_average": 0.1,
    "write_iops_average": 830.0,
}
RAMP = [250.0] * 4 + [250.0 + 24 * step for step in range(11)]
RECOVERED = [1.9e11] * 3 + [1.2e11, 6e10, 2e10, 8e9, 2e10, 9e10, 1.4e11] + [1.9e11] * 5
DIPPED = [200.0] * 8 + [0.0, 0.0, 12.0] + [190.0] * 4


def series(name, values):
    points = [[NOW - 60 * (len(values) - place), str(value)] for place, value in enumerate(values)]
    return {"metric": {"__name__": f"aws_rds_{name}", "dbinstance_identifier": "orders"}, "values": points}


def seen(name, seed=1, said=(), without="", **measured):
    chance = random.Random(seed)
    usual = {
        key: [value * (1 + chance.uniform(-0.3, 0.3) * (value < 2) + chance.uniform(-0.05, 0.05)) for _ in range(15)]
        for key, value in USUAL.items()
        if key != without
    }
    metrics = [series(key, values) for key, values in (usual | measured).items()]
    found = sight(ask=alert(name, namespace="", dbinstance_identifier="orders"), metrics=metrics)
    labels = {"source": "events", "dbinstance_identifier": "orders"}
    from dataclasses import replace

    from bot.think.diagnosis.sight import LogLine

    return replace(found, lines=tuple(LogLine(NOW - 120, text, labels) for text in said))


@pytest.mark.parametrize("seed", range(5))
def test_what_trembles_is_no_fault(seed):
    assert diagnose(seen("DatabaseCPUHigh", seed)).verdict is Verdict.HEALTHY


@pytest.mark.parametrize("name", ["WriteLatencyHigh", "DatabaseSlow", "DiskQueueDeep", "ReadIOPSHigh"])
def test_an_alert_of_a_measure_that_was_gathered_and_is_calm_is_not_believed(name):
    assert diagnose(seen(name)).verdict is Verdict.HEALTHY


def test_what_recovered_is_no_fault_and_the_alert_is_not_believed():
    found = diagnose(seen("FreeStorageLow", free_storage_space_minimum=RECOVERED))
    assert found.verdict is Verdict.HEALTHY, found.causes


def test_what_was_usual_is_read_from_more_than_two_points_where_there_are_more():
    """Two points that happen to be low do not make all that follows a rise."""
    idle = [20.0, 25.0] + [200.0 + number % 7 for number in range(150)]
    asked = alert("DatabaseSlow", namespace="", dbinstance_identifier="orders")
    found = diagnose(sight(ask=asked, metrics=[series("connections_maximum", idle)]))
    assert not [one for one in found.findings if one.look == "databases"]


def test_more_sessions_that_harm_nobody_are_a_remark():
    assert diagnose(seen("DatabaseConnectionsHigh", connections_maximum=RAMP)).verdict is Verdict.HEALTHY


HARM = {
    "the database complains of sessions": (
        seen("DatabaseConnectionsHigh", said=["too many clients"], connections_maximum=RAMP), "db_sessions_high"),
    "the work grows with the sessions": (
        seen("DatabaseConnectionsHigh", connections_maximum=RAMP, cpuutilization_average=[20.0] * 5 + [93.0] * 10),
        "db_sessions_high"),
    "it was switched over": (
        seen("DatabaseFailover", said=["Multi-AZ failover started"], connections_maximum=DIPPED), "db_failover"),
}  # fmt: skip


@pytest.mark.parametrize("name", HARM)
def test_what_harms_is_named(name):
    found, key = HARM[name]
    cause = diagnose(found).cause
    assert (cause.about.name, cause.key) == ("orders", key)


def test_the_database_says_itself_that_its_storage_is_gone():
    said = ["DB instance has exhausted its allocated storage"]
    cause = diagnose(seen("StorageFull", said=said, without="free_storage_space_minimum")).cause
    assert (cause.about.name, cause.category) == ("orders", "storage")
