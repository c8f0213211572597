"""The diagnosis eval: runs on the recorded cases where they are, and on nothing says that nothing ran."""

import os
from pathlib import Path

import pytest

from bot.evals import EvalOptions, run_eval

RECORDED = Path(os.environ.get("DUTYBOT_CASES", Path(__file__).parents[3] / "shared" / "data" / "diagnosis"))


async def test_nothing_ran_is_no_score(tmp_path):
    report = await run_eval("diagnosis", EvalOptions(cases=tmp_path))
    assert report.exit_code != 0
    assert report.as_json()["figures"] == {}


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded cases are not here (set DUTYBOT_CASES)")
async def test_healthy_clusters_raise_no_alarm():
    report = await run_eval("diagnosis", EvalOptions(cases=RECORDED, only="healthy"))
    assert report.ran >= 2
    assert report.figures["false_alarms"] == 0


async def test_nothing_grouped_is_no_score(tmp_path):
    assert (await run_eval("grouping", EvalOptions(cases=tmp_path))).exit_code != 0


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded cases are not here (set DUTYBOT_CASES)")
async def test_recorded_storms_become_their_incidents():
    report = await run_eval("grouping", EvalOptions(cases=RECORDED))
    assert report.figures["pairwise_f1"] >= 0.95
    assert report.figures["lost"] == 0
