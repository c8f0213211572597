"""The ledger in Elasticsearch: nothing lost, nothing twice, in order; while it is away, when it refuses, and after."""

import asyncio
import contextlib
import json
import re
import uuid
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from structlog.testing import capture_logs

from bot.act.ledger.elasticsearch import ElasticsearchLedger, Refused
from bot.act.ledger.file import FileLedger
from bot.act.ledger.reading import records
from bot.domain.record import AuditRecord
from tests.servers.elasticsearch_server import ElasticsearchServer
from tests.servers.process import LOCAL, free_port

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def record(number):
    return AuditRecord(NOON, "web::asker", "result", f"kubernetes.scale shop/a{number}", "done")


def ledger(tmp_path, url, stream="audit"):
    from elasticsearch import AsyncElasticsearch

    client = AsyncElasticsearch(url, request_timeout=20, retry_on_timeout=False, max_retries=0)
    return ElasticsearchLedger(FileLedger(tmp_path / "audit.jsonl"), client, stream)


@pytest.mark.servers
async def test_the_real_one_keeps_each_record_once_and_in_order(tmp_path, elasticsearch):
    stream = f"audit-{uuid.uuid4().hex[:8]}"
    kept = ledger(tmp_path, elasticsearch.url, stream)
    await kept.prepare()
    for number in range(30):
        await kept._file.append(record(number))
    assert await kept.send() == 30
    (tmp_path / "audit.jsonl.sent").unlink()
    assert await kept.send() == 30, "a replay is taken for what it is"
    elasticsearch.client.post(f"/{stream}/_refresh")
    found = elasticsearch.client.post(f"/{stream}/_search", json={"size": 100, "sort": ["seq"]}).json()["hits"]["hits"]
    assert [hit["_source"]["seq"] for hit in found] == list(range(1, 31))
    lines = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert [hit["_source"]["chain"] for hit in found] == [line["chain"] for line in lines]
    asked = {"query": {"match": {"to": "a7"}}}
    assert elasticsearch.client.post(f"/{stream}/_search", json=asked).status_code == 200
    wrong = elasticsearch.client.put(f"/{stream}/_doc/1", json={"@timestamp": "2026-11-22T12:00:00Z"})
    assert wrong.status_code == 400, "a data stream takes only new documents"
    await kept.close()


@pytest.mark.servers
async def test_what_it_refuses_or_misses_is_sent_later_in_order(tmp_path, elasticsearch):
    from elasticsearch import ConnectionError as Gone

    stream = f"audit-{uuid.uuid4().hex[:8]}"
    away = ledger(tmp_path, "http://127.0.0.1:1", stream)
    for number in range(5):
        await away._file.append(record(number))
    assert await away.behind() == 5
    with pytest.raises(Gone):
        await away.send()
    await away.close()
    kept = ledger(tmp_path, elasticsearch.url, stream)
    await kept.prepare()
    assert await kept.send() == 5
    assert await kept.behind() == 0
    elasticsearch.client.put(f"/{stream}/_settings", json={"index.blocks.write": True})
    await kept._file.append(record(5))
    with pytest.raises(Refused, match="record 6"):
        await kept.send()
    elasticsearch.client.put(f"/{stream}/_settings", json={"index.blocks.write": False})
    assert await kept.send() == 1
    elasticsearch.client.post(f"/{stream}/_refresh")
    assert elasticsearch.client.get(f"/{stream}/_count").json()["count"] == 6
    await kept.close()


@pytest.mark.servers
async def test_another_record_in_our_place_is_no_replay(tmp_path, elasticsearch):
    stream = f"audit-{uuid.uuid4().hex[:8]}"
    kept = ledger(tmp_path, elasticsearch.url, stream)
    await kept.prepare()
    planted = {"@timestamp": "2026-11-22T12:00:00Z", "chain": "someone else's", "seq": 1}
    elasticsearch.client.put(f"/{stream}/_create/{kept.id_of(1)}?refresh=true", json=planted).raise_for_status()
    await kept._file.append(record(0))
    with pytest.raises(Refused, match="record 1: status 409"):
        await kept.send()
    await kept.close()


