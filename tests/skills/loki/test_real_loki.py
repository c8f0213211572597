"""The same actions on a real Loki."""

import time

import pytest

from skills import BadArguments
from skills.catalogue import discover

pytestmark = pytest.mark.servers


async def test_lines_errors_and_volume(loki):
    at = time.time()
    loki.push(
        {"app": "pay-real", "namespace": "bank", "pod": "pay-1"},
        [
            *[(at - 300 + n, f"ERROR order {n} failed: connection pool exhausted") for n in range(20)],
            (at - 200, "INFO all is well"),
            (at - 100, 'level=info msg="0 errors"'),
            (at - 90, "java.lang.OutOfMemoryError: Java heap space"),
        ],
    )
    catalogue = discover(["loki"], settings={"loki": {"url": loki.url}})
    found = await catalogue["search_logs"]({"selector": "pay-real", "filter": "is well"})
    assert [line.split(" ", 2)[2] for line in found.lines] == ["pay-1 INFO all is well"]
    errors = await catalogue["error_logs"]({"service": "pay-real", "namespace": "bank"})
    assert [each["count"] for each in errors.facts["patterns"]] == [20, 1]
    assert errors.facts["total"] == 21
    volume = await catalogue["log_volume"]({"selector": '{app="pay-real"}'})
    assert volume.facts["totals"] == {"all lines": 23, "errors": 21}
    with pytest.raises(BadArguments, match="parse error"):
        await catalogue["search_logs"]({"selector": '{app="pay-real"', "filter": "| ?"})
    with pytest.raises(BadArguments, match="parse error"):
        await catalogue["search_logs"]({"selector": '{app="pay-real"}', "filter": "| ?"})
    await catalogue.close()
