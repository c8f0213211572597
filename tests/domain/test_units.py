"""A chart says in which unit its numbers are, and in a size that people read."""

import pytest

from bot.domain.units import scaled, unit_of


@pytest.mark.parametrize(("name", "most", "unit"), [
    ("container_memory_working_set_bytes", 1e9, "bytes"),
    ("service_latency_average", 0.4, "s"),
    ("istio_request_duration_milliseconds", 12, "ms"),
    ("service_availability_average", 1.0, "ratio"),
    ("shop_availability_average", 100.0, "%"),
    ("pod_cpu_usage_percent", 97, "%"),
    ("container_cpu_usage_seconds_total", 1e6, ""),
    ("pg_stat_activity_count", 20, ""),
])  # fmt: skip
def test_the_unit_is_read_from_the_name(name, most, unit):
    assert unit_of(name, most) == unit


@pytest.mark.parametrize(("unit", "most", "shown"), [
    ("bytes", 1.9e10, (17.7, "GiB")),
    ("bytes", 100, (100, "B")),
    ("s", 0.012, (12, "ms")),
    ("s", 5, (5, "s")),
    ("s", 1200, (20, "min")),
    ("ratio", 0.97, (97, "%")),
    ("", 7, (7, "")),
])  # fmt: skip
def test_the_size_is_one_that_people_read(unit, most, shown):
    factor, name = scaled(unit, most)
    assert (pytest.approx(shown[0], abs=0.05), shown[1]) == (factor * most, name)