@pytest.mark.servers
async def test_half_of_a_bulk_is_taken_and_the_rest_follows_in_order_without_a_gap(tmp_path, elasticsearch):
    stream = f"audit-{uuid.uuid4().hex[:8]}"
    kept = ledger(tmp_path, elasticsearch.url, stream)
    await kept.prepare()
    planted = {"@timestamp": "2026-11-22T12:00:00Z", "chain": "someone else's", "seq": 4}
    made = elasticsearch.client.put(f"/{stream}/_create/{kept.id_of(4)}?refresh=true", json=planted).json()
    for number in range(7):
        await kept._file.append(record(number))
    with pytest.raises(Refused, match="record 4"):
        await kept.send()
    assert await kept.behind() == 4, "what stood before it counts as sent, and nothing after it"
    elasticsearch.client.delete(f"/{made['_index']}/_doc/{kept.id_of(4)}?refresh=true").raise_for_status()
    assert await kept.send() == 4
    elasticsearch.client.post(f"/{stream}/_refresh")
    found = elasticsearch.client.post(f"/{stream}/_search", json={"size": 20, "sort": ["seq"]}).json()["hits"]["hits"]
    assert [hit["_source"]["seq"] for hit in found] == list(range(1, 8))
    await kept.close()


@pytest.mark.servers
async def test_while_it_is_away_records_wait_and_follow_by_themselves_when_it_is_back(tmp_path, elasticsearch):
    port, stream = free_port(), f"audit-{uuid.uuid4().hex[:8]}"
    kept = ledger(tmp_path, f"http://{LOCAL}:{port}", stream)
    for number in range(20):
        await kept.append(record(number))
    await asyncio.sleep(0)
    assert await kept.behind() == 20
    async with relay(port, urlsplit(elasticsearch.url).port):
        async with asyncio.timeout(60):
            while await kept.behind():
                await asyncio.sleep(0.1)
    for number in range(20, 25):
        await kept.append(record(number))
    assert await kept.behind() == 5, "away again"
    async with relay(port, urlsplit(elasticsearch.url).port):
        async with asyncio.timeout(60):
            while await kept.behind():
                await asyncio.sleep(0.1)
    elasticsearch.client.post(f"/{stream}/_refresh")
    found = elasticsearch.client.post(f"/{stream}/_search", json={"size": 50, "sort": ["seq"]}).json()["hits"]["hits"]
    assert [hit["_source"]["seq"] for hit in found] == list(range(1, 26))
    await kept.close()


