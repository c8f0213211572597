"""A real browser for the tests: Debian's Chromium, driven by Playwright."""

import os
import shutil

import pytest


@pytest.fixture
async def browser():
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        pytest.skip("no Chromium: apt-get install chromium, or set CHROMIUM to its path")
    playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed")
    options = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    async with playwright.async_playwright() as driver:
        chromium = await driver.chromium.launch(executable_path=path, args=options)
        yield chromium
        await chromium.close()
