"""The page in a real browser: people write, read, approve and reject, in both languages, by hand and by keyboard."""

import asyncio
import json
import re
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.domain.card import (
    Ask,
    Attached,
    Button,
    Buttons,
    Card,
    Chart,
    Code,
    Context,
    Fields,
    Fold,
    Grid,
    Image,
    Line,
    Mark,
    Markdown,
    Task,
    Tasks,
)
from bot.domain.message import Decision, Press, Thread
from bot.talk.channels import Delivery
from bot.talk.channels.web import Seat, WebSettings
from tests.talk.channels.web.samples import answer, approval, incident

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
QUIET = re.compile(r"Failed to load resource|ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED")


@asynccontextmanager
async def opened(browser, url, language="en-US", theme="light", size=(1100, 800)):
    """The page, with whatever it complained about held against it."""
    width, height = size
    visit = await browser.new_context(
        locale=language, color_scheme=theme, viewport={"width": width, "height": height}, timezone_id="Asia/Shanghai"
    )
    visit.set_default_timeout(10_000)
    page = await visit.new_page()
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda line: wrong.append(line.text) if line.type in {"error", "warning"} else None)
    page.on("dialog", lambda box: wrong.append(f"dialog: {box.message}"))
    await page.goto(url)
    await page.wait_for_selector("#welcome")
    await page.wait_for_selector('#link[data-state="live"]', state="attached")
    try:
        yield page
    finally:
        wrong = [line for line in wrong if not QUIET.search(line)]
        await visit.close()
    assert wrong == []


async def say(page, text):
    await page.fill("#text", text)
    await page.press("#text", "Enter")


async def soon(page, true, *values, seconds=5.0):
    """Until the page says so (its own waiting would need what our content security policy forbids)."""
    async with asyncio.timeout(seconds):
        while not await page.evaluate(true, *values):
            await asyncio.sleep(0.03)


async def test_an_answer_streams_into_the_thread_and_ends_whole(rig, browser):
    rig.echo.delay = 0.03
    async with opened(browser, await rig.listen()) as page:
        text = "The quick **brown** fox jumps over the `lazy` dog, again and again."
        await say(page, text)
        await page.wait_for_selector("article.card.streaming")
        seen = len(await page.inner_text("article.card .prose"))
        await page.wait_for_selector("article.card:not(.streaming)")
        assert seen < len(text)
        assert await page.inner_text("article.card .prose") == text.replace("**", "").replace("`", "")
        assert await page.locator("article.card").count() == 1
        assert await page.inner_text("article.message strong") == "You"
        assert await page.input_value("#text") == ""
        assert await page.inner_text("#title") == text
        assert "echoed" in await page.inner_text("#news")


async def test_an_approval_is_given_and_a_second_click_hears_who_was_first(rig, browser):
    rig.echo.asks = approval(False)
    url = await rig.listen()
    async with opened(browser, url) as page, opened(browser, url) as other:
        await say(page, "/restart order-service")
        await page.wait_for_selector("[data-act=approve]")
        assert re.fullmatch(r"open for \d+:\d\d", await page.inner_text(".countdown"))
        await other.click(".thread")
        for each, seat in ((page, "approver"), (other, "owner")):
            await each.click(f"[data-seat={seat}]")
            await each.wait_for_selector(f"[data-seat={seat}][aria-checked=true]")
            await each.wait_for_selector("[data-act=approve]:enabled")
        stale = other.locator("[data-act=approve]")
        await other.evaluate("window.stale = document.querySelector('[data-act=approve]')")
        await page.click("[data-act=approve]")
        await page.wait_for_selector("text=Approved by Chen")
        await other.wait_for_selector("text=Approved by Chen")
        assert await stale.count() == 0
        await other.evaluate("window.stale.click()")
        await other.wait_for_selector(".toast >> text=Chen 陈 was first")
    first, second = (event for event in rig.echo.heard if isinstance(event, Decision))
    assert (first.person.id, first.granted, first.digest) == ("approver", True, "d" * 64)
    assert second.person.id == "owner"


