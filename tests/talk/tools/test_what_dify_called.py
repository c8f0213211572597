"""The tool calls that a real Dify 1.16.0 made, as its streams tell of them, made anew at our doors."""

import json

import pytest

from tests.fakes.dify_server import FIXTURES

MADE = {
    "agent_tool_call": ["query_prometheus"],
    "agent_parallel_tool_calls": ["query_prometheus"],
    "agent_read_then_propose_plan": ["query_prometheus", "propose_plan"],
    "agent_openapi_plan_then_messages_api": ["query_prometheus", "propose_plan"],
    "agent_openapi_array_args": ["propose_plan"],
    "agent_mcp_tool_call_array_args": ["propose_plan"],
    "chatflow_agent_tool_call": ["query_prometheus"],
    "chatflow_agent_propose_plan": ["query_prometheus", "propose_plan"],
    "chatflow_agent_mcp_propose_plan": ["propose_plan"],
}
NAMES = {"query_prometheus": "kubernetes_query_prometheus", "propose_plan": "propose_plan"}


def calls(name):
    """Which tool was called with what: by agent_thought rows, or by the agent_log of a chatflow."""
    found = {}
    for line in (FIXTURES / f"{name}.sse").read_text().splitlines():
        event = json.loads(line[6:]) if line.startswith("data: ") else {}
        if event.get("event") == "agent_thought" and event["observation"]:
            for tool, given in json.loads(event["tool_input"]).items():
                found[event["id"], tool] = given
        told = event.get("data", {})
        if event.get("event") == "agent_log" and told["label"].startswith("CALL ") and told["status"] == "success":
            output = told["data"]["output"]
            found[told["id"], output["tool_call_name"]] = output["tool_call_input"]
    plain = ((tool.removeprefix("mcp_").removesuffix("_v2"), given) for (_, tool), given in found.items())
    return list({json.dumps(each): each for each in plain}.values())


async def by_openapi(house, tool, given):
    told = await house.client.post(f"/tools/{NAMES[tool]}", json=given)
    assert told.status_code == 200, told.text
    return told.json()["result"]


async def by_mcp(house, tool, given):
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": NAMES[tool], "arguments": given}}
    headers = {"accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-03-26"}
    told = (await house.client.post("/mcp", json=asked, headers=headers)).json()["result"]
    assert not told["isError"], told
    return told["content"][0]["text"]


@pytest.mark.parametrize("door", [by_openapi, by_mcp])
@pytest.mark.parametrize("name", MADE)
async def test_is_answered_as_dify_expects(house, name, door):
    made = calls(name)
    assert [tool for tool, _ in made] == MADE[name]
    for tool, given in made:
        answer = await door(house, tool, given)
        if tool == "query_prometheus":
            assert "91%" in answer
            assert house.looked[-1][0].arguments["promql"] == given["promql"]
            continue
        told = json.loads(answer)
        assert (told["status"], set(told)) == ("pending_approval", {"plan_id", "status", "note"})
        again = json.loads(await door(house, tool, given))
        assert again["plan_id"] == told["plan_id"], "the same plan of the same conversation"
        conversation = given.get("conversation_id", "")
        plan = await house.doors.offers.claim(told["plan_id"], conversation or "whoever read it")
        assert [step.action for step in plan.steps] == ["kubernetes.rollout_restart"]
        assert plan.steps[0].arguments["name"] == "checkout"
