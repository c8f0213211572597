"""Words in a large library: what all passages say is not ranked; what few say is found, and its score is the same."""

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from knowledge import fulltext
from knowledge.fulltext import Allowed, Row, SqliteText, reader_word

EVERYBODY = Allowed()


@pytest.fixture
async def shelf(tmp_path, monkeypatch):
    """500 passages that all say `pod`, ten of them `checkout`, one `etcd`; every second is hidden from most."""
    monkeypatch.setattr(fulltext, "MATCHES", 50)
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/words.sqlite")
    words = SqliteText()
    async with engine.begin() as connection:
        await words.create(connection)
        await connection.execute(text("CREATE TABLE passages (number INTEGER PRIMARY KEY)"))
        rows = [Row(n, f"case {n}", body(n), "", "some" if n % 2 else "") for n in range(1, 501)]
        await words.add(connection, rows)
        await connection.execute(text("INSERT INTO passages VALUES (:n)"), [{"n": row.number} for row in rows])
    async with engine.connect() as connection:
        yield words, connection
    await engine.dispose()


def body(number):
    return " ".join(("pod", *["checkout"] * (number % 50 == 0), *["etcd"] * (number == 77), f"w{number}"))


async def test_what_few_say_is_found_among_what_all_say(shelf):
    words, connection = shelf
    found = await words.scores(connection, ["pod", "checkout", "etcd"], EVERYBODY)
    assert set(found) == {77, *range(50, 501, 50)}
    assert max(found, key=found.get) == 77


async def test_the_scores_are_those_of_all_words_but_for_what_says_nothing(shelf, monkeypatch):
    words, connection = shelf
    few = await words.scores(connection, ["pod", "checkout", "etcd"], EVERYBODY)
    monkeypatch.setattr(fulltext, "MATCHES", 10_000)
    full = await words.scores(connection, ["pod", "checkout", "etcd"], EVERYBODY)
    for number, score in few.items():
        assert score == pytest.approx(full[number], abs=0.01)


async def test_where_all_words_are_common_the_rarest_is_asked_for(shelf):
    words, connection = shelf
    assert len(await words.scores(connection, ["pod"], EVERYBODY)) == fulltext.CANDIDATES


async def test_what_is_hidden_stays_hidden(shelf):
    words, connection = shelf
    assert await words.scores(connection, ["pod", "etcd"], Allowed((("", ""),))) == {}
    assert reader_word("", "some") != reader_word("", "")
    found = await words.scores(connection, ["pod", "etcd"], Allowed((("", "some"),)))
    assert set(found) == {77}


async def test_a_library_that_grows_is_counted_anew(shelf):
    words, connection = shelf
    await words.scores(connection, ["zebra"], EVERYBODY)
    rows = [Row(n, "", "zebra", "", "") for n in range(1001, 1041)]
    await words.add(connection, rows)
    await connection.execute(text("INSERT INTO passages VALUES (:n)"), [{"n": row.number} for row in rows])
    found = await words.scores(connection, ["zebra", "etcd"], EVERYBODY)
    assert set(found) == {77, *range(1001, 1041)}
