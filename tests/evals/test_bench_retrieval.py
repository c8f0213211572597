"""The bench of the library: its bars hold for the size that they are meant for."""

import pytest

from bot.evals.bench_retrieval import _cases


@pytest.mark.parametrize(("p95", "memory", "passed"), [(150, 700, [True, True]), (151, 701, [False, False])])
def test_the_bars_hold_for_ten_thousand_passages(p95, memory, passed):
    assert [each.passed for each in _cases(10_493, p95, memory)] == passed


def test_of_a_larger_library_the_figures_are_told_and_not_judged():
    for each in _cases(100_443, 169, 1153):
        assert each.passed is None
        assert "100,443" in each.why
