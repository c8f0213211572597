"""The ledger in Elasticsearch: nothing lost, nothing twice, in order; while it is away, when it refuses, and after."""

import json
import uuid
from datetime import UTC, datetime

import pytest

from bot.act.ledger.elasticsearch import ElasticsearchLedger, Refused
from bot.act.ledger.file import FileLedger
from bot.domain.record import AuditRecord

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


async def test_appending_does_not_wait_for_it(tmp_path):
    away = ledger(tmp_path, "http://127.0.0.1:1")
    await away.append(record(1))
    assert (tmp_path / "audit.jsonl").read_text().count("\n") == 1
    await away.close()
