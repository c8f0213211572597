"""The rate of one window is the same whether it is asked for alone, as rules do, or among many."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.playground.promql.frames import RawSeries
from bot.playground.promql.windows import Windows, extrapolated

NUMBERS = st.one_of(st.integers(0, 10_000).map(float), st.floats(width=32))
SERIES = st.lists(st.tuples(st.integers(1, 40_000), NUMBERS), min_size=1, max_size=30)


@pytest.mark.parametrize("counter", [True, False])
@pytest.mark.parametrize("per_second", [True, False])
@given(SERIES, st.integers(0, 600_000), st.integers(0, 900_000))
def test_alone_or_among_many(counter, per_second, samples, end, span):
    times = np.cumsum([gap for gap, _ in samples], dtype=np.int64)
    series = RawSeries({}, times, np.array([value for _, value in samples]))
    with np.errstate(all="ignore"):
        alone, there = extrapolated(Windows.cut(series, np.array([end]), span), counter=counter, per_second=per_second)
        ends = np.array([end, end + 1000])
        among, those = extrapolated(Windows.cut(series, ends, span), counter=counter, per_second=per_second)
    assert there[0] == those[0]
    if there[0]:
        np.testing.assert_array_equal(alone, among[:1])