async def test_a_rejection_asks_for_its_reason_and_a_dangerous_step_for_a_typed_word(rig, browser):
    rig.echo.asks = approval(False, typed="order-service")
    async with opened(browser, await rig.listen()) as page:
        await say(page, "/restart order-service")
        await page.click("[data-act=approve]")
        yes = page.locator("dialog button[value=yes]")
        await page.fill("dialog input", "order")
        assert await yes.is_disabled()
        await page.fill("dialog input", "order-service")
        assert await yes.is_enabled()
        await page.keyboard.press("Escape")
        await page.wait_for_selector("dialog", state="detached")
        assert not any(isinstance(event, Decision) for event in rig.echo.heard)
        await page.click("[data-act=reject]")
        assert await yes.is_disabled()
        await page.fill("dialog textarea", "not during the sale")
        await yes.click()
        await page.wait_for_selector("text=Rejected: not during the sale")
    decision = rig.echo.heard[-1]
    assert (decision.granted, decision.reason) == (False, "not during the sale")


async def test_other_arguments_are_filled_into_a_form(rig, browser):
    asks = (Ask("0.deployment", "deployment", "order-service"), Ask("0.replicas", "replicas", "3"))
    buttons = Buttons((Button("Change a value", "edit", "ap-1", asks=asks),))
    rig.echo.answers["/scale order-service 3"] = Card("May I?", (Markdown("scale"), buttons), "warn")
    async with opened(browser, await rig.listen()) as page:
        await say(page, "/scale order-service 3")
        await page.click("[data-act=edit]")
        assert await page.input_value("dialog input[name='0.deployment']") == "order-service"
        await page.fill("dialog input[name='0.replicas']", "5")
        await page.click("dialog button[value=yes]")
        async with asyncio.timeout(10):
            while not any(isinstance(event, Press) for event in rig.echo.heard):
                await asyncio.sleep(0.03)
    press = next(event for event in rig.echo.heard if isinstance(event, Press))
    assert press.target == "ap-1"
    assert json.loads(press.value) == {"0.deployment": "order-service", "0.replicas": "5"}


async def test_what_a_brain_waits_for_is_written_and_picked(rig, browser):
    asks = (Ask("comment", "comment", "none", lines=True), Ask("window", "window", "", ("now", "late")))
    rig.echo.answers["restart"] = Card("Answer", (Buttons((Button("Approve", "fill", "f1:Approve", asks=asks),)),))
    async with opened(browser, await rig.listen()) as page:
        await say(page, "restart")
        await page.click("[data-act=fill]")
        assert await page.input_value("dialog textarea[name=comment]") == "none"
        assert await page.locator("dialog button[value=yes]").is_disabled()
        await page.fill("dialog textarea[name=comment]", "go on")
        await page.select_option("dialog select[name=window]", "late")
        await page.click("dialog button[value=yes]")
        async with asyncio.timeout(10):
            while not any(isinstance(event, Press) for event in rig.echo.heard):
                await asyncio.sleep(0.03)
    press = next(event for event in rig.echo.heard if isinstance(event, Press))
    assert (press.kind, press.target) == ("fill", "f1:Approve")
    assert json.loads(press.value) == {"comment": "go on", "window": "late"}


async def test_a_lost_line_comes_back_without_a_loss(build, browser):
    rig = await build()
    url = await rig.listen()
    async with opened(browser, url) as page:
        await say(page, "before the break")
        await page.wait_for_selector("article.card:not(.streaming)")
        thread = rig.echo.heard[0].thread
        await rig.close()
        await page.wait_for_selector('#link[data-state="waiting"]')
        await page.fill("#text", "written while away")
        await page.press("#text", "Enter")
        await page.wait_for_selector(".toast >> text=cannot be reached")
        assert await page.input_value("#text") == "written while away"
        again = await build()
        await again.channel.show(Delivery("missed", thread, Card("Missed while away"), 1))
        await again.listen(port=int(url.rpartition(":")[2]))
        await page.wait_for_selector('#link[data-state="live"]', state="attached")
        await page.wait_for_selector("article.card >> text=Missed while away")
        await page.press("#text", "Enter")
        await page.wait_for_selector("article.message >> text=written while away")
        assert await page.locator("article.message").count() == 2
        await page.reload()
        await page.wait_for_selector("article.message >> text=before the break")
        assert await page.locator("article.card").count() == 3


