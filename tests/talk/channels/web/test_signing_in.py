"""Who signs in at the page, who cannot and who leaves: written down, and no token with it."""

import httpx

from bot.act.ledger.reading import records
from bot.talk.channels.web import Seat, WebSettings

TOKEN = "a-token-of-lin-0123456"


async def test_the_page_tells_who_signed_in_who_could_not_and_who_left(build, ledger, visits, told):
    people = (Seat(id="lin", name="Lin"),)
    rig = await build(WebSettings(people=people, tokens={"lin": TOKEN}), visits=visits)
    url = await rig.listen()
    async with httpx.AsyncClient(base_url=url) as page:
        assert (await page.post("/web/me", json={"token": "a-wrong-token-0123456"})).status_code == 401
        me = (await page.post("/web/me", json={"token": TOKEN})).raise_for_status().json()
        await page.get("/web/threads")
        gone = await page.post("/web/me", json={"leave": True}, headers={"x-csrf-token": me["csrf"]})
        assert gone.json()["signed_in"] is False
    assert told() == [
        ("login refused", "unknown", "web"),
        ("login", "web::lin", "web"),
        ("logout", "web::lin", "web"),
    ]
    assert TOKEN not in ledger.path.read_text()
    assert "a-wrong-token" not in ledger.path.read_text()
    assert {each.facts["from"] for _, each in records(ledger.path)} == {"127.0.0.1"}


async def test_who_takes_another_seat_comes_in_anew(build, ledger, visits, told):
    rig = await build(visits=visits)
    async with httpx.AsyncClient(base_url=await rig.listen()) as page:
        me = (await page.get("/web/me")).json()
        headers = {"x-csrf-token": me["csrf"]}
        seat = next(each["id"] for each in me["seats"] if each["id"] != me["id"])
        await page.post("/web/me", json={"language": "zh"}, headers=headers)
        await page.post("/web/me", json={"seat": seat}, headers=headers)
    assert told() == [("login", f"web::{me['id']}", "web"), ("login", f"web::{seat}", "web")]
