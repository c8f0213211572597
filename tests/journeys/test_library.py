"""The library from end to end: tickets, killed half way, gone on with, asked in both languages, and opened."""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import jira_server as fake
from tests.fakes.http_server import Answer, Asked, HttpServer, serve
from tests.journeys.visitor import house_over, texts

ROOT = Path(__file__).parents[2]
NOWHERE = "http://127.0.0.1:9"
AWAY = {"kubernetes": NOWHERE, "prometheus": NOWHERE, "loki": NOWHERE}
TICKETS = int(os.environ.get("DUTYBOT_TICKETS", "120"))
PATIENCE = 80 + TICKETS
"""Seconds for one import."""
pytestmark = pytest.mark.timeout(240 + 4 * TICKETS)
POOL = "The database connection pool was exhausted after the deploy. We raised the pool size and rolled back."
CERT = "The TLS certificate of the ingress gateway expired, so clients saw 502. We renewed it."
DAY = 86_400_000
"""In ms, between two tickets: a server is asked from a day before the place that was reached."""
PARTS = ("cache", "queue", "scheduler", "mail", "search", "billing", "login", "report")


@pytest.fixture
def jira() -> Iterator[tuple[fake.Jira, HttpServer]]:
    """A server with many tickets; two of them are worth finding. Each has a page of its own to be opened."""
    desk = fake.Jira(cloud=False)
    start = 1_700_000_000_000
    for number in range(1, TICKETS + 1):
        part = PARTS[number % len(PARTS)]
        text = f"{part}-{number} answered slowly for {number} minutes; it was restarted by hand and recovered."
        desk.put(fake.Ticket(number, f"OPS-{number}", start + number * DAY, f"{part}-{number} was slow", text))
    desk.tickets[7].summary, desk.tickets[7].description = "Orders failed", POOL
    desk.tickets[TICKETS - 3].summary, desk.tickets[TICKETS - 3].description = "Gateway 502", CERT

    def answer(asked: Asked) -> Answer:
        if asked.path.startswith("/browse/"):
            return 200, f"ticket {asked.path.removeprefix('/browse/')} as Jira shows it"
        return desk.answer(asked)

    with serve(answer) as server:
        yield desk, server


def brought(folder: Path, url: str, *more: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "KNOWLEDGE_FOLDER": str(folder), "JIRA_TOKEN": "t", "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-m", "bot", "import", "jira", "--project", "OPS", "--url", url, *more]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def imported(folder: Path, jira: tuple[fake.Jira, HttpServer]) -> None:
    """Killed with SIGKILL when half is read; run again, it goes on and ends."""
    desk, server = jira
    first = brought(folder, server.url)
    half = TICKETS // 20
    desk.on_page = lambda page: first.send_signal(signal.SIGKILL) if page == half else None
    first.communicate(timeout=PATIENCE)
    assert first.returncode == -signal.SIGKILL
    read = desk.pages
    desk.on_page = lambda page: None
    told, wrong = (again := brought(folder, server.url, "--json")).communicate(timeout=PATIENCE)
    assert again.returncode == 0, wrong
    kept = json.loads(told)["kept"]
    assert 0 < kept["added"] < TICKETS, "what the first run kept is not read by the model again"
    assert desk.pages - read < 2 * TICKETS / 7 - half + 3, "a census and the rest, not everything twice"
    told, wrong = (third := brought(folder, server.url, "--json")).communicate(timeout=PATIENCE)
    assert third.returncode == 0, wrong
    same = json.loads(told)["kept"]
    assert (same["added"], same["changed"], same["embedded"]) == (0, 0, 0)


def buttons(card, act):
    return [
        each
        for block in card["blocks"]
        if block["kind"] == "buttons"
        for each in block["buttons"]
        if each["act"] == act
    ]


