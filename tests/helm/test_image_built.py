"""The image's own steps, done in a clean folder: how large it is, what is in it, and that it goes on duty alone."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import httpx
import pytest

from tests.helm.dockerfile import ROOT, Image, stages
from tests.servers.process import LOCAL, free_port

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(os.environ.get("DUTYBOT_TESTS") == "quick", reason="it takes minutes"),
    pytest.mark.skipif(shutil.which("strip") is None, reason="binutils are not installed"),
    pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the image's Python is 3.11"),
]
MOST_MB = 600
BASE_MB = 131
"""python:3.11-slim, unpacked, and the font with Chinese."""
EVERYTHING = """
import importlib, pkgutil, bot, skills, knowledge
for house in (bot, skills, knowledge):
    for each in pkgutil.walk_packages(house.__path__, house.__name__ + "."):
        if not each.name.endswith(("__main__", "migrations.env")) and ".training" not in each.name:
            importlib.import_module(each.name)
import chromadb, elasticsearch, kopf, langchain_openai, mcp, slack_bolt, asyncpg
import opentelemetry.exporter.otlp.proto.http.trace_exporter
"""


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """Built as the Dockerfile says; the last stage adds only its settings."""
    built, last = stages((ROOT / "Dockerfile").read_text())
    made = Image(tmp_path_factory.mktemp("image") / "root")
    for word, rest in built:
        made.do(word, rest)
    for word, rest in last:
        if word == "ENV":
            made.do(word, rest)
    return made


@pytest.fixture
def environment(image, tmp_path):
    """Of a process in it: nothing of ours, an empty home."""
    told = {name: value for name, value in image.env.items() if not name.startswith("PIP_")}
    folder = image.root / "var/lib/dutybot"
    folder.mkdir(parents=True, exist_ok=True)
    return told | {
        "HOME": str(tmp_path),
        "MPLCONFIGDIR": str(tmp_path),
        "PYTHONPYCACHEPREFIX": str(tmp_path / "python"),
    }


def test_it_is_small(image, record_property):
    size = sum(path.lstat().st_size for path in (image.root / "opt/dutybot").rglob("*") if not path.is_dir()) / 1e6
    record_property("megabytes", round(size))
    print(f"/opt/dutybot: {size:.0f} MB, with the base image about {size + BASE_MB:.0f} MB")
    assert size + BASE_MB < MOST_MB


def test_its_bill_of_materials_names_all_that_is_in_it(image):
    bill = json.loads((image.root / "opt/dutybot/sbom.cdx.json").read_text())
    told = {each["name"].lower().replace("_", "-").replace(".", "-"): each["version"] for each in bill["components"]}
    locked = dict(
        re.findall(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", (ROOT / "requirements-image.lock").read_text(), re.MULTILINE)
    )
    taken_out = {"kubernetes", "hf-xet", "pip", "setuptools"}
    assert {name: version for name, version in locked.items() if name not in taken_out}.items() <= told.items()
    assert not taken_out & set(told)
    assert bill["bomFormat"] == "CycloneDX"
    assert sum(bool(each.get("licenses")) for each in bill["components"]) > 0.9 * len(told)


def test_all_of_it_can_be_imported(image, environment, tmp_path):
    python = image.root / "opt/dutybot/bin/python"
    ran = subprocess.run([python, "-c", EVERYTHING], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr[-3000:]


def test_it_reads_and_finds_with_the_model_that_it_brings(image, environment, tmp_path):
    dutybot = image.root / "opt/dutybot/bin/dutybot"
    for words in (["import", "markdown", str(ROOT / "docs" / "runbooks")], ["library", "search", "节点磁盘满了怎么办"]):
        ran = subprocess.run(
            [dutybot, *words], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "NodeDisk" in ran.stdout


def test_it_goes_on_duty_alone(image, environment, tmp_path, record_property):
    given = {
        "DUTYBOT_CHANNELS": "web",
        "WEB_PEOPLE": json.dumps([{"id": "me", "name": "Me", "roles": ["approver"]}]),
        "WEB_TOKENS": json.dumps({"me": "a-token-of-the-page"}),
        "HTTP_PORT": str(free_port()),
    }
    began = time.monotonic()
    with (tmp_path / "log").open("wb") as log:
        command = [image.root / "opt/dutybot/bin/dutybot", "run"]
        running = subprocess.Popen(command, cwd=tmp_path, env=environment | given, stdout=log, stderr=log)
    url = f"http://{LOCAL}:{given['HTTP_PORT']}"
    try:
        assert _until(lambda: httpx.get(f"{url}/readyz", trust_env=False).json()["ready"]), (
            tmp_path / "log"
        ).read_text()
        record_property("seconds to ready", round(time.monotonic() - began, 1))
        assert "DutyBot" in httpx.get(url, trust_env=False).text
        assert "dutybot_inbox_depth" in httpx.get(f"{url}/metrics", trust_env=False).text
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 0, (tmp_path / "log").read_text()
    finally:
        running.kill()


def _until(question, seconds=180):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if question():
                return True
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    return False
