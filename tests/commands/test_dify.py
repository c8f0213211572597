"""`dutybot dify` against a stand-in for Dify's console and Service API."""

import asyncio
import base64
import json
import threading

import pytest
import yaml
from typer.testing import CliRunner

from bot.__main__ import app
from bot.errors import BadInput
from tests.fakes.dify_server import Answer, DifyServer, plain, replay

SECRET = "everything-secret-0123"
IMPORTED = {"id": "i-1", "status": "completed", "app_id": "a-1", "error": ""}


@pytest.fixture
def dify(monkeypatch, tmp_path):
    """A server in its own thread: the command runs a loop of its own."""
    monkeypatch.chdir(tmp_path)
    loop, ready = asyncio.new_event_loop(), threading.Event()
    server = DifyServer()

    def serve():
        asyncio.set_event_loop(loop)
        loop.run_until_complete(server.start())
        ready.set()
        loop.run_forever()

    thread = threading.Thread(target=serve)
    thread.start()
    ready.wait()
    base = server.url.removesuffix("/v1")
    monkeypatch.setenv("DIFY_CONSOLE_URL", base)
    monkeypatch.setenv("DIFY_CONSOLE_EMAIL", "a@example.com")
    monkeypatch.setenv("DIFY_CONSOLE_PASSWORD", "pw")
    monkeypatch.setenv("DOORS_TOKENS", f"dify:read+plan+knowledge:{SECRET}")
    monkeypatch.setenv("DOORS_PUBLIC_URL", "http://bot.ops:8080")
    monkeypatch.setenv("DIFY_URL", base + "/v1")
    monkeypatch.setenv("DIFY_KEY", "app-x")
    monkeypatch.setenv("DUTYBOT_SKILLS", "prometheus,loki,kubernetes")
    cookie = "__Host-csrf_token=csrf-1; Path=/"
    server.on("/console/api/login$", plain(200, {"result": "success"}, set_cookie=cookie))
    server.on("/tool-providers$", plain(200, b"[]", "application/json"))
    server.on("/tool-provider/mcp$", plain(200, {"result": "success"}))
    server.on("/apps/imports$", plain(200, IMPORTED))
    server.on("/workflows/publish$", plain(200, {"result": "success"}))
    server.on("/api-keys$", plain(201, {"token": "app-new"}), method="POST")
    server.on("/api-keys$", plain(200, {"data": []}), method="GET")
    server.on("/console/api/apps$", plain(200, {"data": [{"id": "a-9", "name": "another DutyBot chatflow"}]}))
    server.on("/v1/info$", plain(200, {"mode": "advanced-chat"}))
    server.on("/v1/parameters$", plain(200, {"user_input_form": []}))
    server.on("/v1/chat-messages$", replay("chatflow_plain_turn1"))
    yield server
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.run_until_complete(server.stop())
    loop.close()


def run(*words):
    return CliRunner().invoke(app, ["dify", *words])


def asked(server, path):
    return next(each for each in server.requests if each["path"].endswith(path))


def test_setup_from_nothing_to_the_first_answer(dify):
    told = run("setup", "--model", "qwen-max", "--provider", "langgenius/tongyi/tongyi", "--language", "zh")
    assert told.exit_code == 0, told.output
    assert "DIFY_KEY=app-new" in told.output
    assert base64.b64decode(asked(dify, "/login")["json"]["password"]) == b"pw"
    made = asked(dify, "/tool-provider/mcp")["json"]
    assert made["server_url"] == "http://bot.ops:8080/mcp"
    assert made["server_identifier"] == "dutybot"
    assert made["headers"] == {"Authorization": f"Bearer {SECRET}"}
    written = yaml.safe_load(asked(dify, "/apps/imports")["json"]["yaml_content"])
    node = written["workflow"]["graph"]["nodes"][1]["data"]["agent_parameters"]
    assert node["model"]["value"]["provider"] == "langgenius/tongyi/tongyi"
    assert node["model"]["value"]["model"] == "qwen-max"
    assert asked(dify, "/workflows/publish")["path"] == "/console/api/apps/a-1/workflows/publish"
    assert asked(dify, "/chat-messages")["headers"]["authorization"] == "Bearer app-new"