async def pictured(browser, url, pictures):
    """To look at: both languages, by day and by night, and on a phone; what fits, and what nothing fits."""
    views = (("zh-CN", "light", 1100), ("zh-CN", "dark", 1100), ("en-US", "light", 1100), ("en-US", "dark", 390))
    for locale, scheme, width in views:
        page = await browser.new_page(
            locale=locale, color_scheme=scheme, viewport={"width": width, "height": 820}, reduced_motion="reduce"
        )
        await page.goto(url)
        if width < 600:
            await page.click("#side-open")
        await page.get_by_role("button", name="知识库" if locale == "zh-CN" else "Library").click()
        name = f"{pictures}/library-{locale[:2]}-{scheme}-{width}"
        await page.locator("dialog.library tbody tr").first.wait_for(timeout=90_000)
        await page.screenshot(path=f"{name}-sources.png")
        for number, asked in enumerate(("数据库连接池耗尽怎么处理", "parental leave of the night shift")):
            await page.get_by_role("searchbox").fill(asked)
            await page.keyboard.press("Enter")
            await page.locator("dialog.library article").first.wait_for(timeout=90_000)
            await page.wait_for_timeout(3000)  # it is only looked at
            await page.screenshot(path=f"{name}-{number}.png")
        await page.close()


@pytest.mark.browser
async def test_a_thousand_tickets_in_both_languages(tmp_path, monkeypatch, jira, browser):
    from playwright.async_api import expect

    folder = tmp_path / "library"
    imported(folder, jira)
    monkeypatch.setenv("KNOWLEDGE_FOLDER", str(folder))
    async with house_over(tmp_path, AWAY) as seat:
        page = await browser.new_page(locale="zh-CN", viewport={"width": 1100, "height": 820})
        await page.goto(seat.url)
        await page.get_by_role("button", name="知识库").click()
        await expect(page.get_by_text(f"{TICKETS} 篇文档")).to_be_visible(timeout=90_000)
        await expect(page.locator("dialog.library tbody")).to_contain_text("jira:OPS")
        await expect(page.locator("dialog.library tbody")).to_contain_text("正常")
        await page.get_by_role("searchbox").fill("数据库连接池耗尽怎么处理")
        await page.keyboard.press("Enter")
        first = page.locator("dialog.library article").first
        await expect(first).to_contain_text("OPS-7 Orders failed", timeout=90_000)
        await page.get_by_role("searchbox").fill("gateway certificate expired")
        await page.keyboard.press("Enter")
        await expect(first).to_contain_text("Gateway 502", timeout=90_000)
        if pictures := os.environ.get("DUTYBOT_PICTURES"):
            await page.screenshot(path=f"{pictures}/library.png")
            await pictured(browser, seat.url, pictures)
        async with page.expect_popup() as opening:
            await first.get_by_role("link").click()
        source = await opening.value
        await expect(source.locator("body")).to_contain_text(f"ticket OPS-{TICKETS - 3} as Jira shows it")
        await page.close()


async def test_asked_in_the_chat_and_told_which_it_was(tmp_path, monkeypatch):
    from knowledge import Document, KnowledgeSettings, Library

    monkeypatch.setenv("KNOWLEDGE_FOLDER", str(tmp_path / "library"))
    monkeypatch.setenv("KNOWLEDGE_EMBEDDINGS", "none")
    library = await Library.open(KnowledgeSettings())
    await library.add([Document("Orders failed", POOL, "https://jira.example/browse/OPS-7", source="jira:OPS")])
    await library.close()
    async with house_over(tmp_path, AWAY) as seat:
        lin = await seat("asker")
        thread = await lin.write("/kb connection pool exhausted")
        card = await lin.card(thread, lambda card: card["title"].startswith("Library"))
        assert "Orders failed" in texts(card)
        assert "https://jira.example/browse/OPS-7" in texts(card)
        assert "not verified" in texts(card)
        (was_it,) = buttons(card, "this_was_it")
        body = {"key": uuid.uuid4().hex, "thread": thread, "kind": "this_was_it", "target": was_it["target"]}
        assert (await lin.post("/web/presses", body)).is_success
        until = time.monotonic() + 90
        while await thumbs(seat) != 1:
            assert time.monotonic() < until
        nothing = await lin.card(await lin.write("/kb 打印机卡纸了"), lambda card: card["title"].startswith("Library"))
        assert "Nothing in the library fits" in texts(nothing)
        usage = await lin.card(await lin.write("/kb"), lambda card: "/kb" in texts(card))
        assert "Write a question" in texts(usage)
        found = (await lin.client.get("/web/library/search", params={"q": "connection pool exhausted"})).json()
        assert (found["fits"], found["found"][0]["title"]) == (True, "Orders failed")
        assert (await lin.client.get("/web/library/search", params={"q": " "})).status_code == 422


