"""Plans as models write them."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.proposal import Unreadable, names_of, plan_from, tool_names
from tests.think.brains.briefings import ACTIONS

RESTART = {"namespace": "shop", "name": "checkout", "kind": "Deployment"}


@pytest.mark.parametrize(
    "written",
    [
        {"steps": [{"action": "kubernetes.rollout_restart", "arguments": {"namespace": "shop", "name": "checkout"}}]},
        {"steps": [{"action": "rollout_restart", "namespace": "shop", "name": "checkout"}]},
        {"steps": [{"action": "kubernetes_rollout_restart", "namespace": "shop", "name": "checkout"}]},
        {"steps_json": json.dumps([{"action": "rollout_restart", "namespace": "shop", "name": "checkout"}])},
        {"steps": json.dumps([{"action": "rollout_restart", "namespace": "shop", "name": "checkout"}])},
        {"steps": {"action": "rollout_restart", "namespace": "shop", "name": "checkout"}},
    ],
)
def test_reads(written):
    for form in (written, json.dumps(written)):
        plan = plan_from(form, ACTIONS)
        assert [(step.action, dict(step.arguments)) for step in plan.steps] == [("kubernetes.rollout_restart", RESTART)]
        assert plan.id.startswith("P-")


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("{", "not JSON"),
        ("[]", "A plan is"),
        ('{"steps": []}', "steps"),
        ('{"steps": [{"action": "rollout_restrt"}]}', "The nearest is kubernetes.rollout_restart"),
        ('{"steps": [{"action": "zzzz"}]}', "There are: kubernetes.query_prometheus, kubernetes.rollout_restart"),
        ('{"steps": [{"action": "rollout_restart", "namespace": "shop"}]}', "name"),
        ('{"steps": [{"action": "rollout_restart", "namespace": "shop", "name": 7, "x": 1}]}', "step 1"),
        ('{"steps": [{"action": "rollout_restart", "namespace": "\\ud800", "name": "a"}]}', "not JSON"),
        ('{"steps": [{"action": "rollout_restart", "namespace": NaN, "name": "a"}]}', "not JSON"),
        ("x" * 30_000, "longer than"),
        ('{"steps": [' + ",".join(['{"action": "a"}'] * 11) + "]}", "steps"),
        ("[" * 5000, "not JSON"),
    ],
)
def test_says_what_to_correct(written, why):
    with pytest.raises(Unreadable) as told:
        plan_from(written, ACTIONS)
    assert why in told.value.why


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text() | st.dictionaries(st.text(), st.text() | st.lists(st.text()) | st.none()))
def test_never_fails_otherwise(written):
    with pytest.raises(Unreadable):
        plan_from(written, ACTIONS)


def test_one_step_has_one_digest_however_it_was_named():
    one = plan_from({"steps": [{"action": "rollout_restart", **RESTART}]}, ACTIONS)
    other = plan_from({"steps": [{"action": "kubernetes.rollout_restart", "arguments": RESTART, "why": "x"}]}, ACTIONS)
    assert one.steps[0].digest == other.steps[0].digest
    assert one.id == other.id


def test_names():
    assert set(tool_names(ACTIONS)) == {"kubernetes_query_prometheus", "kubernetes_rollout_restart"}
    assert {"kubernetes.rollout_restart", "kubernetes_rollout_restart", "rollout_restart"} <= set(names_of(ACTIONS))
