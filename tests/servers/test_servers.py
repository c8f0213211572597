"""The test servers themselves: each starts, answers as the real thing does, and is gone when stopped."""

import time

import asyncpg
import httpx
import pytest

from tests.servers.prometheus_server import openmetrics

pytestmark = pytest.mark.servers


def test_prometheus_has_what_is_written_into_its_past(prometheus):
    start = time.time() - 5 * 86400
    points = [(start + 30 * n, float(n)) for n in range(2000)]
    prometheus.write([({"__name__": "past", "pod": "a"}, points), ({"__name__": "past", "pod": "b"}, points[:3])])
    assert prometheus.ask("count_over_time(past[1d])", at=start + 86399) == [
        {"metric": {"pod": "a"}, "value": [pytest.approx(start + 86399, abs=0.001), "2000"]},
        {"metric": {"pod": "b"}, "value": [pytest.approx(start + 86399, abs=0.001), "3"]},
    ]
    assert prometheus.ask('past{pod="a"}', at=points[1999][0])[0]["value"][1] == "1999"


def test_prometheus_over_a_backfill(start_prometheus):
    now = time.time() // 60 * 60
    series = [
        (
            {"__name__": "http_requests_total", "service": name},
            [(now - 4 * 3600 + 60 * n, slope * n) for n in range(90)],
        )
        for name, slope in (("order", 60.0), ("pay", 6.0))
    ]
    server = start_prometheus(backfill=openmetrics(series))
    rates = server.ask("rate(http_requests_total[10m])", at=now - 3 * 3600)
    assert {one["metric"]["service"]: float(one["value"][1]) for one in rates} == {
        "order": pytest.approx(1.0),
        "pay": pytest.approx(0.1),
    }


def test_prometheus_says_what_is_wrong_with_a_query(prometheus):
    answer = prometheus.client.get("/api/v1/query", params={"query": "sum by ("})
    assert answer.status_code == 400
    assert answer.json()["errorType"] == "bad_data"


def test_an_alert_goes_from_a_rule_to_alertmanager(start_prometheus, alertmanager):
    rules = """
groups:
- name: always
  rules:
  - alert: AlwaysOn
    expr: vector(1) > 0
    labels: {severity: page}
"""
    start_prometheus(rules=rules, alertmanager=alertmanager.address)
    end = time.monotonic() + 20
    names: set[str] = set()
    while "AlwaysOn" not in names and time.monotonic() < end:
        names = {one["labels"]["alertname"] for one in alertmanager.alerts()}
        time.sleep(0.1)
    assert "AlwaysOn" in names


def test_alertmanager_keeps_a_silence(alertmanager):
    alertmanager.fire({"labels": {"alertname": "Quiet", "service": "order"}})
    silence = {
        "matchers": [{"name": "alertname", "value": "Quiet", "isRegex": False, "isEqual": True}],
        "startsAt": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "endsAt": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600)),
        "createdBy": "tests",
        "comment": "quiet",
    }
    made = alertmanager.client.post("/api/v2/silences", json=silence)
    assert made.status_code == 200
    kept = alertmanager.client.get(f"/api/v2/silence/{made.json()['silenceID']}").json()
    assert kept["status"]["state"] in ("active", "pending")


def test_loki_answers_over_lines_of_any_time_in_any_order(loki):
    start = time.time() - 3 * 86400
    loki.push({"app": "order", "level": "error"}, [(start + 7200, "late timeout"), (start, "early timeout")])
    loki.push({"app": "order", "level": "error"}, [(start + 3600, "panic: nil", {"pod": "order-1"})])
    streams = loki.ask('{app="order"} |= "timeout"', start - 1, start + 9000)
    assert sorted(line for stream in streams for _, line, *_ in stream["values"]) == ["early timeout", "late timeout"]
    counts = loki.ask('sum(count_over_time({app="order"}[3h]))', start + 7201, start + 7202)
    assert counts[0]["values"][0][1] == "3"
    assert len(loki.ask('{app="order"} | pod="order-1"', start - 1, start + 9000)) == 1


def test_loki_groups_lines_into_patterns_with_counts(loki):
    now = time.time()
    loki.push({"app": "pay"}, [(now - 60 + n / 4, f'level=error msg="timeout after {7 * n} ms"') for n in range(100)])
    params = {"query": '{app="pay"}', "start": round((now - 600) * 1e9), "end": round((now + 60) * 1e9)}
    end, found = time.monotonic() + 15, []
    while not found and time.monotonic() < end:
        found = loki.client.get("/loki/api/v1/patterns", params=params).json()["data"]
        time.sleep(0.2)
    assert [sum(count for _, count in one["samples"]) for one in found] == [100]
    assert "<_>" in found[0]["pattern"]


def test_loki_says_what_is_wrong_with_a_query(loki):
    answer = loki.client.get("/loki/api/v1/query_range", params={"query": '{app="order"'})
    assert answer.status_code == 400
    assert "parse error" in answer.text


@pytest.mark.usefixtures("start_prometheus", "start_alertmanager", "start_loki")
@pytest.mark.parametrize("kind", ["prometheus", "alertmanager", "loki"])
def test_a_stopped_server_is_gone(kind, request):
    server = request.getfixturevalue(f"start_{kind}")()
    url, folder = server.url, server.folder
    assert httpx.get(f"{url}/metrics", trust_env=False).status_code == 200
    server.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/metrics", trust_env=False)
    assert not server.process.running
    assert not folder.exists()


async def test_postgres_lends_empty_databases(postgres):
    one, other = postgres.new_database(), postgres.new_database()
    assert one != other
    connection = await asyncpg.connect(one)
    await connection.execute("create table kept (n int)")
    await connection.execute("insert into kept values (1), (2)")
    assert await connection.fetchval("select sum(n) from kept") == 3
    await connection.close()
    connection = await asyncpg.connect(other)
    assert await connection.fetchval("select count(*) from pg_tables where tablename = 'kept'") == 0
    await connection.close()


def test_elasticsearch_finds_and_counts(elasticsearch):
    assert elasticsearch.client.put("/audit", json={"mappings": {"properties": {"at": {"type": "date"}}}}).is_success
    lines = "".join(
        f'{{"index": {{"_id": "{n}"}}}}\n{{"at": "2026-01-01T0{n}:00:00Z", "action": "restart", "who": "u{n % 2}"}}\n'
        for n in range(4)
    )
    headers = {"Content-Type": "application/x-ndjson"}
    told = elasticsearch.client.post("/audit/_bulk?refresh=true", content=lines, headers=headers).json()
    assert told["errors"] is False
    question = {
        "query": {
            "bool": {"filter": [{"match": {"action": "restart"}}, {"range": {"at": {"gte": "2026-01-01T01:00:00Z"}}}]}
        },
        "aggs": {"who": {"terms": {"field": "who.keyword"}}},
    }
    found = elasticsearch.client.post("/audit/_search", json=question).json()
    assert found["hits"]["total"]["value"] == 3
    assert {one["key"]: one["doc_count"] for one in found["aggregations"]["who"]["buckets"]} == {"u1": 2, "u0": 1}
    assert elasticsearch.client.put("/audit/_create/1", json={}).status_code == 409


def test_chroma_keeps_and_finds(chroma):
    import chromadb

    client = chromadb.HttpClient(host=chroma.host, port=chroma.port)
    pages = client.create_collection("pages", embedding_function=None)
    pages.add(ids=["a", "b"], embeddings=[[1.0, 0.0], [0.0, 1.0]], documents=["restart", "scale"])
    assert pages.query(query_embeddings=[[0.9, 0.1]], n_results=1)["documents"] == [["restart"]]
