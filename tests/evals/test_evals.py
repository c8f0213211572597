"""An eval says what it ran, and never scores what it did not run."""

import pytest

from bot.evals import CaseScore, EvalReport, NoSuchEval, load, run_eval


def test_a_report_counts_what_ran_and_what_did_not():
    report = EvalReport(
        "x", (CaseScore("a", True), CaseScore("b", False, "why"), CaseScore("c", None, "no file")), {"k": 1}
    )
    shown = report.as_json()
    assert (shown["ran"], shown["passed"], shown["failed"], shown["not_run"]) == (2, 1, 1, 1)
    assert shown["figures"] == {"k": 1}
    assert report.exit_code == 0
    assert "wrong    b: why" in report.as_text()


def test_no_score_for_what_did_not_run():
    report = EvalReport("x", (CaseScore("c", None, "no file"),), {"accuracy": 1.0})
    assert report.as_json()["figures"] == {}
    assert report.exit_code != 0


async def test_an_unknown_eval_is_named_in_one_sentence():
    with pytest.raises(NoSuchEval, match="no eval called 'nonsense'"):
        await run_eval("nonsense")


def test_a_name_with_a_path_in_it_is_no_eval():
    with pytest.raises(NoSuchEval):
        load("..settings")
