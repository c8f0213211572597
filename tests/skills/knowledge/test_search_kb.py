"""The library as brains ask it: quoted, cited, and said when there is none."""

from dataclasses import dataclass

import pytest

from skills import BadArguments, Unreachable
from skills.catalogue import discover


@dataclass(frozen=True)
class One:
    title: str = "Orders failed"
    url: str = "https://jira/OPS-7"
    source: str = "jira:OPS"
    text: str = "The connection pool was exhausted.\n" * 60
    standing: str = "not verified, 2026-03-01"


def searching(*found: One, away: bool = False):
    asked = []

    async def search(question: str, most: int, service: str, alert: str):
        asked.append((question, most, service, alert))
        return None if away else found[:most]

    return discover(["knowledge"], settings={"knowledge": {"search": search}})["search_kb"], asked


async def test_what_fits_is_quoted_with_its_source():
    action, asked = searching(One(), One("证书过期", "", "confluence:SRE", "续期"))
    seen = await action({"question": "连接池耗尽", "service": "orders", "alert": "HighErrorRate"})
    assert asked == [("连接池耗尽", 5, "orders", "HighErrorRate")]
    assert seen.summary == "2 past cases or pages: Orders failed; 证书过期"
    assert seen.url == "https://jira/OPS-7"
    assert seen.table.rows[0] == ("Orders failed", "jira:OPS", "not verified, 2026-03-01", "https://jira/OPS-7")
    assert seen.lines[0].startswith("1 > The connection pool was exhausted.")
    assert seen.lines[-1] == "2 > 续期"
    assert all(len(line) <= 300 for line in seen.lines)
    assert len(seen.lines) == 5


async def test_nothing_fits_is_an_answer():
    action, _ = searching()
    seen = await action({"question": "x"})
    assert (seen.summary, seen.table, seen.lines) == ("Nothing in the library fits.", None, ())


async def test_without_a_library_it_is_said():
    action, _ = searching(away=True)
    for each in (action, discover(["knowledge"])["search_kb"]):
        with pytest.raises(Unreachable, match="dutybot import"):
            await each({"question": "x"})


@pytest.mark.parametrize("wrong", [{"question": ""}, {}, {"question": "x", "most": 99}, {"question": "x", "run": "rm"}])
async def test_what_cannot_be_asked(wrong: dict):
    action, asked = searching()
    with pytest.raises(BadArguments):
        await action(wrong)
    assert not asked
