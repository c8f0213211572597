"""A kept case is replayed by the demo, its library too; an incident of a running demo is kept by another command."""

import asyncio
import json
import os
import re
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.journeys.visitor import Visitor, texts
from tests.think.diagnosis.kube import alert, iso
from tests.think.diagnosis.shop import app as workload
from tests.think.diagnosis.shop import broken, ended, waiting

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow

PAST = [
    {
        "title": "Checkout was OOMKilled last week",
        "text": "KubePodCrashLooping in checkout. Cause: OOMKilled, the limit was too low. Fix: set_resources.",
        "url": "https://jira.example/OPS-7",
        "source": "jira:OPS",
        "key": "OPS-7",
    },
    {
        "title": "Checkout could not pull",
        "text": "KubePodCrashLooping in checkout. ImagePullBackOff: wrong tag.",
        "url": "https://jira.example/OPS-8",
        "source": "jira:OPS",
        "key": "OPS-8",
    },
]


@pytest.fixture
def case(tmp_path):
    """A pod that is killed for its memory, and a library with a case that fits and one that does not."""
    down = broken(waiting("CrashLoopBackOff", "back-off", 7, ended(137, "OOMKilled")))
    folder = tmp_path / "case"
    folder.mkdir()
    asked = alert("KubePodCrashLooping", summary="checkout keeps crashing", deployment="checkout")
    kept = {
        "case": {"id": "c", "now": iso(), "ask": asked, "expect": {}},
        "objects": {"kind": "List", "items": workload(pods=[down])},
        "passages": PAST,
    }
    for name, content in kept.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return folder


def dutybot(home, *arguments):
    """The command, in a home of its own: no settings, no library, and no other demo."""
    environment = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    environment |= {"PYTHONPATH": str(ROOT), "TMPDIR": str(home)}
    return asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *arguments, cwd=home, env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip


async def said(home, *arguments):
    process = await dutybot(home, *arguments)
    told, _ = await process.communicate()
    return process.returncode, told.decode()


@asynccontextmanager
async def demo(home, *arguments):
    """A demo that runs, and the address that it says."""
    process = await dutybot(home, "demo", "--port", "0", "--no-browser", "--language", "en", *arguments)
    try:
        told = ""
        while "on duty at" not in told:
            line = (await asyncio.wait_for(process.stdout.readline(), 120)).decode()
            assert line, f"the demo ended: {told}"
            told += line
        yield re.search(r"http://\S+", told)[0]
    finally:
        process.terminate()
        await process.wait()


async def test_a_replayed_case_is_kept_again_with_what_the_library_told(case, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    async with demo(home, "--replay", str(case)) as url, httpx.AsyncClient(base_url=url, timeout=30) as client:
        lin = await Visitor(client).sit("asker")
        until = asyncio.get_running_loop().time() + 120
        while not (threads := (await client.get("/web/threads")).json()["threads"]):
            assert asyncio.get_running_loop().time() < until
            await asyncio.sleep(0.2)
        card = await lin.card(threads[0]["id"], lambda card: "OPS-7" in texts(card), 120)
        assert "OOMKilled" in texts(card)
        assert "OPS-8" not in texts(card)
        incident = re.search(r"\b[0-9a-f]{12}\b", texts(card["blocks"][-1]))[0]
        code, told = await said(home, "bundle", "kept", "--incident", incident, "--report", "--out", "report.md")
        assert code == 0, told
        assert "2 passages" in told
        code, told = await said(home, "bundle", "other", "--incident", "abcdefabcdef")
        assert code == 1
        assert told.count("\n") == 1
    report = (home / "report.md").read_text()
    assert "[Checkout was OOMKilled last week](https://jira.example/OPS-7)" in report
    assert "could not pull" not in report
    assert {each["key"] for each in json.loads((home / "kept" / "passages.json").read_text())} == {"OPS-7", "OPS-8"}
    code, told = await said(home, "bundle", "kept", "--report", "--language", "zh")
    assert code == 0
    assert "与当前证据相符的历史案例" in told
    code, told = await said(home, "bundle", "more", "--question", "why is checkout slow?", "--demo")
    assert code == 1
    assert "No demo runs" in told


async def test_a_folder_that_is_no_case_is_refused_in_one_sentence(tmp_path):
    code, told = await said(tmp_path, "demo", "--replay", str(tmp_path), "--no-browser")
    assert code == 1
    assert "no case.json" in told
    assert told.count("\n") == 1