AT_END = "() => { const t = document.querySelector('#talk'); return t.scrollHeight - t.scrollTop - t.clientHeight < 3 }"
EVIL = (
    "<img src=x onerror=alert(1)><script>alert(2)</script><svg/onload=alert(3)>"
    '"><iframe srcdoc="<script>alert(4)</script>">[a](javascript:alert(5))[b](data:text/html,<script>alert(6)</script>)'
    '![c](x"onerror=alert(7))<javascript:alert(8)>`<b>`\n\n<details open ontoggle=alert(9)>&lt;script&gt;'
)


def evil_card():
    plain = (
        Markdown(EVIL),
        Markdown(f"# {EVIL}\n- {EVIL}\n> {EVIL}\n\n|a|b|\n|-|-|\n|{EVIL}|x|\n\n```{EVIL}\n{EVIL}\n```"),
        Fields(((EVIL, EVIL),)),
        Grid((EVIL,), ((EVIL,),), EVIL),
        Code(EVIL, EVIL, EVIL),
        Image(f"../../{EVIL}", EVIL),
        Chart(EVIL, (Line(EVIL, ((1.0, 2.0), (60.0, 3.0))),), EVIL, (Mark(EVIL, 10.0, 20.0), Mark(EVIL, 30.0)), EVIL),
        Tasks((Task(EVIL, EVIL, "running", EVIL),), EVIL),
        Context(EVIL, ((EVIL, "javascript:alert(10)"), ("ok", "https://example.com/?q=1"))),
    )
    buttons = Buttons((Button(EVIL, "up", EVIL, confirm=EVIL), Button("b", EVIL, EVIL)))
    return Card(EVIL, (*plain, Fold(EVIL, plain), buttons), "crit", EVIL)


async def test_what_others_wrote_is_never_run(rig, browser):
    rig.echo.answers[EVIL.strip()] = evil_card()
    async with opened(browser, await rig.listen()) as page:
        ran = []
        page.on("dialog", lambda box: ran.append(box.message))
        await page.fill("#text", EVIL)
        await page.press("#text", "Enter")
        await page.wait_for_selector("article.card")
        await page.click("#entries summary")
        await page.click(".buttons button >> nth=0")
        await page.wait_for_selector("dialog[open] h2")
        await page.wait_for_timeout(300)
        for tag in ("script", "iframe", "details[ontoggle]", "img[onerror]", "[onload]"):
            assert await page.locator(f"#entries {tag}, dialog {tag}, #threads {tag}").count() == 0
        links = await page.eval_on_selector_all("#entries a", "all => all.map(a => [a.protocol, a.rel])")
        assert links
        assert all(protocol == "https:" and "noopener" in rel for protocol, rel in links)
        assert EVIL.split("\n", maxsplit=1)[0] in await page.inner_text("#entries .message p")
        assert ran == []


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_both_languages_and_themes_and_the_switches_between_them(rig, browser, language, theme):
    zh = language.startswith("zh")
    async with opened(browser, await rig.listen(), language, theme) as page:
        greeting = await page.inner_text("#welcome h2")
        assert greeting.startswith("你好" if zh else "Good to see you")
        assert await page.get_attribute("html", "data-theme") == theme
        background = await page.evaluate("getComputedStyle(document.body).backgroundColor")
        await page.click("#theme")
        assert await page.evaluate("getComputedStyle(document.body).backgroundColor") != background
        await page.click("#language")
        await soon(page, "was => document.querySelector('#welcome h2').innerText !== was", greeting)
        await page.reload()
        await page.wait_for_selector("#welcome h2")
        assert (await page.inner_text("#welcome h2")).startswith("Good" if zh else "你好")
        assert await page.get_attribute("html", "data-theme") != theme
        await page.click(".suggestion >> nth=0")
        await page.wait_for_selector("article.card")
    assert rig.echo.heard[0].sender.language == ("en" if zh else "zh")
    assert rig.echo.heard[0].sender.zone == "Asia/Shanghai"


