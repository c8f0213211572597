"""A real browser for the tests: Debian's Chromium, driven by Playwright."""

import os
import shutil
from contextlib import asynccontextmanager

import pytest

from tests.servers.fixtures import left_out

OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@asynccontextmanager
async def chromium():
    """One that runs; skips the test where there is none, and in the quick suite."""
    left_out("Chromium")
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        pytest.skip("no Chromium: apt-get install chromium, or set CHROMIUM to its path")
    playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed")
    async with playwright.async_playwright() as driver:
        running = await driver.chromium.launch(executable_path=path, args=[*OPTIONS])
        yield running
        await running.close()


@pytest.fixture
async def browser():
    async with chromium() as running:
        yield running
