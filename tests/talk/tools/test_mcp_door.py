"""The MCP door, driven by the official client and by the requests that Dify sends."""

import json

import httpx
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

from tests.talk.tools.conftest import ALL, READER


def client_of(house, token=ALL):
    http = httpx.AsyncClient(headers={"authorization": f"Bearer {token}"})
    return Client(streamable_http_client(f"{house.url}/mcp", http_client=http))


async def test_the_official_client_lists_and_calls(house):
    async with client_of(house) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {"kubernetes_query_prometheus", "search_kb", "propose_plan"}
        steps = tools["propose_plan"].input_schema["properties"]["steps"]
        assert steps["items"]["properties"]["action"]["enum"] == ["kubernetes.rollout_restart"]
        told = await client.call_tool("kubernetes_query_prometheus", {"promql": "up"})
        assert not told.is_error
        assert "91%" in told.content[0].text
        assert len(told.content[0].text.encode()) <= 8000
        assert [step.action for step, _ in house.looked] == ["kubernetes.query_prometheus"]
        assert house.looked[0][1].id == "dify"


async def test_a_change_is_never_done_only_proposed(house):
    async with client_of(house) as client:
        told = await client.call_tool("rollout_restart", {"namespace": "shop", "name": "checkout"})
        assert told.is_error
        assert "There is no tool" in told.content[0].text
    assert house.looked == []


async def test_a_token_reaches_only_its_scopes(house):
    async with client_of(house, READER) as client:
        assert [tool.name for tool in (await client.list_tools()).tools] == ["kubernetes_query_prometheus"]
        told = await client.call_tool("propose_plan", {"title": "x", "steps": []})
        assert told.is_error
        assert "scope" in told.content[0].text


async def test_what_dify_sends(house):
    """initialize, notifications/initialized, tools/call, DELETE; a plain JSON answer will do."""
    headers = {"accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-03-26"}
    begin = {
        "protocolVersion": "2025-03-26",
        "capabilities": {"sampling": {}, "roots": {"listChanged": True}},
        "clientInfo": {"name": "Dify", "version": "1.16.0"},
    }

    async def send(method, params=None, number=None):
        body = {"jsonrpc": "2.0", "method": method, **({"params": params} if params else {})}
        body |= {"id": number} if number is not None else {}
        return await house.client.post("/mcp", json=body, headers=headers)

    told = await send("initialize", begin, 0)
    assert told.status_code == 200
    assert told.headers["content-type"].startswith("application/json")
    assert told.json()["result"]["protocolVersion"] == "2025-03-26"
    assert (await send("notifications/initialized")).status_code == 202
    steps = [{"action": "rollout_restart", "namespace": "shop", "name": "checkout"}]
    asked = {"name": "propose_plan", "arguments": {"title": "T", "steps": steps, "conversation_id": "c-1"}}
    told = await send("tools/call", asked, 1)
    answer = json.loads(told.json()["result"]["content"][0]["text"])
    assert answer["status"] == "pending_approval"
    assert (await house.client.delete("/mcp")).status_code == 200
    assert (await house.client.get("/mcp")).status_code == 405
    plan = await house.doors.offers.claim(answer["plan_id"], "c-1")
    assert [step.action for step in plan.steps] == ["kubernetes.rollout_restart"]


async def test_nobody_without_a_token(house):
    for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": f"Basic {ALL}"}):
        async with httpx.AsyncClient() as stranger:
            told = await stranger.post(f"{house.url}/mcp", json={}, headers=headers)
            assert told.status_code == 401


async def test_a_probe_with_an_empty_body_is_told_no(house):
    told = await house.client.post("/mcp", headers={"accept": "application/json, text/event-stream"})
    assert told.status_code in {400, 406, 415, 422}
