"""A person in a real browser restarts a workload on a real API server."""

import re

import pytest

from tests.journeys.test_real_servers import restarted, shop  # noqa: F401
from tests.journeys.visitor import house_over

pytestmark = [pytest.mark.servers, pytest.mark.browser, pytest.mark.timeout(300)]


async def test_asked_in_chinese_approved_by_another_and_done(tmp_path, kube, shop, browser):  # noqa: F811
    from playwright.async_api import expect

    before = restarted(kube, shop)
    async with house_over(tmp_path, {"kubernetes": {"kubeconfig": str(kube.kubeconfig)}}) as seat:
        page = await browser.new_page(locale="zh-CN")
        await page.goto(seat.url)
        box = page.locator("textarea").first
        await box.fill(f"重启 order-service -n {shop}")
        await box.press("Enter")
        approve = page.get_by_role("button", name="批准").last
        await expect(approve).to_be_visible(timeout=90_000)
        await page.get_by_text("Chen 陈").click()
        await approve.click()
        await expect(page.get_by_text(re.compile("已完成")).first).to_be_visible(timeout=90_000)
    assert restarted(kube, shop) != before
    kube.wait_for_rollout("order-service", shop)
