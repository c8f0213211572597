"""Killed at a step of an import: nothing kept is lost. Here some of the rounds; all: `dutybot bench library`."""

from pathlib import Path

import pytest

from bot.evals._library_child import STEPS
from bot.evals.bench_library import once_more, one_round, rounds

pytestmark = [pytest.mark.slow, pytest.mark.timeout(250)]


def test_every_step_is_killed_before_and_after():
    assert {(step, when) for step, when, _ in rounds()} == {
        (step, when) for step in STEPS for when in ("before", "after")
    }
    assert len(rounds()) == 20


@pytest.mark.parametrize(
    ("step", "when"),
    [("vectors into the books", "after"), ("vectors onto the shelf", "after"), ("the cursor", "before")],
)
async def test_killed_at_a_step(tmp_path: Path, step: str, when: str):
    assert not await one_round(tmp_path, "light", step, when, 2)


async def test_the_same_once_more_is_not_read_by_the_model(tmp_path):
    score, figures = await once_more(tmp_path, "light")
    assert score.passed, score.why
    assert figures["unchanged_embedded"] == 0
    assert figures["import_passages_per_s"] > 0
