"""Takes the pages' pictures anew: the demo is played in Chromium, in both languages (`make pictures`)."""

import asyncio
import os
import re
import shutil
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

PICTURES = Path(__file__).parent / "pictures"
PATIENCE = 120_000
"""Milliseconds until an incident has explained itself."""

QUESTIONS = {
    "en": "Which pods used the most CPU in the last hour?",
    "zh": "查询过去1小时高CPU的Pod",
}
ANSWERED = {"en": "Answer", "zh": "回答"}
INCIDENT = re.compile("HighErrorRate")
APPROVE = {"en": re.compile("^Approve"), "zh": re.compile("^批准")}


@asynccontextmanager
async def demo(language: str) -> AsyncIterator[str]:
    """The demo in a process of its own; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "bot", "demo", "--no-browser", "--port", str(port), "--language", language]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                break
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


async def play(browser: Any, address: str, language: str, theme: str) -> None:
    """A question, then a bad release: the answer and the incident that waits for leave."""
    page = await browser.new_page(
        locale="zh-CN" if language == "zh" else "en-US",
        color_scheme=theme,
        timezone_id="Asia/Shanghai",
        viewport={"width": 1280, "height": 900},
    )
    await page.goto(address)
    box = page.locator("textarea").first
    await box.fill(QUESTIONS[language])
    await box.press("Enter")
    await page.get_by_text(ANSWERED[language], exact=True).last.wait_for(timeout=PATIENCE)
    await page.wait_for_timeout(800)
    await page.screenshot(path=PICTURES / f"answer-{language}.png")
    await page.locator("[data-scene=bad_release]").click()
    await page.locator("#threads").get_by_text(INCIDENT).first.click(timeout=PATIENCE)
    await page.get_by_role("button", name=APPROVE[language]).last.wait_for(timeout=PATIENCE)
    await page.wait_for_timeout(800)
    await page.set_viewport_size({"width": 1280, "height": 1900})
    await page.wait_for_timeout(800)
    await page.screenshot(path=PICTURES / f"incident-{language}.png")
    await page.close()


async def take() -> None:
    """All pictures."""
    from playwright.async_api import async_playwright

    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        for language, theme in (("en", "light"), ("zh", "dark")):
            async with demo(language) as address:
                await play(browser, address, language, theme)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(take())
