"""The doctor: well over the playground; each thing that is broken has its own line, with the mend."""

import pytest

from bot.app import Given, build
from bot.commands.doctor import cluster
from bot.commands.doctor.checks import checks
from bot.commands.doctor.known import known_settings
from bot.playground import Playground
from bot.settings import DutyBotSettings, misspelt


@pytest.fixture
async def playground():
    async with Playground() as made:
        yield made


@pytest.fixture
def place(tmp_path, playground, monkeypatch):
    """Settings as an .env would have them, and what is handed in."""
    for name, value in {
        "PROMETHEUS_URL": playground.prometheus_url,
        "LOKI_URL": playground.loki_url,
        "KUBERNETES_URL": playground.kubernetes_url,
        "ALERTMANAGER_URL": playground.alertmanager_url,
        "KNOWLEDGE_FOLDER": str(tmp_path / "knowledge"),
        "ALERTS_TOKEN": "a-token-of-sixteen-letters",
    }.items():
        monkeypatch.setenv(name, value)
    return {"database_url": f"sqlite:///{tmp_path}/bot.sqlite", "ledger_path": tmp_path / "audit.jsonl"}


async def told(place, **more):
    settings = DutyBotSettings(
        skills=("prometheus", "loki", "kubernetes", "alertmanager"),
        channels=("web",),
        alerts=("alertmanager",),
        brains=("scripted",),
        **{**place, **more},
    )
    house = build(settings, given=Given(channels={"web": {"host": "127.0.0.1"}}))
    return {each.about: each async for each in checks(house, settings)}


async def test_each_thing_has_its_line(place):
    seen = await told(place)
    assert set(seen) == {
        *("settings", "policy", "database", "ledger", "library", "rights in the cluster", "alerts"),
        *("skill prometheus", "skill loki", "skill kubernetes", "skill alertmanager", "brain scripted", "channel web"),
    }
    wrong = {name: each.wrong for name, each in seen.items() if each.wrong}
    assert set(wrong) == {"alerts"}, wrong
    assert "helm/alertmanager.yaml" in wrong["alerts"], "the playground's Alertmanager has no webhook of ours"


@pytest.mark.slow
async def test_what_is_broken_says_its_mend(place, monkeypatch, tmp_path):
    monkeypatch.setenv("PROMETHEUS_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("KNOWLEDGE_CHROMA_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("LEDGER_ELASTICSEARCH_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("ACT_MODE", "operator")
    key = tmp_path / "key.pem"
    from bot.act.signing import new_pair

    new_pair(key, tmp_path / "pub.pem")
    monkeypatch.setenv("ACT_SIGNING_KEY_FILE", str(key))
    seen = await told(place, traces_url="http://127.0.0.1:1/v1/traces")
    for name, mend in {
        "skill prometheus": "PROMETHEUS_URL",
        "library": "KNOWLEDGE_CHROMA_URL",
        "ledger": "LEDGER_ELASTICSEARCH_URL",
        "operator": "helm/crds",
        "traces": "DUTYBOT_TRACES_URL",
    }.items():
        assert mend in seen[name].wrong, name
    assert not seen["skill loki"].wrong


async def test_looks_that_lack_a_right_are_named(place, monkeypatch):
    async def may(_http, need):
        return not need.startswith("pods/log")

    monkeypatch.setattr(cluster, "_may", may)
    assert "pods/log:get" in (await told(place))["rights in the cluster"].wrong


def test_a_setting_that_nobody_reads_is_told(monkeypatch):
    monkeypatch.setenv("DUTYBOT_CHANELS", "web")
    monkeypatch.setenv("BOT_BRAIN", "scripted")
    assert misspelt(known_settings()) == [("DUTYBOT_CHANELS", "DUTYBOT_CHANNELS")]
