"""One person with several accounts is one person: by e-mail or by a code, and never gains a right by it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.act.kin import Kin
from bot.act.repairs import Repairs
from bot.database import Database
from bot.domain.message import Person

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SLACK = Person("U1", "lin", "slack", "T1")
FEISHU = Person("ou_lin", "林", "feishu", "tk")
WEB = Person("asker", "Lin", "web")
CHEN = Person("U2", "chen", "slack", "T1")


@pytest.fixture
async def kin(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/bot.sqlite")
    await database.open()
    made = Kin(Repairs(database), lambda: made.clock)
    made.clock = NOON
    yield made
    await database.close()


async def test_by_e_mail_whatever_its_case_and_never_by_none(kin):
    def mailed(person, email):
        return Person(person.id, person.name, person.channel, person.workspace, email=email)

    assert await kin.same(mailed(SLACK, "Lin@example.com"), mailed(FEISHU, "lin@example.com"))
    assert not await kin.same(mailed(SLACK, ""), mailed(FEISHU, ""))
    assert not await kin.same(mailed(SLACK, "lin@example.com"), mailed(FEISHU, "chen@example.com"))


async def test_by_a_code_from_both_over_three_accounts_until_one_leaves(kin):
    assert await kin.join(await kin.offer(SLACK), FEISHU) == SLACK.key
    assert await kin.join((await kin.offer(FEISHU)).lower(), WEB) == FEISHU.key
    assert await kin.same(SLACK, WEB)
    assert await kin.any(WEB, [CHEN, SLACK])
    assert not await kin.same(CHEN, SLACK)
    await kin.leave(WEB)
    assert not await kin.same(SLACK, WEB)
    assert await kin.same(SLACK, FEISHU)


async def test_a_code_counts_once_for_another_account_and_not_for_long(kin):
    code = await kin.offer(SLACK)
    assert await kin.join(code, SLACK) == ""
    assert await kin.join("NONSENSE", FEISHU) == ""
    assert await kin.join(code, FEISHU) == SLACK.key
    assert await kin.join(code, CHEN) == ""
    late = await kin.offer(SLACK)
    kin.clock = NOON + timedelta(minutes=11)
    assert await kin.join(late, CHEN) == ""
    assert not await kin.same(CHEN, SLACK)


async def test_language_and_zone_come_from_the_linked_account_where_the_platform_tells_none(kin):
    told = replace(SLACK, language="zh", zone="Asia/Shanghai")
    guessed = replace(FEISHU, guessed=True)
    assert await kin.seen(told) == told
    assert await kin.seen(guessed) == guessed
    await kin.join(await kin.offer(told), guessed)
    found = await kin.seen(guessed)
    assert (found.language, found.zone, found.key) == ("zh", "Asia/Shanghai", FEISHU.key)
    kin.clock = NOON + timedelta(hours=1)
    await kin.seen(replace(told, language="en", zone="Europe/Paris"))
    found = await kin.seen(guessed)
    assert (found.language, found.zone) == ("en", "Europe/Paris")
    await kin.leave(guessed)
    assert await kin.seen(guessed) == guessed


async def test_by_e_mail_as_well_and_what_a_platform_tells_counts_before(kin):
    web = replace(WEB, email="Lin@example.com", language="zh", zone="Asia/Tokyo")
    guessed = replace(FEISHU, email="lin@example.com", guessed=True)
    await kin.seen(web)
    found = await kin.seen(guessed)
    assert (found.language, found.zone) == ("zh", "Asia/Tokyo")
    own = replace(guessed, guessed=False, language="en", zone="UTC")
    assert await kin.seen(own) == own
    stranger = replace(guessed, email="chen@example.com")
    assert (await kin.seen(stranger)).zone == "UTC"
