"""A house's doors over a real socket, with a small skill behind them."""

import asyncio
import socket
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from bot.database import Database
from bot.talk.tools.doors import Doors
from bot.talk.tools.settings import DoorSettings
from knowledge import Document, Passage
from skills import Evidence
from tests.think.brains.briefings import ACTIONS

READER, PLANNER, ALL = "reader-secret-0123456", "planner-secret-012345", "everything-secret-0123"
TOKENS = f"claude:read:{READER}, planner:plan:{PLANNER}, dify:read+plan+knowledge:{ALL}"


@pytest.fixture
async def house(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/doors.sqlite")
    await database.open()
    state = SimpleNamespace(now=datetime(2026, 11, 22, tzinfo=UTC), looked=[], slow=0.0, forbidden="")

    async def perform_read(step, who, thread):
        state.looked.append((step, who))
        await asyncio.sleep(state.slow)
        query = str(step.arguments.get("promql"))
        return Evidence(f"checkout is at 91% for {query}", query, lines=("x" * 200,) * 200)

    async def search(query, most):
        found = Document(title="5xx of checkout", text="Restart checkout.", url="https://kb/1")
        return [Passage(found, "Restart checkout.", 0.8), Passage(found, "Unrelated.", 0.2)][:most]

    settings = DoorSettings(tokens=TOKENS, seconds=1, per_minute=1000)
    state.doors = Doors(
        ACTIONS, perform_read, lambda step: state.forbidden, database, lambda: state.now, search, settings
    )
    state.later = lambda **span: setattr(state, "now", state.now + timedelta(**span))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(
        uvicorn.Config(Starlette(routes=state.doors.routes()), port=port, log_level="error", lifespan="off")
    )
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    state.url = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=state.url, headers={"authorization": f"Bearer {ALL}"}, timeout=60) as client:
        state.client = client
        yield state
    server.should_exit = True
    await running
    await state.doors.close()
    await database.close()