@pytest.mark.servers
async def test_answers_are_lost_it_is_away_for_long_we_restart_and_all_is_there_once_in_order(tmp_path, elasticsearch):
    port, stream, there = free_port(), f"audit-{uuid.uuid4().hex[:8]}", urlsplit(elasticsearch.url).port
    url = f"http://{LOCAL}:{port}"
    kept = ledger(tmp_path, url, stream)
    async with relay(port, there, deaf=True):
        for number in range(30):
            await kept.append(record(number))
        async with asyncio.timeout(60):
            while count_of(elasticsearch, stream) < 1:
                await asyncio.sleep(0.1)
        assert await kept.behind() == 30, "it has taken some, and we have not heard of it"
    for number in range(30, 330):
        await kept.append(record(number))
    assert "does not answer" in await kept.health()
    assert await kept.behind() == 330
    assert [seq for seq, _ in records(tmp_path / "audit.jsonl")] == list(range(1, 331)), "reads go on from the file"
    await kept.close()
    again = ledger(tmp_path, url, stream)
    await again.append(record(330))
    assert await again.behind() == 331
    async with relay(port, there), asyncio.timeout(120):
        while await again.behind():
            await asyncio.sleep(0.1)
        assert await again.health() == ""
    count_of(elasticsearch, stream)
    found = elasticsearch.client.post(f"/{stream}/_search", json={"size": 999, "sort": ["seq"]}).json()["hits"]["hits"]
    assert [hit["_source"]["seq"] for hit in found] == list(range(1, 332))
    chains = [json.loads(line)["chain"] for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert [hit["_source"]["chain"] for hit in found] == chains
    await again.close()


def count_of(server, stream):
    server.client.post(f"/{stream}/_refresh")
    return server.client.get(f"/{stream}/_count").json().get("count", 0)


@asynccontextmanager
async def relay(port, to, deaf=False):
    """Elasticsearch at another port, for as long as the block lasts; then every connection is cut.

    `deaf`: what it answers to a bulk is lost, and the connection with it.
    """
    open_ = set()

    async def pump(reader, writer, asked, lost=()):
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if deaf and b"_bulk" in data and isinstance(asked, list):
                    asked.append(data)
                if lost:
                    writer.transport.abort()
                    return
                writer.write(data)
                await writer.drain()
        writer.close()

    async def serve(reader, writer):
        there, back = await asyncio.open_connection(LOCAL, to)
        open_.update((writer, back))
        bulks = []
        await asyncio.gather(pump(reader, back, bulks), pump(there, writer, (), bulks))

    server = await asyncio.start_server(serve, LOCAL, port)
    try:
        yield
    finally:
        server.close()
        for each in open_:
            each.transport.abort()


DOC = (Path(__file__).parents[3] / "docs/elasticsearch.md").read_text(encoding="utf-8")
PAGE = {call: json.loads(body) for call, body in re.findall(r"```json\n(\w+ \S+)\n(.*?)```", DOC, re.DOTALL)}
APPEND = PAGE["POST /_security/api_key"]["role_descriptors"]["append"]
STRICT = ["create_doc", "auto_configure"]
STREAM = "dutybot-audit"


@pytest.fixture(scope="module")
def sealed(elasticsearch):
    """One that lets nobody in without a password, and a user for each role of the page."""
    allowed = {"append": APPEND["indices"][0], "strict": APPEND["indices"][0] | {"privileges": STRICT}}
    roles = {n: {"indices": [each | {"names": [f"dutybot-{n}", "dutybot-taken"]}]} for n, each in allowed.items()}
    server = ElasticsearchServer(roles)
    template = PAGE[f"PUT /_index_template/{STREAM}"] | {"index_patterns": ["dutybot-*"]}
    template["template"] = template["template"] | {"settings": {}}  # it knows no lifecycles
    server.client.put(f"/_index_template/{STREAM}", json=template).raise_for_status()
    yield server
    server.stop()


def as_user(tmp_path, server, name, stream):
    from elasticsearch import AsyncElasticsearch

    client = AsyncElasticsearch(server.url, basic_auth=(name, server.password), max_retries=0)
    return ElasticsearchLedger(FileLedger(tmp_path / "audit.jsonl"), client, stream)


FORBIDDEN = (
    ("DELETE", f"/{STREAM}", None),
    ("PUT", f"/{STREAM}/_settings", {"index.blocks.write": True}),
    ("PUT", f"/_index_template/{STREAM}", {"index_patterns": ["x"]}),
    ("PUT", "/other/_create/1", {"a": 1}),
    ("GET", "/_cluster/settings", None),
)


@pytest.mark.servers
@pytest.mark.parametrize("role", ["append", "strict"])
async def test_the_roles_of_the_page_may_add_and_nothing_else(tmp_path, sealed, role):
    stream = f"dutybot-{role}"
    kept = as_user(tmp_path, sealed, role, stream)
    assert await kept.health() == ""
    await kept._prepare_if_we_may()
    for number in range(3):
        await kept._file.append(record(number))
    assert await kept.send() == 3
    (tmp_path / "audit.jsonl.sent").unlink()
    assert await kept.send() == 3, "a replay does not stop it"
    user = httpx.Client(base_url=sealed.url, auth=(role, sealed.password), trust_env=False)
    asked = [(method, path.replace(STREAM, stream), body) for method, path, body in FORBIDDEN]
    told = {f"{method} {path}": user.request(method, path, json=body).status_code for method, path, body in asked}
    assert set(told.values()) == {403}, told
    assert user.get(f"/{stream}/_search").status_code == (200 if role == "append" else 403)
    sealed.client.post(f"/{stream}/_refresh")
    assert sealed.client.get(f"/{stream}/_count").json()["count"] == 3
    index = next(iter(sealed.client.get(f"/{stream}/_settings").json()))
    assert user.put(f"/{index}/_doc/{kept.id_of(1)}?if_seq_no=0&if_primary_term=1", json={}).status_code == 403
    assert user.delete(f"/{index}/_doc/{kept.id_of(1)}").status_code == 403
    user.close()
    await kept.close()


@pytest.mark.servers
async def test_who_may_read_sees_that_its_place_was_taken_and_who_may_not_is_warned(tmp_path, sealed):
    ours = as_user(tmp_path, sealed, "append", "dutybot-taken")
    planted = {"@timestamp": "2026-11-22T12:00:00Z", "chain": "someone else's", "seq": 1}
    sealed.client.put(f"/dutybot-taken/_create/{ours.id_of(1)}?refresh=true", json=planted).raise_for_status()
    await ours._file.append(record(0))
    with pytest.raises(Refused, match="record 1: status 409"):
        await ours.send()
    await ours.close()
    strict = as_user(tmp_path, sealed, "strict", "dutybot-taken")
    with capture_logs() as logs:
        assert await strict.send() == 1
    assert "the key may not read which" in logs[0]["event"]
    await strict.close()


@pytest.mark.servers
async def test_what_an_administrator_made_is_left_as_it_is(tmp_path, elasticsearch):
    stream = f"audit-{uuid.uuid4().hex[:8]}"
    kept = ledger(tmp_path, elasticsearch.url, stream)
    own = {"index_patterns": [stream], "data_stream": {}, "priority": 900}
    elasticsearch.client.put(f"/_index_template/{stream}", json=own).raise_for_status()
    await kept.prepare()
    (found,) = elasticsearch.client.get(f"/_index_template/{stream}").json()["index_templates"]
    assert found["index_template"]["priority"] == 900
    await kept.close()


class WithLifecycles:
    """The four calls of a server that has lifecycles, as its reference tells them: the one of the tests has none."""

    def __init__(self):
        self.kept, self.indices, self.ilm = {}, self, self

    async def get_lifecycle(self, name):
        from elastic_transport import ApiResponseMeta
        from elasticsearch import NotFoundError

        if name not in self.kept:
            raise NotFoundError("missing", ApiResponseMeta(404, "1.1", {}, 0.0, None), {})

    async def put_lifecycle(self, name, policy):
        self.kept[name] = policy

    async def exists_index_template(self, name):
        return "template" in self.kept

    async def put_index_template(self, name, **told):
        self.kept["template"] = told


async def test_where_there_are_lifecycles_the_stream_gets_one_that_the_page_shows(tmp_path):
    server = WithLifecycles()
    kept = ElasticsearchLedger(FileLedger(tmp_path / "audit.jsonl"), server, STREAM)
    for _ in range(2):
        await kept.prepare()
    assert server.kept[STREAM] == PAGE[f"PUT /_ilm/policy/{STREAM}"]["policy"]
    assert server.kept["template"] == PAGE[f"PUT /_index_template/{STREAM}"]


async def test_appending_does_not_wait_for_it(tmp_path):
    away = ledger(tmp_path, "http://127.0.0.1:1")
    await away.append(record(1))
    assert (tmp_path / "audit.jsonl").read_text().count("\n") == 1
    await away.close()
