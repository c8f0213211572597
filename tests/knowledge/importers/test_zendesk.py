"""Zendesk's incremental export: a cursor, deleted tickets within it, ten requests a minute."""

from typing import Any

import pytest
from sqlalchemy import select

from knowledge import Library
from knowledge.errors import BadSource
from knowledge.importers.zendesk import EXPORT, Zendesk
from knowledge.importing import Progress, run
from knowledge.tables import documents
from knowledge.wire import Wire
from tests.fakes.http_server import Answer, Asked, Fault, HttpServer, serve


class Desk:
    """Tickets in the order of their last change; a cursor is a place in that order."""

    SIZE = 3

    def __init__(self) -> None:
        self.log: list[dict[str, Any]] = []
        self.comments: dict[int, list[dict[str, Any]]] = {}
        self.waited: list[float] = []

    def change(self, number: int, status: str = "solved", **more: Any) -> None:
        ticket = {
            "id": number,
            "subject": f"subject{number}",
            "status": status,
            "updated_at": "2026-01-01T00:00:00Z",
            "tags": [],
        }
        self.log.append(ticket | more)
        self.comments.setdefault(number, [{"body": f"body{number}", "public": True, "created_at": "2026-01-01"}])

    def answer(self, asked: Asked) -> Answer:
        if asked.path == EXPORT:
            if "cursor" not in asked.query and "start_time" not in asked.query:
                return 422, {"error": "start_time"}
            start = int(asked.query.get("cursor", "0"))
            now = self.log[start : start + self.SIZE]
            end = start + len(now)
            return 200, {"tickets": now, "after_cursor": str(end), "end_of_stream": end >= len(self.log)}
        number = int(asked.path.split("/")[4])
        if number not in self.comments:
            return 404, {}
        return 200, {"comments": self.comments[number], "meta": {"has_more": False}}

    async def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)

    async def bring(self, server: HttpServer, library: Library, private: bool = False) -> Progress:
        wire = Wire("Zendesk", server.url, sleep=self.sleep)
        return await run(library, Zendesk(wire, private, per_minute=10))


async def keys(library: Library) -> set[str]:
    async with library.records.engine.connect() as connection:
        return set((await connection.execute(select(documents.c.key))).scalars())


async def test_to_the_end_of_the_stream_at_its_pace(plain: Library):
    desk = Desk()
    for number in range(1, 8):
        desk.change(number)
    with serve(desk.answer) as server:
        assert (await desk.bring(server, plain)).kept.added == 7
        assert len([wait for wait in desk.waited if wait > 5]) == 2
        asked = server.count(EXPORT)
        await desk.bring(server, plain)
        assert server.count(EXPORT) == asked + 1


async def test_deleted_tickets_go_and_changed_ones_are_read_anew(plain: Library):
    desk = Desk()
    for number in range(1, 5):
        desk.change(number)
    with serve(desk.answer) as server:
        await desk.bring(server, plain)
        desk.change(2, "deleted")
        desk.change(3, subject="quite another thing")
        again = await desk.bring(server, plain)
    assert (again.gone, again.kept.changed) == (1, 1)
    assert await keys(plain) == {"1", "3", "4"}


async def test_what_agents_tell_each_other_stays_out(plain: Library):
    desk = Desk()
    desk.change(1)
    desk.comments[1].append({"body": "the customer is rude", "public": False, "created_at": "2026-01-02"})
    with serve(desk.answer) as server:
        await desk.bring(server, plain)
        assert (await plain.search("customer rude")).nothing_fits
        await run(plain, Zendesk(Wire("Zendesk", server.url, sleep=desk.sleep), True), afresh=True)
        assert (await plain.search("customer rude")).passages


async def test_deleted_while_we_read_its_comments(plain: Library):
    desk = Desk()
    desk.change(1)
    desk.change(2)
    del desk.comments[1]
    with serve(desk.answer) as server:
        await desk.bring(server, plain)
    assert await keys(plain) == {"2"}


@pytest.mark.parametrize("fault", [Fault("status", 429, {"retry-after": "93"}), Fault("half"), Fault("drop")])
async def test_busy_or_broken_off(plain: Library, fault: Fault):
    desk = Desk()
    desk.change(1)
    with serve(desk.answer) as server:
        server.faults.append(fault)
        assert (await desk.bring(server, plain)).kept.added == 1
    assert (93.0 in desk.waited) == (fault.kind == "status")


async def test_a_ticket_that_comes_twice_is_one(plain: Library):
    """The export goes by the time of its own making: the same ticket may come again, older than what was asked for."""
    desk = Desk()
    for number in (1, 2, 3, 1, 2, 4):
        desk.change(number)
    with serve(desk.answer) as server:
        done = await desk.bring(server, plain)
    assert (done.kept.added, done.kept.same) == (4, 2)
    assert await keys(plain) == {"1", "2", "3", "4"}


@pytest.mark.parametrize("status", [401, 403])
async def test_a_token_that_ends_on_the_way(plain: Library, status: int):
    desk = Desk()
    for number in range(1, 8):
        desk.change(number)
    with serve(desk.answer) as server:
        honest = desk.answer

        def ended(asked: Asked) -> Answer:
            return (status, {}) if asked.path.endswith("/5/comments") else honest(asked)

        server.answer = ended
        with pytest.raises(BadSource, match="Check the token"):
            await desk.bring(server, plain)
        assert await keys(plain) == {"1", "2", "3"}
        server.answer = honest
        assert (await desk.bring(server, plain)).kept.added == 4
