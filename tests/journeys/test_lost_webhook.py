"""An alert whose webhook was lost becomes an incident all the same, and its end is heard too: a real Alertmanager."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import text

from bot.app import Given, build, on_duty
from bot.evals._workloads import workloads
from bot.settings import DutyBotSettings
from bot.talk.settings import HttpSettings
from bot.talk.web import Server, make_app
from tests.servers.process import LOCAL, free_port

pytestmark = [pytest.mark.servers, pytest.mark.timeout(240)]
LABELS = {"alertname": "PodCrashLooping", "namespace": "shop", "pod": "web-1", "severity": "warning"}


@pytest.fixture
async def manager(start_alertmanager):
    """Its webhook leads nowhere: every call is lost."""
    return await asyncio.to_thread(start_alertmanager, webhook=f"http://{LOCAL}:{free_port()}/alerts")


@pytest.fixture
async def house(tmp_path, manager):
    async with workloads() as cluster:
        there = {"url": cluster.url}
        settings = DutyBotSettings(
            skills=("kubernetes",),
            channels=("web",),
            alerts=("alertmanager",),
            brains=("scripted",),
            database_url=f"sqlite:///{tmp_path}/bot.sqlite",
            ledger_path=tmp_path / "audit.jsonl",
            home="web:",
        )
        asking = {"open": True, "receiver": "bot", "reconcile_seconds": 0.5, "alertmanager": {"url": manager.url}}
        given = Given(
            skills={"kubernetes": there, "prometheus": there, "loki": there},
            channels={"web": {"host": LOCAL}},
            alerts={"alertmanager": asking},
        )
        async with on_duty(build(settings, given=given)) as made:
            yield made


async def incidents(house, where="true"):
    async with house.database.read() as connection:
        return (await connection.execute(text(f"SELECT count(*) FROM incidents WHERE {where}"))).scalar_one()


async def until(holds, seconds=100):
    async with asyncio.timeout(seconds):
        while not await holds():
            await asyncio.sleep(0.1)


async def test_a_lost_webhook_is_made_good(house, manager):
    begun = datetime.now(UTC) - timedelta(minutes=5)
    alert = {"labels": LABELS, "annotations": {"summary": "restarts"}, "startsAt": begun.isoformat()}
    await asyncio.to_thread(manager.fire, alert)
    await until(lambda: incidents(house, "open"))

    http = Server(
        make_app(house.routes(), house.unwell, HttpSettings(host=LOCAL, port=0)), HttpSettings(host=LOCAL, port=0)
    )
    await http.start()
    (told,) = (await asyncio.to_thread(manager.client.get, "/api/v2/alerts")).json()
    late = {"status": "firing", **{name: told[name] for name in ("labels", "annotations", "startsAt", "fingerprint")}}
    async with httpx.AsyncClient(base_url=http.url) as client:
        answer = await client.post("/alerts/alertmanager", json={"version": "4", "receiver": "bot", "alerts": [late]})
    assert answer.json() == {"kept": 1, "new": 0}, "the webhook that comes after all tells nothing new"
    await http.stop()

    await asyncio.to_thread(manager.fire, alert | {"endsAt": (begun + timedelta(minutes=4)).isoformat()})
    await until(lambda: incidents(house, "NOT open"))
    assert await incidents(house) == 1