async def test_everything_fits_a_phone(rig, browser):
    for name, card in (("a", answer(True)), ("b", approval(False)), ("c", incident(True))):
        await rig.channel.show(Delivery(name, Thread("web", "t-1"), card, 1))
    async with opened(browser, await rig.listen(), size=(390, 780)) as page:
        assert not await page.is_visible("#threads")
        await page.click("#side-open")
        await page.click(".thread")
        await page.wait_for_selector("article.card >> nth=2")
        await page.wait_for_timeout(250)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390
        assert await page.evaluate(
            "document.querySelector('#talk').scrollWidth <= document.querySelector('#talk').clientWidth"
        )
        for button in await page.locator(".buttons button").all():
            box = await button.bounding_box()
            assert box["height"] >= 40
            assert box["x"] + box["width"] <= 390


async def test_the_keyboard_alone_is_enough(rig, browser):
    rig.echo.asks = approval(False)
    async with opened(browser, await rig.listen()) as page:
        press = page.keyboard.press
        await press("/")
        assert await page.evaluate("document.activeElement.id") == "text"
        await page.keyboard.type("/re")
        await page.wait_for_selector("#hints [aria-selected=true]")
        await press("ArrowDown")
        await press("ArrowUp")
        await press("Tab")
        await page.keyboard.type("order-service")
        await press("Shift+Enter")
        await page.keyboard.type("now")
        await press("Enter")
        await page.wait_for_selector("[data-act=approve]")
        await press("Escape")
        for _ in range(40):
            await press("Tab")
            if await page.evaluate("document.activeElement.dataset.act") == "reject":
                break
        outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"
        await press("Enter")
        await page.keyboard.type("too risky")
        await press("Enter")
        await page.wait_for_selector("text=Rejected: too risky")
        await press("n")
        await page.wait_for_selector("#welcome")
        await press("Escape")
        await press("j")
        await page.wait_for_selector("article.message")
        await press("?")
        await page.wait_for_selector("dialog[open] .keys")
        await press("Escape")
        await press("d")
        assert await page.get_attribute("html", "data-theme") == "dark"
    assert rig.echo.heard[0].text == "/restart order-service\nnow"


@pytest.mark.parametrize(
    ("zone", "clocks", "first"),
    [
        ("", "", "08:00"),
        ("Asia/Shanghai", "", "08:00"),
        ("Mars/Base", "", "08:00"),
        ("UTC", "UTC", "00:00"),
        ("Asia/Kolkata", "UTC+5:30", "05:30"),
        ("America/St_Johns", "UTC−3:30", "20:30"),
    ],
)
async def test_a_chart_goes_by_the_clocks_of_its_card_and_names_them_where_they_are_not_the_readers(
    rig, browser, zone, clocks, first
):
    midnight = 1_700_006_400.0  # 00:00 in UTC, 08:00 for this reader
    points = tuple((midnight + 60 * step, float(step)) for step in range(120))
    rig.echo.answers["show me"] = Card("Load", (Chart("load", (Line("load", points),), zone=zone),))
    async with opened(browser, await rig.listen()) as page:
        await say(page, "show me")
        await page.wait_for_selector("article.card .plot svg")
        assert await page.locator(".chart figcaption small").all_inner_texts() == [clocks] * bool(clocks)
        assert await page.locator(".plot .tick[text-anchor=middle]").first.text_content() == first
        await page.locator(".plot").first.focus()
        await page.keyboard.press("Home")
        told = await page.inner_text(".tip time")
        assert first in told
        assert told.endswith(clocks)


async def test_every_kind_of_block_is_drawn_and_a_chart_tells_its_values(rig, browser):
    rig.echo.answers["show me"] = answer(False)
    async with opened(browser, await rig.listen()) as page:
        await say(page, "show me")
        await page.wait_for_selector("article.card .plot svg")
        for part in (
            ".prose ol li",
            ".fields dd",
            ".plot .trace",
            ".grid td.figure",
            ".fold",
            ".context a",
            "hr",
            ".buttons",
        ):
            assert await page.locator(f"article.card {part}").count(), part
        assert await page.locator(".mark-window").count() == 1
        assert await page.locator(".mark-line").count() == 1
        plot = page.locator(".plot").first
        await plot.hover(position={"x": 300, "y": 80})
        assert "p99" in await page.inner_text(".tip")
        await page.mouse.move(2, 2)
        await plot.focus()
        await page.keyboard.press("End")
        last = await page.inner_text(".tip time")
        await page.keyboard.press("ArrowLeft")
        assert await page.inner_text(".tip time") != last
        await page.click(".legend button >> nth=0")
        assert await page.locator(".plot >> nth=0 >> .trace").count() == 2
        await page.click("#entries summary")
        assert "HikariPool" in await page.inner_text(".fold pre")
        await page.wait_for_selector(".fold .plot svg")
        await page.click("[data-act=down]")
        await page.fill("dialog textarea", "wrong cause")
        await page.click("dialog button[value=yes]")
        await page.wait_for_selector("text=pressed down wrong cause")
    press = rig.echo.heard[-1]
    assert isinstance(press, Press)
    assert (press.target, press.value) == ("a1", "wrong cause")