def test_a_provider_that_is_there_is_not_made_again(dify):
    dify.on(
        "/tool-providers$", plain(200, b'[{"name": "DutyBot", "server_identifier": "dutybot"}]', "application/json")
    )
    assert run("setup").exit_code == 0
    assert not any(each["path"].endswith("/tool-provider/mcp") for each in dify.requests)


def test_again_all_is_brought_up_to_date_and_nothing_is_made_twice(dify):
    listed = b'[{"id": "p-1", "type": "mcp", "name": "DutyBot", "server_identifier": "dutybot"}]'
    dify.on("/tool-providers$", plain(200, listed, "application/json"))
    dify.on("/mcp/update/p-1$", plain(200, {"tools": []}))
    dify.on("/console/api/apps$", plain(200, {"data": [{"id": "a-1", "name": "DutyBot chatflow"}]}))
    dify.on("/api-keys$", plain(200, {"data": [{"token": "app-old"}]}), method="GET")
    told = run("setup")
    assert told.exit_code == 0, told.output
    changed = next(each for each in dify.requests if each["method"] == "PUT")
    assert changed["path"].endswith("/tool-provider/mcp")
    assert changed["json"]["provider_id"] == "p-1"
    assert changed["json"]["headers"] == {"Authorization": f"Bearer {SECRET}"}
    assert asked(dify, "/mcp/update/p-1")["method"] == "GET"
    assert asked(dify, "/apps/imports")["json"]["app_id"] == "a-1"
    assert "DIFY_KEY=app-old" in told.output
    assert not [each for each in dify.requests if each["path"].endswith("/api-keys") and each["method"] == "POST"]


def test_a_dify_without_mcp_gets_custom_tools(dify):
    empty, listed = b"[]", b'[{"id": "6e5f-uuid", "type": "api", "name": "DutyBot"}]'
    dify.on("/tool-providers$", plain(200, empty, "application/json"), plain(200, listed, "application/json"))
    dify.on("/tool-provider/api/add$", plain(200, {"result": "success"}))
    told = run("setup", "--door", "openapi")
    assert told.exit_code == 0, told.output
    made = asked(dify, "/tool-provider/api/add")["json"]
    page = json.loads(made["schema"])
    assert page["servers"] == [{"url": "http://bot.ops:8080"}]
    assert (made["schema_type"], made["credentials"]["api_key_value"]) == ("openapi", SECRET)
    written = yaml.safe_load(asked(dify, "/apps/imports")["json"]["yaml_content"])
    tools = written["workflow"]["graph"]["nodes"][1]["data"]["agent_parameters"]["tools"]["value"]
    assert {(each["type"], each["provider_name"]) for each in tools} == {("api", "6e5f-uuid")}
    assert {f"/tools/{each['tool_name']}" for each in tools} == set(page["paths"])
    propose = next(each for each in tools if each["tool_name"] == "propose_plan")["parameters"]
    assert {"steps_json", "conversation_id"} <= set(propose)
    assert propose["conversation_id"]["value"]["value"] == ["sys", "conversation_id"]
    assert not any(each["path"].endswith("/tool-provider/mcp") for each in dify.requests)


def test_a_classic_agent_that_is_there_is_brought_up_to_date(dify):
    dify.on("/console/api/apps$", plain(200, {"data": [{"id": "a-7", "name": "DutyBot agent"}]}))
    dify.on("/apps/a-7/model-config$", plain(200, {"result": "success"}))
    dify.on("/v1/info$", plain(200, {"mode": "agent-chat"}))
    dify.on("/v1/meta$", plain(200, {"tool_icons": {}}))
    dify.on("/v1/chat-messages$", replay("agent_tool_call"))
    told = run("setup", "--kind", "agent", "--model", "qwen-max")
    assert told.exit_code == 0, told.output
    sent = asked(dify, "/apps/a-7/model-config")["json"]
    assert (sent["model"]["name"], sent["agent_mode"]["strategy"]) == ("qwen-max", "function_call")
    assert {each["provider_id"] for each in sent["agent_mode"]["tools"]} == {"dutybot"}
    assert not [each for each in dify.requests if each["path"].endswith(("/imports", "/publish"))]


