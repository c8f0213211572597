"""The library as its users see it."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from knowledge import Document, KnowledgeSettings, Library, LibraryBusy, Reader

POOL = Document(
    "Orders could not reach the database",
    "The connection pool was exhausted after the deploy. We raised the limit and rolled back.",
    "https://jira/OPS-1",
    source="jira:OPS",
    key="1",
    kind="incident",
    updated=datetime(2026, 3, 1, tzinfo=UTC),
    services=("orders",),
)
CERT = Document("证书过期", "网关的证书过期，续期后恢复。", "https://wiki/2", source="confluence:SRE", key="2")
DISK = Document("NodeFilesystemAlmostOutOfSpace", "Delete old logs. Grow the volume.", "https://wiki/3", key="3")


async def test_found_with_its_source(plain: Library):
    await plain.add([POOL, CERT, DISK])
    found = await plain.search("connection pool exhausted after deploy")
    assert found.passages[0].document == POOL
    assert (
        found.passages[0].citation == "[Orders could not reach the database](https://jira/OPS-1) (jira:OPS, 2026-03-01)"
    )
    assert found.gaps == ("words_only",)


async def test_a_chinese_question_reaches_an_english_page(library: Library):
    await library.add([POOL, CERT, DISK])
    assert (await library.search("数据库连接池耗尽")).passages[0].document == POOL
    assert (await library.search("tls certificate expired on the gateway")).passages[0].document == CERT


async def test_nothing_fits_is_an_answer(library: Library):
    await library.add([POOL, CERT, DISK])
    found = await library.search("今天中午吃什么")
    assert found.nothing_fits
    assert not found.passages
    assert found.near


async def test_an_empty_library_says_nothing_fits(library: Library):
    assert (await library.search("anything")).nothing_fits


async def test_brought_again_nothing_is_read_again(library: Library):
    assert (await library.add([POOL, CERT])).embedded == 2
    again = await library.add([POOL, CERT])
    assert (again.same, again.embedded) == (2, 0)
    moved = await library.add([replace(POOL, url="https://jira/NEW-7")])
    assert (moved.changed, moved.embedded) == (1, 0)


async def test_what_changed_replaces_what_was(library: Library):
    await library.add([POOL])
    await library.add([replace(POOL, text="It was the printer that caught fire.")])
    assert (await library.search("printer caught fire")).passages
    assert "pool" not in (await library.search("connection pool exhausted")).near[0].text
    shelf = await library.shelf()
    assert shelf
    assert await shelf.count() == 1


async def test_forgotten_is_gone_everywhere(library: Library):
    await library.add([POOL, CERT])
    assert await library.remove([POOL.id]) == 1
    found = await library.search("connection pool exhausted")
    assert all(p.document != POOL for p in (*found.passages, *found.near))


SECRET = replace(POOL, key="9", acl="jira:SEC", title="Secret pool")
THEIRS = replace(POOL, key="8", tenant="T2", title="Their pool")


@pytest.mark.parametrize(
    ("reader", "seen"),
    [
        (Reader(), {"1"}),
        (Reader("T2"), {"1", "8"}),
        (Reader("T1", frozenset({"jira:SEC"})), {"1", "9"}),
        (Reader(patterns=frozenset({"jira:S*"})), {"1", "9"}),
        (Reader(patterns=frozenset({"jira:OPS:*", "JIRA:*"})), {"1"}),
        (Reader("*", frozenset({"*", "jira:*"})), {"1"}),
        (Reader(everything=True), {"1", "8", "9"}),
    ],
)
async def test_nobody_sees_what_they_may_not(library: Library, reader: Reader, seen: set[str]):
    await library.add([POOL, SECRET, THEIRS])
    found = await library.search("connection pool exhausted", reader=reader)
    assert {p.document.key for p in (*found.passages, *found.near)} == seen


async def test_hidden_passages_take_nobodys_place(library: Library):
    crowd = [replace(SECRET, key=f"s{i}", text=f"connection pool exhausted {i}") for i in range(150)]
    await library.add([*crowd, POOL])
    assert (await library.search("connection pool exhausted")).passages[0].document == POOL


async def test_a_named_alert_comes_first(plain: Library):
    runbook = replace(DISK, key="4", title="Space", alerts=("NodeFilesystemFull",))
    await plain.add([DISK, runbook])
    found = await plain.search("delete old logs", alert="NodeFilesystemFull")
    assert found.passages[0].document == runbook


async def test_a_second_process_is_refused_with_a_sentence(wordy: KnowledgeSettings, plain: Library):
    with pytest.raises(LibraryBusy, match="in use by another process"):
        await Library.open(wordy)


async def test_secrets_are_masked_before_they_are_kept(wordy: KnowledgeSettings):
    library = await Library.open(wordy, mask=lambda text: text.replace("hunter2", "***"))
    await library.add([replace(POOL, text="the password was hunter2", title="hunter2 leaked")])
    (passage,) = (await library.search("password leaked")).passages
    await library.close()
    assert "hunter2" not in passage.document.text + passage.text + passage.title


async def test_odd_questions_are_answered(library: Library):
    await library.add([POOL])
    for question in ("", "\x00", '"', "a" * 5000, "\ud800", "NEAR( OR AND *", "🔥"):
        assert await library.search(question) is not None


async def test_odd_letters_in_documents_are_survived(library: Library):
    await library.add([replace(POOL, text="pool \x00 and \ud800 half" + "k" * 5000, title="Odd \x00")])
    assert (await library.search("pool half")).passages[0].title == "Odd "


async def test_two_first_questions_at_once(library: Library):
    found = await asyncio.gather(library.search("pool"), library.search("certificate"), library.add([POOL]))
    assert found[0].gaps == found[1].gaps
