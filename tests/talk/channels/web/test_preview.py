"""The cards as Slack and Feishu draw them, beside the page's own: every one of them, and nothing that is not known."""

import httpx
import orjson
import pytest
from pydantic import SecretStr

from bot.domain.message import Thread
from bot.talk.channels import Delivery
from bot.talk.channels.web import WebSettings
from bot.talk.drawn import drawn
from bot.talk.pictures import digest
from tests.fakes import feishu_rules, slack_rules
from tests.talk.channels.contract.cards import CHART, cards
from tests.talk.channels.contract.house_cards import house_cards

TOKEN = "t" * 20


def every_card(language):
    return house_cards(language) | {f"block {name}": card for name, card in cards(language).items()}


async def fill(rig, language):
    for name, card in every_card(language).items():
        if name in SHOWN:
            await rig.channel.show(Delivery(name, Thread("web", "t-1"), card, 1))


SHOWN = (
    *("approval pending", "approval executed", "approval typed", "incident waiting", "incident resolved"),
    *("answer done", "capacity report", "catch up", "board", "notice", "block all", "block image", "block chart"),
)


@pytest.mark.parametrize("name", every_card("en"))
async def test_what_is_drawn_is_what_would_be_sent(name):
    told = await drawn(every_card("zh")[name])
    assert slack_rules.wrong(told["slack"]["blocks"], told["slack"]["text"]) == []
    assert feishu_rules.wrong(orjson.dumps(told["feishu"]).decode()) == []
    shown = [each["slack_file"]["id"] for each in slack_rules.walk(told["slack"]["blocks"]) if "slack_file" in each]
    assert set(shown) <= set(told["pictures"])
    if name == "block chart":
        assert told["pictures"][digest(CHART)].startswith("data:image/png;base64,iVBOR")


async def test_only_who_has_signed_in_sees_the_cards_of_a_thread(build):
    rig = await build(WebSettings(tokens={"asker": SecretStr(TOKEN)}), previews=drawn)
    await fill(rig, "en")
    transport = httpx.ASGITransport(rig.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as lin:
        assert (await lin.get("/web/previews/t-1")).status_code == 401
        assert (await lin.post("/web/me", json={"token": TOKEN})).status_code == 200
        told = (await lin.get("/web/previews/t-1")).json()["previews"]
        assert (await lin.get("/web/previews/t-9")).status_code == 404
    assert [each["entry"]["slot"] for each in told] == [name for name in every_card("en") if name in SHOWN]


async def test_where_nothing_draws_them_there_is_nothing_to_see(rig):
    await fill(rig, "en")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(rig.app), base_url="http://127.0.0.1:8080") as lin:
        await lin.get("/web/me")
        assert (await lin.get("/web/previews/t-1")).status_code == 404


@pytest.mark.browser
@pytest.mark.timeout(180)
@pytest.mark.parametrize(("language", "theme"), [("zh", "dark"), ("en", "light")])
async def test_the_page_draws_all_three_side_by_side(build, browser, language, theme):
    rig = await build(previews=drawn)
    await fill(rig, language)
    wrong = []
    page = await browser.new_page(viewport={"width": 1700, "height": 900})
    page.set_default_timeout(60_000)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda line: wrong.append(line.text) if "Content Security" in line.text else None)
    await page.goto(f"{await rig.listen()}/preview?thread=t-1&language={language}&theme={theme}")
    await page.wait_for_selector(f'body[data-ready="{len(SHOWN)}"]')
    assert await page.locator(".unknown").count() == 0
    for place in (".drawn > article.card", ".slack-body", ".feishu-card"):
        assert await page.locator(place).count() == len(SHOWN)
    approval = page.locator("section.row").first
    labels = {"zh": ["批准", "拒绝"], "en": ["Approve", "Reject"]}[language]
    for row in (".slack-actions", ".feishu-columns"):
        assert (await approval.locator(f"{row} button").all_inner_texts())[:2] == labels
    broken = "[...document.querySelectorAll('img[src^=data]')].filter((each) => !each.naturalWidth).length"
    assert await page.evaluate(broken) == 0
    wide = "[...document.querySelectorAll('.drawn')].filter((each) => each.scrollWidth > each.clientWidth + 1).length"
    assert await page.evaluate(wide) == 0
    await page.goto(f"{rig.server.url}/preview?thread=t-1&slot=notice&language={language}")
    await page.wait_for_selector('body[data-ready="1"]')
    await page.close()
    assert wrong == []