def ended(status, **data):
    told = {"event": "workflow_finished", "task_id": "t", "workflow_run_id": "r", "data": {"status": status, **data}}
    return Answer(pieces=[(0, b"event: ping\n\ndata: " + json.dumps(told).encode() + b"\n\n")])


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (ended("succeeded", outputs={"text": "A test."}), 0, "✓ alert"),
        (ended("succeeded", outputs={"text": ""}), 1, "✗ alert"),
        (ended("failed", error="Error code: 401 - bad key"), 1, "credentials"),
        (replay("err_bad_key"), 1, "DIFY_KEY"),
    ],
)
def test_the_triage_app_is_no_brain_and_reads_one_alert(dify, answer, code, words):
    dify.on("/v1/info$", plain(200, {"mode": "workflow"}))
    dify.on("/v1/workflows/run$", answer)
    told = run("setup", "--kind", "triage", "--language", "en")
    assert told.exit_code == code, told.output
    assert words in told.output
    assert set(asked(dify, "/v1/workflows/run")["json"]["inputs"]) == {"alert", "findings", "zone"}
    assert "/v1/workflows/run with Authorization: Bearer app-new" in told.output
    assert "DIFY_KEY=" not in told.output


def test_an_import_that_waits_is_confirmed(dify):
    dify.on("/apps/imports$", plain(202, {"id": "i-1", "status": "pending"}))
    dify.on("/imports/i-1/confirm$", plain(200, IMPORTED))
    assert run("setup").exit_code == 0


@pytest.mark.parametrize(
    ("path", "answer", "key"),
    [
        ("/login$", plain(401, {"code": "unauthorized"}), "dify_console_login"),
        ("/tool-providers$", plain(200, b"<html>"), "dify_console_address"),
        ("/tool-provider/mcp$", plain(400, {"message": "Failed to connect to MCP server"}), "dify_console_refused"),
        ("/apps/imports$", plain(400, {"status": "failed", "error": "Invalid version type"}), "dify_import_failed"),
        ("/workflows/publish$", plain(400, {"message": "requires a binding"}), "dify_console_refused"),
    ],
)
def test_what_goes_wrong_is_one_sentence(dify, path, answer, key):
    dify.on(path, answer)
    told = run("setup")
    assert isinstance(told.exception, BadInput)
    assert told.exception.key == key


def test_without_a_token_for_dify(dify, monkeypatch):
    monkeypatch.setenv("DOORS_TOKENS", "")
    assert run("setup").exception.key == "doors_no_token"


def test_check_says_what_is_wrong(dify):
    assert run("check").exit_code == 0
    dify.on("/v1/info$", plain(200, {"mode": "agent-chat"}))
    dify.on("/v1/meta$", plain(200, {"tool_icons": {"x": {"background": "#252525", "content": "😁"}}}))
    dify.on("/v1/chat-messages$", replay("err_model_http_401_stream_agent"))
    required = {"user_input_form": [{"text-input": {"variable": "env", "required": True}}]}
    dify.on("/v1/parameters$", plain(200, required))
    told = run("check")
    assert told.exit_code == 1
    for words in ("env", "dutybot dify setup", "credentials"):
        assert words in told.output
    dify.on("/v1/info$", replay("err_bad_key"))
    assert "DIFY_KEY" in run("check").output


def test_bad_options():
    assert run("setup", "--kind", "poem").exception.key == "error_option"
    assert run("setup", "--door", "window").exception.key == "error_option"
    assert run("setup", "--language", "fr").exception.key == "error_option"
