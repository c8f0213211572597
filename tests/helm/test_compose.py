"""docker-compose.yml as far as it goes without Docker: every service's real program, started as it is composed."""

import asyncio
import contextlib
import re
import shlex
import subprocess

import httpx
import pytest
import yaml

from tests.helm.composed import COMPOSE, ENTRIES, LISTENS, ROOT, SERVICES, TEXT, Composed
from tests.helm.test_image import PINNED
from tests.journeys.visitor import Visitor, texts
from tests.servers import programs
from tests.servers.fixtures import needs

SECRETS = {"ALERTS_TOKEN": "a-token-that-alerts-bring", "PAGE_TOKEN": "a-token-of-the-page"}
GO = ("prometheus", "alertmanager", "loki")


def test_each_service_has_the_version_that_the_tests_run():
    told = {name: values["image"].partition(":")[2].removeprefix("v") for name, values in SERVICES.items()}
    tried = {name: programs.PROGRAMS[name].version.removeprefix("v") for name in GO}
    tried["prometheus"] = re.sub(r"^0\.(\d)(\d\d)\.", lambda found: f"{found[1]}.{int(found[2])}.", tried["prometheus"])
    tried["chroma"] = dict(PINNED.findall((ROOT / "requirements.lock").read_text()))["chromadb"]
    assert {name: told[name] for name in tried} == tried
    charted = yaml.safe_load((ROOT / "helm" / "values.yaml").read_text())["stores"]["chroma"]["image"]
    assert charted == SERVICES["chroma"]["image"]


def test_every_service_is_tried_and_every_setting_is_ours():
    assert set(SERVICES) == set(LISTENS)
    known = set(re.findall(r"^(?:# )?(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert set(SERVICES["dutybot"]["environment"]) <= known
    for name, values in SERVICES.items():
        assert values.get("command") or name in ENTRIES or name in {"dutybot", "postgres"}, name


def test_every_host_that_is_named_is_a_service():
    told = [*SERVICES["dutybot"]["environment"].values(), *SERVICES["shop"]["command"]]
    told += [(ROOT / "helm" / "trying" / name).read_text() for name in ("prometheus.yaml", "loki.yaml")]
    told.append((ROOT / "helm" / "alertmanager.yaml").read_text())
    named = {host for text in told for host in re.findall(r"(?://|@|\")(?:\w+:\w+@)?([a-z][\w-]*)(?::\d+|/)", text)}
    assert named - {"localhost", "second-way"} == set(SERVICES), "second-way is for whoever sets it up"


def test_who_needs_a_secret_has_it_where_its_configuration_looks():
    (secret,) = SERVICES["alertmanager"]["secrets"]
    assert COMPOSE["secrets"][secret["source"]] == {"environment": "ALERTS_TOKEN"}
    assert f"credentials_file: {secret['target']}" in (ROOT / "helm" / "alertmanager.yaml").read_text()
    assert set(re.findall(r"\$\{(\w+):\?", TEXT)) == set(SECRETS)
    assert all(f"{name}=$(" in TEXT for name in SECRETS), "the page's top says how to make them"


@pytest.fixture(scope="module")
def composed():
    needs(*GO)
    made = Composed(SECRETS).start()
    yield made
    made.stop()


@pytest.mark.servers
@pytest.mark.timeout(1800)
async def test_faults_of_the_shop_become_incidents_with_evidence_of_all_servers(composed):
    """One is told of by the rules of the chart; the other, made by the page's own `curl`, by those of the shop."""
    asked = SERVICES["postgres"]["healthcheck"]["test"][1:]
    assert composed.running["postgres"].run(*asked).returncode == 0
    me = await _signed_in(composed)
    async with httpx.AsyncClient(base_url=composed.url("prometheus"), trust_env=False, timeout=20) as prometheus:
        await _all_are_scraped(prometheus)
        await _lines_arrive(composed)
        assert not (await me.client.get("/web/threads")).json()["threads"], "nothing is wrong yet"
        await asyncio.to_thread(_break_the_shop, composed, "oom")
        killed = await _incident(me, "PodOutOfMemory")
        await asyncio.to_thread(_break_the_shop, composed, "bad_release")
        assert await _incident(me, "order-service answers")
        rules = (await prometheus.get("/api/v1/rules")).json()["data"]["groups"]
    assert {rule["health"] for group in rules for rule in group["rules"]} == {"ok"}
    assert "out of a resource" in killed["summary"]
    assert "OOMKilled" in killed["summary"], "what Kubernetes told"
    assert any(block["kind"] == "chart" for block in killed["blocks"]), "what Prometheus told"
    assert "not available" not in texts(killed), "no source was away, Loki neither"


async def _signed_in(composed):
    client = httpx.AsyncClient(base_url=composed.url("dutybot"), trust_env=False, timeout=20)
    me = Visitor(client)
    answer = await me.post("/web/me", {"token": SECRETS["PAGE_TOKEN"], "language": "en"})
    assert answer.is_success, answer.text
    me.me = answer.json()
    return me


async def _all_are_scraped(prometheus, seconds=240):
    """Every job that the configuration names answers, and the shop's counters have been seen twice."""
    async with asyncio.timeout(seconds):
        while True:
            found = (await prometheus.get("/api/v1/targets")).json()["data"]["activeTargets"]
            asked = {"query": "count_over_time(kube_node_info[2m]) > 2"}
            twice = (await prometheus.get("/api/v1/query", params=asked)).json()["data"]["result"]
            if twice and {each["health"] for each in found} == {"up"}:
                break
            await asyncio.sleep(1)
    assert {each["labels"]["job"] for each in found} == {"prometheus", "alertmanager", "loki", "dutybot", "shop"}


async def _lines_arrive(composed, seconds=120):
    """The shop's lines are in Loki, and can be asked for as quickly as a diagnosis waits."""
    asked = {"query": '{namespace="shop"}', "limit": "5"}
    async with httpx.AsyncClient(base_url=composed.url("loki"), trust_env=False, timeout=4) as loki:
        async with asyncio.timeout(seconds):
            while True:
                with contextlib.suppress(httpx.TimeoutException):
                    answer = (await loki.get("/loki/api/v1/query_range", params=asked)).json()
                    if answer["data"]["result"]:
                        return
                await asyncio.sleep(1)


def _break_the_shop(composed, fault):
    (command,) = re.findall(r"^#\s+(curl .*/playground/faults)$", TEXT, re.MULTILINE)
    command = command.replace("bad_release", fault).replace("127.0.0.1:9301", "shop:9301")
    words = [composed.here(word) for word in shlex.split(command)]
    told = subprocess.run([*words, "--fail-with-body", "--noproxy", "*"], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


async def _incident(me, said, seconds=600):
    """The card of the incident that says so, once it has a report."""
    async with asyncio.timeout(seconds):
        while True:
            for thread in (await me.client.get("/web/threads")).json()["threads"]:
                for entry in await me.cards(thread["id"]):
                    told = any(block.get("title") == "Report" for block in entry["card"]["blocks"])
                    if told and said in texts(entry["card"]):
                        return entry["card"]
            await asyncio.sleep(1)
