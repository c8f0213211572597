"""What became slow or fails is told with before and after, though only one service is known; what did not, is not."""

import pytest

from bot.think.diagnosis import Verdict, diagnose
from bot.think.diagnosis.markdown import as_markdown
from tests.think.diagnosis.faults import series
from tests.think.diagnosis.kube import alert, sight
from tests.think.diagnosis.shop import app, node, nodes

STEPS = range(120)


def leap(before: float, after: float) -> list[float]:
    """Half an hour and more of one level, then ten minutes of another."""
    return [before if place < 100 else after for place in STEPS]


@pytest.mark.parametrize(
    ("metric", "values", "said"),
    [
        ("service_latency_average", leap(0.02, 2.4), "0.02 s before, 2.4 s now"),
        ("service_availability_average", leap(0.999, 0.71), "0.999 before, 0.71 now"),
    ],
)
def test_a_leap_is_a_fault_also_where_nothing_else_tells(metric, values, said):
    track = series(metric, values, service="checkout")
    diagnosis = diagnose(sight(*app(), *nodes(), ask=alert("HighLatency", service="checkout"), metrics=[track]))
    assert diagnosis.verdict is Verdict.FAULT
    assert said in as_markdown(diagnosis, "en")
    assert diagnosis.chart is not None


@pytest.mark.parametrize("values", [leap(0.02, 0.03), leap(1.0, 1.2), leap(0.5, 0.1)])
def test_what_moves_little_or_for_the_better_is_no_fault(values):
    track = series("service_latency_average", values, service="checkout")
    diagnosis = diagnose(sight(*app(), *nodes(), ask=alert("HighLatency", service="checkout"), metrics=[track]))
    assert diagnosis.verdict is Verdict.HEALTHY


def test_a_sick_node_is_not_to_blame_for_what_runs_elsewhere():
    sick = node("node-z", ready="Unknown")
    diagnosis = diagnose(sight(*app(), *nodes(), sick, ask=alert("HighLatency", deployment="checkout")))
    assert diagnosis.verdict is Verdict.HEALTHY
    here = diagnose(sight(*app(), node("node-a", ready="Unknown"), ask=alert("HighLatency", deployment="checkout")))
    assert here.cause.about.name == "node-a"


def test_error_lines_that_surge_count_and_single_ones_do_not():
    line = "ERROR HikariPool-1 - Connection is not available, request timed out after 30000ms"
    for count, verdict in ((1, Verdict.HEALTHY), (8, Verdict.FAULT)):
        logs = {"checkout-6c9f7d5b8f-x2x7k": [line] * count}
        diagnosis = diagnose(sight(*app(), *nodes(), ask=alert("HighLatency", deployment="checkout"), logs=logs))
        assert diagnosis.verdict is verdict
