"""What all tests share: fixtures of real servers (tests/servers/README.md) and of the browser, and second tries."""

from os import cpu_count, environ
from pathlib import Path

import pytest
from hypothesis import settings

from bot.redaction import masker
from tests import thrift

pytest_plugins = ["tests.servers.fixtures", "tests.browser"]
HERE = Path(__file__).parent
SECOND_TRY = {"journeys", "operator", "trust", "servers", "differential"}
"""Folders whose tests drive whole processes: a machine that stalls may fail one; the last line counts second tries."""

QUICK = environ.get("DUTYBOT_TESTS") == "quick"
collect_ignore = ["journeys", "differential"] if QUICK else []
"""The quick suite knows no whole house and no real server."""

thrift.spend_less()

settings.register_profile("ours", deadline=None, derandomize=not environ.get("DUTYBOT_SEARCH"))
settings.load_profile("ours")
"""A machine that stalls is no failure of what is tested. Each run has the same cases; DUTYBOT_SEARCH=1 seeks new."""


@pytest.fixture(autouse=True)
def mask_as_before():
    """A command that a test runs in this process leaves its own mask behind, and no other test is to see by it."""
    kept = masker._house
    yield
    masker.use(kept)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """One more try for tests of many processes, and for no other; the quick suite is without what takes long."""
    long: list[pytest.Item] = []
    for each in items:
        marks = {mark.name for mark in each.iter_markers()}
        if marks & {"servers", "browser"} or SECOND_TRY & set(each.path.relative_to(HERE).parts):
            each.add_marker(pytest.mark.flaky(reruns=1))
        if QUICK and marks & {"slow", "servers", "browser"}:
            long.append(each)
    if long:
        config.hook.pytest_deselected(items=long)
        kept = set(items) - set(long)
        items[:] = [each for each in items if each in kept]


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: tests wait for each other's answers half of the time."""
    return (cpu_count() or 1) + 1