async def test_a_file_beside_a_card_is_saved_by_its_name(rig, browser):
    rig.echo.answers["report"] = Card("Report", (Attached("容量.csv", "名称,1\n"),))
    async with opened(browser, await rig.listen()) as page:
        await say(page, "report")
        async with page.expect_download() as saving:
            await page.click("article.card button.attached")
        saved = await saving.value
        assert saved.suggested_filename == "容量.csv"
        assert Path(await saved.path()).read_text(encoding="utf-8-sig") == "名称,1\n"


async def test_an_incident_changes_its_colour_and_word_in_place_and_keeps_open_folds(rig, browser):
    thread = Thread("web", "t-1")
    fold = Fold("Evidence", (Code("line"),))
    await rig.channel.show(Delivery("in", thread, Card("OOM", (fold, Markdown("looking")), "crit"), 1))
    async with opened(browser, await rig.listen()) as page:
        await page.click(".thread")
        await page.click("#entries summary")
        assert await page.inner_text(".card .badge") == "Critical"
        await rig.channel.show(Delivery("in", thread, Card("OOM, solved", (fold, Markdown("healed")), "ok"), 2))
        await page.wait_for_selector("article.card[data-severity=ok] >> text=healed")
        assert await page.inner_text(".card .badge") == "Good"
        assert await page.locator("#entries details[open]").count() == 1
        assert await page.locator("article.card").count() == 1


async def test_a_reader_who_scrolled_up_is_not_pulled_down(rig, browser):
    thread = Thread("web", "t-1")
    for at in range(12):
        await rig.channel.show(Delivery(f"c{at}", thread, Card(f"Card {at}", (Code("x\n" * 9),)), 1))
    async with opened(browser, await rig.listen()) as page:
        await page.click(".thread")
        await page.wait_for_selector("text=Card 11")
        await soon(page, AT_END)
        await page.mouse.move(600, 300)
        await page.mouse.wheel(0, -900)
        await page.wait_for_selector("#newest")
        await page.wait_for_timeout(200)
        before = await page.evaluate("document.querySelector('#talk').scrollTop")
        await rig.channel.show(Delivery("new", thread, Card("New one", (Code("y\n" * 9),)), 1))
        await page.wait_for_selector("text=New one", state="attached")
        await page.wait_for_timeout(150)
        assert await page.evaluate("document.querySelector('#talk').scrollTop") == before
        await page.click("#newest")
        await soon(page, AT_END)


async def test_the_story_is_played_from_the_side(rig, browser):
    async with opened(browser, await rig.listen(), "zh-CN") as page:
        await page.click("#scenes >> text=搞坏它")
        await page.wait_for_selector(".toast >> text=It is broken now.")
    assert rig.story.played == ["asker"]


async def test_a_token_is_asked_for_and_a_wrong_one_explained(build, browser):
    people = (Seat(id="chen", name="Chen", roles=frozenset({"approver"})),)
    secret = "a-long-enough-secret"
    rig = await build(WebSettings(people=people, tokens={"chen": SecretStr(secret)}))
    visit = await browser.new_context(locale="zh-CN")
    page = await visit.new_page()
    await page.goto(await rig.listen())
    await page.fill("dialog input", "not this one at all")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("dialog .error >> text=这个令牌无效")
    await page.fill("dialog input", secret)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#welcome >> text=你好，Chen")
    assert await page.evaluate("document.cookie") == ""
    await page.click("#me >> text=退出")
    await page.wait_for_selector("dialog >> text=登录")
    await visit.close()
