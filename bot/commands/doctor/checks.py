"""What the doctor looks at, from the settings to the chat platforms: one line each, with the mend."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx

from bot.act.policy import DEFAULT
from bot.app import House
from bot.commands.doctor.cluster import operated, rights, wired
from bot.commands.doctor.known import known_settings
from bot.errors import BotError
from bot.settings import DutyBotSettings, misspelt
from bot.talk.cards.words import Words
from knowledge import KnowledgeSettings, LibraryError
from knowledge.chroma_wire import heartbeat
from skills import SkillError
from skills.bounded import bounded

LOOKS = {
    "prometheus": ("prometheus.query_prometheus", {"query": "up"}),
    "loki": ("loki.search_logs", {"selector": '{namespace=~".+"}', "time_range": "5m"}),
    "kubernetes": ("kubernetes.list", {"kind": "nodes"}),
    "alertmanager": ("alertmanager.list_silences", {}),
}
"""One cheap look for each skill."""
PATIENCE = 20.0
MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor."""

    about: str
    wrong: str = ""
    """Empty when well; else what is wrong and what to do."""
    seen: str = ""
    """What was seen, where that helps."""


async def checks(house: House, settings: DutyBotSettings) -> AsyncIterator[Check]:
    """First what we stand on ourselves, then what we look at, what we may do, who thinks, and where we talk."""
    words = Words("en")
    yield _settings()
    yield Check("policy", seen=str(settings.policy_path or DEFAULT))
    try:
        await house.database.open()
    except BotError as error:
        yield Check("database", words.of_error(error.key, error.values, str(error)))
        return
    yield Check("database", seen="SQLite" if house.database.is_sqlite else "PostgreSQL")
    yield await _ledger(house, settings)
    yield await _library(house)
    async for check in _around(house, settings):
        yield check
    for brain in house.brains:
        yield Check(f"brain {brain.name}", await brain.health())
    for channel in house.channels.values():
        yield Check(f"channel {channel.name}", await channel.health())
    if settings.traces_url:
        yield await _traces(settings.traces_url)
    await house.close()


async def _around(house: House, settings: DutyBotSettings) -> AsyncIterator[Check]:
    """The systems that we look at and change."""
    for skill, (name, arguments) in LOOKS.items():
        if name in house.catalogue:
            yield await _look(house, skill, name, arguments)
    if "kubernetes" in settings.skills:
        yield Check("rights in the cluster", *await rights(house.catalogue))
        if (wrong := await operated()) is not None:
            yield Check("operator", wrong)
    if "alertmanager" in settings.skills and "alertmanager" in settings.alerts:
        yield Check("alerts", await wired())


def _settings() -> Check:
    """A name that nobody reads is most often misspelt."""
    wrong = [f"{name} is no setting" + (f"; {near}?" if near else "") for name, near in misspelt(known_settings())]
    return Check("settings", " ".join(f"{each}." for each in wrong).replace("?.", "?"))


async def _ledger(house: House, settings: DutyBotSettings) -> Check:
    """It can be written, and Elasticsearch has what it should have."""
    folder = settings.ledger_path.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".doctor").open("w"):
            (folder / ".doctor").unlink()
        behind = await house.ledger.behind()
    except OSError as error:
        return Check("ledger", f"{folder} cannot be written ({error.strerror}). Set DUTYBOT_LEDGER_PATH.")
    if wrong := await house.ledger.health():
        return Check("ledger", f"{wrong} Check LEDGER_ELASTICSEARCH_URL and its key; {behind} records wait.")
    return Check("ledger", seen=f"{behind} records wait for Elasticsearch" if behind else str(settings.ledger_path))


async def _library(house: House) -> Check:
    """Chroma, or the folder; in a pod the bot on duty holds the folder, which is well."""
    settings = KnowledgeSettings()
    if settings.chroma_url:
        try:
            await asyncio.to_thread(heartbeat, settings.chroma_url)
        except httpx.HTTPError as error:
            why = str(error) or type(error).__name__
            return Check("library", f"Chroma does not answer ({why}). Check KNOWLEDGE_CHROMA_URL.")
        return Check("library", seen=settings.chroma_url)
    try:
        async with asyncio.timeout(PATIENCE):
            kept = await house.shelf.stock()
    except (LibraryError, TimeoutError) as error:
        return Check("library", f"{error} Check KNOWLEDGE_FOLDER.")
    return Check("library", seen=f"{kept.documents} documents" if kept else "empty, or in use by the bot on duty")


async def _look(house: House, skill: str, name: str, arguments: dict[str, str]) -> Check:
    try:
        await asyncio.wait_for(house.catalogue[name](arguments), PATIENCE)
    except SkillError as error:
        return Check(f"skill {skill}", f"{error} Check {skill.upper()}_URL and its token.")
    except TimeoutError:
        return Check(f"skill {skill}", f"No answer within {PATIENCE:.0f} seconds. Check {skill.upper()}_URL.")
    return Check(f"skill {skill}")


async def _traces(url: str) -> Check:
    """An empty export is taken by every collector."""
    try:
        async with asyncio.timeout(PATIENCE), httpx.AsyncClient(timeout=10, event_hooks=bounded(MOST_BYTES)) as client:
            answer = await client.post(url, content=b"", headers={"content-type": "application/x-protobuf"})
            answer.raise_for_status()
    except (httpx.HTTPError, TimeoutError) as error:
        why = str(error) or type(error).__name__
        return Check("traces", f"{why}. Check DUTYBOT_TRACES_URL; it ends in /v1/traces.")
    return Check("traces")
