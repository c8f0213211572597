"""The diagnosis eval: runs on the recorded cases where they are, and on nothing says that nothing ran."""

import json
import os
from pathlib import Path

import pytest

from bot.evals import EvalOptions, run_eval
from bot.evals.recorded.calibration import calibration

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


def bundle(folder: Path, name: str, expect: dict, objects: list) -> None:
    place = folder / "own" / name
    place.mkdir(parents=True)
    ask = {"kind": "question", "text": "What is wrong in namespace shop?"}
    case = {"id": f"own/{name}", "now": "2026-09-21T12:00:00Z", "ask": ask, "expect": expect}
    (place / "case.json").write_text(json.dumps(case))
    (place / "objects.json").write_text(json.dumps({"kind": "List", "items": objects}))


async def test_a_small_set_is_scored_and_what_is_broken_is_not_run(tmp_path):
    node = {
        "kind": "Node",
        "metadata": {"name": "n1"},
        "status": {"conditions": [{"type": "Ready", "status": "False"}]},
    }
    root = {"kind": "Node", "namespace": "", "name": "n1"}
    bundle(tmp_path, "right", {"verdict": "fault", "root": root, "category": "node", "terms": ["n1"]}, [node])
    bundle(tmp_path, "wrong", {"verdict": "healthy", "terms": []}, [node])
    bundle(tmp_path, "broken", {"verdict": "healthy", "terms": []}, [])
    (tmp_path / "own" / "broken" / "objects.json").write_text("{")
    report = await run_eval("diagnosis", EvalOptions(cases=tmp_path))
    assert (report.passed, report.failed, report.not_run) == (1, 1, 1)
    assert report.figures["accuracy"] == 0.5
    assert report.figures["false_alarms"] == 1
    assert report.figures["per_source"]["own"]["cases"] == 2
    assert "pairwise_f1" not in report.figures
    causes = report.figures["calibration"]["causes"]
    assert causes["cases"] == 2
    assert causes["bands"][0]["right"] == 0.5


def test_calibration_tells_how_far_confidence_lies_from_what_was_right():
    figures = calibration([(0.9, True), (0.9, False), (0.5, True), (0.5, True)])
    assert figures["ece"] == 0.45
    assert figures["brier"] == round((0.01 + 0.81 + 0.25 + 0.25) / 4, 4)
    assert [band["cases"] for band in figures["bands"]] == [2, 2]
    assert calibration([]) == {}
