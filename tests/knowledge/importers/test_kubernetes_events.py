"""Events of Kubernetes: gathered, counted once, and kept after the cluster has forgotten them."""

from typing import Any

from sqlalchemy import select

from knowledge import Library
from knowledge.importers.kubernetes_events import KubernetesEvents
from knowledge.importing import Progress, run
from knowledge.tables import documents
from knowledge.wire import Wire
from tests.fakes.http_server import Answer, Asked, Fault, HttpServer, serve


def event(
    uid: str, pod: str = "api-7d9f8b6c5d-x2x4z", count: int = 1, reason: str = "BackOff", **more: Any
) -> dict[str, Any]:
    return {
        "metadata": {"uid": uid, "name": uid, "namespace": "pay"},
        "type": "Warning",
        "reason": reason,
        "message": f"Back-off restarting failed container of {pod}",
        "involvedObject": {"kind": "Pod", "namespace": "pay", "name": pod},
        "count": count,
        "lastTimestamp": "2026-11-22T10:00:00Z",
    } | more


class Cluster:
    """Lists two at a time; `expired` answers a continue with 410 so often."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.expired = 0
        self.watched: list[str] = []

    def answer(self, asked: Asked) -> Answer:
        if asked.query.get("watch"):
            return 200, "\n".join(self.watched)
        start = int(asked.query.get("continue", 0))
        if start and self.expired:
            self.expired -= 1
            return 410, {"reason": "Expired"}
        more = str(start + 2) if start + 2 < len(self.events) else ""
        return 200, {"items": self.events[start : start + 2], "metadata": {"continue": more}}


async def bring(server: HttpServer, library: Library) -> Progress:
    return await run(library, KubernetesEvents(Wire("Kubernetes", server.url)))


async def rows(library: Library) -> list[Any]:
    async with library.records.engine.connect() as connection:
        return list(await connection.execute(select(documents)))


async def test_many_events_are_one_document(plain: Library):
    cluster = Cluster()
    cluster.events = [event(f"u{i}", f"api-7d9f8b6c5d-x2x4{i}", count=3) for i in range(5)] + [
        event("v", reason="FailedMount")
    ]
    with serve(cluster.answer) as server:
        await bring(server, plain)
    found = await rows(plain)
    assert {row.title for row in found} == {"BackOff: Pod pay/api", "FailedMount: Pod pay/api"}
    assert any("15 times" in row.text for row in found)


async def test_an_event_seen_again_counts_once_and_grows(plain: Library):
    cluster = Cluster()
    cluster.events = [event("u", count=4)]
    with serve(cluster.answer) as server:
        await bring(server, plain)
        await bring(server, plain)
        cluster.events = [event("u", count=9)]
        await bring(server, plain)
        cluster.events = [event("w", count=1)]
        await bring(server, plain)
    (row,) = await rows(plain)
    assert "10 times" in row.text


async def test_what_the_cluster_forgot_we_keep(plain: Library):
    cluster = Cluster()
    cluster.events = [event("u")]
    with serve(cluster.answer) as server:
        await bring(server, plain)
        cluster.events = []
        await bring(server, plain)
    assert len(await rows(plain)) == 1


async def test_a_list_that_grew_too_old_is_begun_anew(plain: Library):
    cluster = Cluster()
    cluster.events = [event(f"u{i}", reason=f"R{i}") for i in range(6)]
    cluster.expired = 2
    with serve(cluster.answer) as server:
        await bring(server, plain)
    assert len(await rows(plain)) == 6


async def test_the_newer_kind_of_event(plain: Library):
    cluster = Cluster()
    newer = event("u", series={"count": 40, "lastObservedTime": "2026-11-22T11:00:00.000000Z"})
    newer |= {
        "regarding": newer.pop("involvedObject"),
        "note": newer.pop("message"),
        "count": None,
        "lastTimestamp": None,
    }
    cluster.events = [newer, {"type": "Normal"}, {}]
    with serve(cluster.answer) as server:
        await bring(server, plain)
    (row,) = await rows(plain)
    assert "40 times" in row.text


async def test_watching_goes_on_after_the_list_and_ends_at_an_error():
    import json

    cluster = Cluster()
    cluster.events = [event("u")]
    cluster.watched = [
        json.dumps({"type": "ADDED", "object": event("v", reason="Evicted")}),
        json.dumps({"type": "ERROR", "object": {"code": 410}}),
        json.dumps({"type": "ADDED", "object": event("w", reason="Never")}),
    ]
    with serve(cluster.answer) as server:
        importer = KubernetesEvents(Wire("Kubernetes", server.url))
        titles = [d.title async for batch in importer.follow(None, 1) for d in batch.documents]
        await importer.close()
    assert titles == ["BackOff: Pod pay/api", "Evicted: Pod pay/api"]


async def test_a_watch_that_closes_early_is_no_error_and_the_next_list_goes_on(plain: Library):
    import json

    cluster = Cluster()
    cluster.events = [event("u")]
    cluster.watched = [json.dumps({"type": "ADDED", "object": event("v", reason="Evicted")}), '{"type": "ADD']
    with serve(cluster.answer) as server:
        importer = KubernetesEvents(Wire("Kubernetes", server.url))
        batches = [batch async for batch in importer.follow(None, 1)]
        cluster.events.append(event("w", reason="Late"))
        again = [d.title async for batch in importer.batches(batches[-1].cursor) for d in batch.documents]
        await importer.close()
    assert [d.title for batch in batches for d in batch.documents] == ["BackOff: Pod pay/api", "Evicted: Pod pay/api"]
    assert again == ["Late: Pod pay/api"]


async def test_busy_and_it_says_how_long(plain: Library):
    cluster, waited = Cluster(), list[float]()
    cluster.events = [event(f"u{i}") for i in range(5)]

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    with serve(cluster.answer) as server:
        server.faults.extend([Fault("status", 429, {"retry-after": "2"}), Fault("half"), Fault("drop")])
        await run(plain, KubernetesEvents(Wire("Kubernetes", server.url, sleep=sleep)))
    assert waited[0] == 2.0
    (row,) = await rows(plain)
    assert "5 times" in row.text
