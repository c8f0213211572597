"""Kept cases: served as they were, and what is missing is said to be missing."""

import gzip
import json
from pathlib import Path

import httpx
import pytest

from bot.errors import BadInput
from bot.playground import Playground

NOW = "2026-03-01T12:00:00Z"
AT = 1772366400


def keep(folder: Path, **parts: object) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "case.json").write_text(json.dumps({"id": "mine", "now": NOW, "ask": {}, "expect": {}}))
    for name, content in parts.items():
        (folder / f"{name}.json.gz").write_bytes(gzip.compress(json.dumps(content).encode()))
    return folder


async def get(url: str, **params: object) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.get(url, params=params)


async def test_a_case_is_served_at_its_time(tmp_path):
    metrics = [{"metric": {"__name__": "up", "job": "a"}, "values": [[AT - 60, "1"], [AT - 30, "0"]]}]
    logs = [{"stream": {"pod": "a-1", "namespace": "x"}, "values": [[str((AT - 5) * 10**9), "panic: no"]]}]
    pod = {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a-1", "namespace": "x", "uid": "u1"},
        "spec": {"containers": [{"name": "a", "image": "a:1"}]}, "status": {"phase": "Failed"},
    }  # fmt: skip
    case = keep(tmp_path / "case", metrics=metrics, logs=logs, objects={"kind": "List", "items": [pod]})
    async with Playground.from_bundle(case) as playground:
        value = (await get(playground.prometheus_url + "/api/v1/query", query="up")).json()["data"]["result"]
        assert value == [{"metric": {"__name__": "up", "job": "a"}, "value": [AT, "0"]}]
        lines = await get(playground.loki_url + "/loki/api/v1/query_range", query='{pod="a-1"} |= "panic"', since="1h")
        assert lines.json()["data"]["result"][0]["values"] == [[str((AT - 5) * 10**9), "panic: no"]]
        pods = (await get(playground.kubernetes_url + "/api/v1/namespaces/x/pods")).json()["items"]
        assert [(each["metadata"]["uid"], each["status"]["phase"]) for each in pods] == [("u1", "Failed")]
        assert (await get(playground.kubernetes_url + "/api/v1/namespaces/x/pods/a-1/log")).text == "panic: no\n"
        assert (await get(playground.alertmanager_url + "/api/v2/alerts")).status_code == 503


async def test_what_was_not_kept_is_away(tmp_path):
    async with Playground.from_bundle(keep(tmp_path / "case")) as playground:
        for url in (playground.prometheus_url, playground.loki_url, playground.kubernetes_url):
            answer = await get(url + "/api/v1/query", query="up")
            assert answer.status_code == 503
            assert "kept" in answer.text


async def test_a_folder_without_a_case_is_refused(tmp_path):
    with pytest.raises(BadInput, match="bundle_no_case"):
        Playground.from_bundle(tmp_path)