@pytest.mark.parametrize(("language", "asked"), [("en", "similar incidents: pool exhausted"), ("zh", "历史案例 pool")])
async def test_the_brain_looks_things_up_by_itself(tmp_path, monkeypatch, language, asked):
    from knowledge import Document, KnowledgeSettings, Library

    monkeypatch.setenv("KNOWLEDGE_FOLDER", str(tmp_path / "library"))
    monkeypatch.setenv("KNOWLEDGE_EMBEDDINGS", "none")
    library = await Library.open(KnowledgeSettings())
    await library.add([Document("Orders failed", POOL, "https://jira.example/browse/OPS-7", source="jira:OPS")])
    await library.close()
    async with house_over(tmp_path, {**AWAY, "knowledge": {}}) as seat:
        lin = await seat("asker", language)
        thread = await lin.write(asked)
        card = await lin.card(thread, lambda card: "jira.example" in texts(card))
        assert "Orders failed" in texts(card)
        assert "not verified" in texts(card)


async def test_each_finds_what_their_role_may_read_and_nothing_else(tmp_path, monkeypatch):
    """On the page's own search, in the chat before others' eyes, and by a brain that looks things up."""
    from knowledge import Document, KnowledgeSettings, Library

    monkeypatch.setenv("KNOWLEDGE_FOLDER", str(tmp_path / "library"))
    monkeypatch.setenv("KNOWLEDGE_EMBEDDINGS", "none")
    library = await Library.open(KnowledgeSettings())
    hidden = Document("Payroll pool", f"Payroll: {POOL}", "https://t/2", source="jira:PAY", acl="approver")
    await library.add([Document("Orders failed", POOL, "https://t/1", source="jira:OPS"), hidden])
    await library.close()
    async with house_over(tmp_path, {**AWAY, "knowledge": {}}) as seat:
        for who, titles in (("asker", {"Orders failed"}), ("approver", {"Orders failed", "Payroll pool"})):
            sitting = await seat(who)
            told = await sitting.client.get("/web/library/search", params={"q": "connection pool exhausted"})
            assert {each["title"] for each in told.json()["found"]} == titles
            assert {each["title"] for each in told.json()["found"] if each["restricted"]} == titles - {"Orders failed"}
            for asked in ("/kb connection pool exhausted", "similar incidents: pool exhausted"):
                thread = await sitting.write(asked)
                card = await sitting.card(thread, lambda card: "https://t/1" in texts(card))
                assert "Payroll" not in texts(card), "others read this thread as well"


async def thumbs(seat) -> int:
    from sqlalchemy import select

    from knowledge.tables import documents

    library = await seat.house.shelf._library()
    async with library.records.engine.connect() as connection:
        return int((await connection.execute(select(documents.c.thumbs))).scalar_one())


async def test_without_a_library_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("KNOWLEDGE_FOLDER", str(tmp_path / "none"))
    async with house_over(tmp_path, AWAY) as seat:
        lin = await seat("asker", "zh")
        card = await lin.card(await lin.write("/kb 连接池"), lambda card: "dutybot import" in texts(card))
        assert "知识库" in texts(card)
        assert (await lin.client.get("/web/library")).json()["there"] is False
        assert (await lin.client.get("/web/library/search", params={"q": "x"})).status_code == 503
