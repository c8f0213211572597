"""Shops of several workloads: noise beside noise is no fault, and of two faults the one asked about comes first."""

import json
import random
from typing import Any

import pytest

from bot.think.diagnosis import Verdict, diagnose
from tests.think.diagnosis.faults import FAULTS
from tests.think.diagnosis.kube import alert, sight
from tests.think.diagnosis.shop import nodes
from tests.think.diagnosis.test_calm import CALM
from tests.think.diagnosis.test_more_faults import CALM as RARER_CALM
from tests.think.diagnosis.test_more_faults import FAULTS as RARER

EVERYWHERE = {"NetworkPolicy", "AuthorizationPolicy", "ResourceQuota", "MutatingWebhookConfiguration", "Node"}
"""What of one workload's trouble is its neighbours' too."""
QUIET = [
    *((things, called, labels, logs, metrics) for things, called, labels, logs, metrics in CALM.values()),
    *((things, called, labels or {"deployment": "checkout"}, {}, []) for things, called, labels in RARER_CALM.values()),
]
QUIET = [one for one in QUIET if not any(each["kind"] in EVERYWHERE for each in one[0])]
TROUBLES = [one for one in (*FAULTS.values(), *RARER.values()) if "checkout" in one.root and "deployment" in one.labels]


def as_another(told: Any, place: int) -> Any:
    """The same, of another workload."""
    text = json.dumps(told).replace("checkout", f"app{place}").replace("d-data-0", f"d-store{place}-0")
    return json.loads(text.replace('"data', f'"store{place}'))


def together(parts: list[tuple[Any, Any, Any]], ask: dict[str, Any]):
    things, logs, metrics = {}, {}, []
    for listed, lines, series in parts:
        for one in listed:
            things[one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"]] = one
        logs |= lines
        metrics += series
    return diagnose(sight(*things.values(), ask=ask, logs=logs, metrics=metrics))


@pytest.mark.parametrize("seed", range(60))
def test_noise_beside_noise_is_no_fault(seed: int):
    chosen = random.Random(seed).sample(QUIET, 4)
    parts = [as_another([one[0], one[3], one[4]], place) for place, one in enumerate(chosen)]
    asked = alert(chosen[0][1], **as_another(chosen[0][2], 0))
    found = together([*parts, (nodes(), {}, [])], asked)
    assert found.verdict is Verdict.HEALTHY, [(one.key, str(one.about), one.confidence) for one in found.causes]


@pytest.mark.parametrize("seed", range(60))
def test_of_two_faults_the_one_that_was_asked_about_comes_first(seed: int):
    chance = random.Random(seed)
    fault, other = chance.choice(TROUBLES), chance.choice(TROUBLES)
    noise = as_another([chance.choice(QUIET)[0], {}, []], 2)
    beside = [one for one in other.things if one["kind"] not in EVERYWHERE]
    mine = (fault.things, fault.logs, fault.metrics)
    found = together(
        [noise, as_another([beside, other.logs, other.metrics], 1), mine], alert(fault.alert, **fault.labels)
    )
    assert found.verdict is Verdict.FAULT
    assert found.cause.about.name in fault.root, [(one.key, str(one.about), one.confidence) for one in found.causes]
    assert found.cause.category in fault.category
