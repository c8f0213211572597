"""The ledger of a file: whatever is done to it later is found."""

import asyncio
import random
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from bot.__main__ import app
from bot.act.ledger.file import FileLedger
from bot.act.ledger.reading import records, verified
from bot.act.ledger.settings import LedgerSettings
from bot.domain.record import AuditRecord
from bot.errors import StoreDown

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TRIALS = 1000


def record(number, outcome="done"):
    return AuditRecord(
        NOON, "web::asker", "result", f"kubernetes.scale_deployment shop/a{number}", outcome, "a1 digest"
    )


async def written(folder, count=20):
    ledger = FileLedger(folder / "audit.jsonl")
    for number in range(count):
        await ledger.append(record(number))
    return ledger


def check(ledger):
    return verified(ledger.path, ledger.anchor_path, ledger.seal())


async def test_a_thousand_ways_to_change_it_are_found(tmp_path):
    ledger = await written(tmp_path)
    whole, chance = ledger.path.read_bytes(), random.Random(7)
    assert check(ledger) == (20, None)
    lines = whole.splitlines(keepends=True)
    kinds = {
        "edit": lambda: _edited(whole, chance),
        "cut": lambda: b"".join(lines[: (at := chance.randrange(20))] + lines[at + 1 :]),
        "swap": lambda: b"".join(_swapped(lines, chance)),
        "truncate": lambda: whole[: chance.randrange(len(whole))],
        "repeat": lambda: b"".join([*lines[: (at := chance.randrange(20))], lines[chance.randrange(20)], *lines[at:]]),
    }
    found = tried = 0
    for trial in range(TRIALS):
        changed = kinds[list(kinds)[trial % len(kinds)]]()
        ledger.path.write_bytes(changed)
        tried += changed != whole
        found += check(ledger)[1] is not None
    assert tried == TRIALS
    assert found == TRIALS


def _edited(whole, chance):
    at = chance.randrange(len(whole))
    return whole[:at] + bytes([whole[at] ^ chance.randrange(1, 128)]) + whole[at + 1 :]


def _swapped(lines, chance):
    one, other = chance.sample(range(len(lines)), 2)
    lines = list(lines)
    lines[one], lines[other] = lines[other], lines[one]
    return lines


async def test_what_was_cut_shows_for_good(tmp_path):
    ledger = await written(tmp_path)
    lines = ledger.path.read_text().splitlines(keepends=True)
    ledger.path.write_text("".join(lines[:15]))
    await ledger.append(record(99))
    assert check(ledger)[0] == 15
    assert "record 16 should stand here" in check(ledger)[1].why


async def test_another_key_or_a_forged_anchor_does_not_fit(tmp_path):
    ledger = await written(tmp_path, 3)
    other = FileLedger(ledger.path, LedgerSettings(key="another key"))
    assert verified(ledger.path, ledger.anchor_path, other.seal())[1] is not None
    ledger.path.write_text("".join(ledger.path.read_text().splitlines(keepends=True)[:2]))
    ledger.anchor_path.write_text(other.seal().anchor(ledger.seal().head(ledger.anchor_path.read_text())))
    assert "anchor" in check(ledger)[1].why
    ledger.anchor_path.unlink()
    assert "missing" in check(ledger)[1].why


async def test_two_processes_write_one_chain_and_a_torn_line_is_no_record(tmp_path):
    one, two = FileLedger(tmp_path / "a.jsonl"), FileLedger(tmp_path / "a.jsonl")
    await asyncio.gather(*(each.append(record(number)) for number in range(15) for each in (one, two)))
    assert check(one) == (30, None)
    with one.path.open("a") as file:
        file.write('{"seq":31,"chain":"ab')
    await two.append(record(31))
    assert check(one) == (31, None)
    assert one.key_path.stat().st_mode & 0o777 == 0o600


async def test_secrets_are_not_written_down_and_a_ledger_that_is_down_says_so(tmp_path):
    ledger = FileLedger(tmp_path / "audit.jsonl")
    await ledger.append(record(1, "login with password=Zx9kQ2mTianjin77"))
    assert "Zx9kQ2mTianjin77" not in ledger.path.read_text()
    assert [kept.who for _, kept in records(ledger.path)] == ["web::asker"]
    ledger.path.unlink()
    ledger.path.mkdir()
    with pytest.raises(StoreDown):
        await ledger.append(record(2))


async def test_the_command_verifies_shows_and_exports(tmp_path):
    ledger = await written(tmp_path, 5)
    run = lambda *words: CliRunner().invoke(app, ["audit", *words, "--ledger", str(ledger.path)])  # noqa: E731
    assert run("verify").exit_code == 0
    assert run("show", "--match", "shop/a3").output.count("\n") == 1
    assert run("export").output == ledger.path.read_text()
    assert run("export", "--format", "csv").output.count("\n") == 6
    ledger.path.write_text(ledger.path.read_text().replace("shop/a2", "shop/b2"))
    assert run("verify").exit_code == 1
    assert "Line 3" in run("verify").output
    ledger.path.unlink()
    ledger.anchor_path.unlink()
    assert run("verify").exit_code == 2
