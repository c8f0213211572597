"""What the page's API takes, keeps, tells and refuses."""

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest
from pydantic import SecretStr

from bot.domain.card import Card, Markdown
from bot.domain.message import Decision, Message, Person, Press, PressKind, Thread
from bot.errors import BadInput, StoreDown
from bot.talk.channels import Delivery
from bot.talk.channels.web import Seat, WebSettings, make
from tests.talk.channels.web.conftest import PNG
from tests.talk.channels.web.samples import approval

KEY = "k" * 16
LIN = Person("asker", "Lin")


@asynccontextmanager
async def visitor(rig, language="en", base="http://127.0.0.1:8080"):
    headers = {"accept-language": language}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(rig.app), base_url=base, headers=headers) as client:
        told = (await client.get("/web/me")).json()
        client.headers["x-csrf-token"] = told.get("csrf", "")
        yield client


async def say(client, text, key=KEY, thread=None):
    return await client.post("/web/messages", json={"key": key, "text": text, "thread": thread})


async def settled(echo):
    while echo.tasks:
        await asyncio.gather(*echo.tasks)


async def follow(app, path, cookie, until, headers=None):
    """Reads a stream by hand (the test transport of httpx waits for its end) until `until(events)`."""
    events, buffer, done = [], "", asyncio.Event()
    asked = [(b"host", b"127.0.0.1:8080"), (b"cookie", cookie.encode()), *(headers or [])]
    path, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "scheme": "http",
        "query_string": query.encode(),
        "headers": asked,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8080),
    }

    async def receive():
        await done.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        nonlocal buffer
        buffer += message.get("body", b"").decode()
        while "\n\n" in buffer:
            raw, buffer = buffer.split("\n\n", 1)
            lines = dict(line.split(": ", 1) for line in raw.split("\n"))
            events.append((lines["event"], lines.get("id"), json.loads(lines["data"])))
        if until(events):
            done.set()

    async with asyncio.timeout(10):
        await app(scope, receive, send)
    return events


def cookie_of(client):
    return "; ".join(f"{name}={value}" for name, value in client.cookies.items())


async def test_a_message_is_heard_with_the_person_of_the_session_and_answered_in_its_thread(rig):
    async with visitor(rig) as lin:
        told = (await say(lin, "  which pods?  ")).json()
        await settled(rig.echo)
        thread = (await lin.get(f"/web/threads/{told['thread']}")).json()
    heard = rig.echo.heard[0]
    assert isinstance(heard, Message)
    assert heard.text == "which pods?"
    assert heard.sender.key == "web::asker"
    assert heard.sender.language == "en"
    assert [entry["card"] and entry["card"]["title"] for entry in thread["entries"]] == [None, "Echo"]
    assert thread["entries"][0]["who"]["id"] == "asker"


async def test_the_same_message_sent_twice_counts_once(rig):
    async with visitor(rig) as lin:
        first = (await say(lin, "once")).json()
        second = (await say(lin, "once", thread=first["thread"])).json()
        await settled(rig.echo)
        entries = (await lin.get(f"/web/threads/{first['thread']}")).json()["entries"]
    assert (first["new"], second["new"]) == (True, False)
    assert sum(entry["text"] == "once" for entry in entries) == 1


async def test_a_decision_carries_the_digest_of_the_card_and_the_person_of_the_session(rig):
    async with visitor(rig) as lin:
        thread = (await say(lin, "hello")).json()["thread"]
        await lin.post("/web/me", json={"seat": "approver"})
        sent = {"approval_id": "ap-1", "digest": "d" * 64, "granted": False, "reason": " too late ", "typed": ""}
        answer = await lin.post("/web/decisions", json={"key": KEY, "thread": thread, **sent})
        forged = await lin.post("/web/decisions", json={"key": KEY, "thread": thread, **sent, "person": "owner"})
    decision = rig.echo.heard[-1]
    assert answer.status_code == 202
    assert forged.status_code == 422
    assert isinstance(decision, Decision)
    assert (decision.person.id, decision.reason, decision.granted) == ("approver", "too late", False)
    assert decision.digest == "d" * 64
    assert decision.thread.key == rig.echo.heard[0].thread.key


async def test_a_press_is_heard(rig):
    async with visitor(rig) as lin:
        thread = (await say(lin, "hello")).json()["thread"]
        body = {"key": KEY, "thread": thread, "kind": "silence", "target": "in-1", "value": "1h"}
        assert (await lin.post("/web/presses", json=body)).status_code == 202
        assert (await lin.post("/web/presses", json={**body, "kind": "explode"})).status_code == 422
    press = rig.echo.heard[-1]
    assert isinstance(press, Press)
    assert (press.kind, press.target, press.value) == (PressKind.SILENCE, "in-1", "1h")


@pytest.mark.parametrize(("language", "says"), [("zh-CN,zh;q=0.9", "消息太长"), ("en-US", "The message is too long")])
async def test_a_megabyte_of_text_is_refused_in_the_readers_language(rig, language, says):
    async with visitor(rig, language) as lin:
        for length in (1_000_000, 20_000):
            answer = await say(lin, "x" * length)
            assert answer.status_code == 413
            assert says in answer.json()["sentence"]
    assert rig.echo.heard == []


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"x-csrf-token": "wrong"}, 403, "web_not_our_page"),
        ({"origin": "https://evil.example"}, 403, "web_not_our_page"),
        ({"sec-fetch-site": "cross-site"}, 403, "web_not_our_page"),
        ({"host": "evil.example"}, 403, "web_foreign_host"),
        ({"cookie": "dutybot_8080=forged"}, 401, "web_sign_in"),
    ],
)
async def test_a_post_from_elsewhere_is_refused(rig, change, status, error):
    async with visitor(rig) as lin:
        if "cookie" in change:
            lin.cookies = {}
        answer = await lin.post("/web/messages", json={"key": KEY, "text": "hi"}, headers=change)
    assert answer.status_code == status
    assert answer.json()["error"] == error
    assert answer.json()["sentence"] not in {"", error}
    assert rig.echo.heard == []


async def test_nobody_reads_without_a_session(rig):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(rig.app), base_url="http://localhost") as stranger:
        for path in (
            "/web/threads",
            "/web/threads/x",
            "/web/stream",
            "/web/images/img1",
            "/web/commands",
            "/web/story",
        ):
            assert (await stranger.get(path)).status_code == 401, path


async def test_too_many_posts_are_slowed_down(build):
    rig = await build(WebSettings(posts_per_minute=9))
    async with visitor(rig, "zh") as lin:
        answers = [await say(lin, "hi", key=f"{KEY}{at}") for at in range(6)]
    assert [answer.status_code for answer in answers[:3]] == [202] * 3
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert "秒后再试" in answers[-1].json()["sentence"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"text":1}', b'{"text":"x"}', b"\xff\xfe", b'{"key":"k","text":"x"}']
)
async def test_a_body_that_makes_no_sense_gets_one_sentence(rig, body):
    async with visitor(rig) as lin:
        answer = await lin.post("/web/messages", content=body)
    assert answer.status_code == 422
    assert "could not be understood" in answer.json()["sentence"]


async def test_an_empty_message_and_an_unknown_thread_are_refused(rig):
    async with visitor(rig) as lin:
        assert (await say(lin, "  \n ")).status_code == 422
        assert (await say(lin, "hi", thread="t-unknown")).status_code == 404
        assert (await lin.get("/web/threads/t-unknown")).status_code == 404


async def test_without_tokens_only_this_machine_is_served(build):
    with pytest.raises(BadInput, match="web_needs_token"):
        await build(host="0.0.0.0")
    with pytest.raises(BadInput, match="web_token_short"):
        make(None, WebSettings(tokens={"asker": SecretStr("short")}), host="0.0.0.0")
    with pytest.raises(BadInput, match="web_token_of_nobody"):
        make(None, WebSettings(tokens={"nobody": SecretStr("x" * 20)}), host="0.0.0.0")


async def test_a_token_signs_in_as_its_holder_and_as_nobody_else(build):
    people = (Seat(id="lin", name="Lin"), Seat(id="chen", name="Chen", roles=frozenset({"approver"})))
    secret = "a-long-enough-secret"
    rig = await build(WebSettings(people=people, tokens={"chen": SecretStr(secret)}), host="0.0.0.0")
    async with visitor(rig, base="http://duty.example") as chen:
        assert (await chen.get("/web/me")).json() == {"signed_in": False, "needs_token": True}
        assert (await chen.get("/web/threads")).status_code == 401
        assert (await chen.post("/web/me", json={"token": "wrong"})).status_code == 401
        answer = await chen.post("/web/me", json={"token": secret})
        assert "httponly" in answer.headers["set-cookie"].lower()
        assert "samesite=strict" in answer.headers["set-cookie"].lower()
        me = answer.json()
        chen.headers["x-csrf-token"] = me["csrf"]
        assert (me["id"], me["roles"], me["seats"]) == ("chen", ["approver"], [])
        assert (await chen.post("/web/me", json={"seat": "lin"})).status_code == 403
        tries = [(await chen.post("/web/me", json={"token": f"guess-{at}"})).status_code for at in range(12)]
        assert tries[-1] == 429
        assert (await chen.post("/web/me", json={"leave": True})).json()["signed_in"] is False
        assert (await chen.get("/web/threads")).status_code == 401


async def test_a_session_and_its_threads_outlive_a_restart(build):
    rig = await build()
    async with visitor(rig) as lin:
        thread = (await say(lin, "before")).json()["thread"]
        await settled(rig.echo)
        again = await build()
        async with visitor(again) as same:
            same.cookies = lin.cookies
            entries = (await same.get(f"/web/threads/{thread}")).json()["entries"]
            listed = (await same.get("/web/threads")).json()["threads"]
    assert [entry["text"] for entry in entries] == ["before", ""]
    assert [line["title"] for line in listed] == ["before"]


async def test_a_card_is_updated_in_place_and_an_old_state_never_wins(rig):
    async with visitor(rig) as lin:
        thread = Thread("web", (await say(lin, "hi")).json()["thread"])
        await settled(rig.echo)
        for revision, title in ((5, "five"), (7, "seven"), (6, "late six")):
            await rig.channel.show(Delivery("slot", thread, Card(title), revision))
        entries = (await lin.get(f"/web/threads/{thread.id}")).json()["entries"]
    assert [entry["card"]["title"] for entry in entries if entry["card"]] == ["Echo", "seven"]


async def test_a_card_opens_its_own_thread_and_the_same_one_when_it_is_sent_again(rig):
    place = Thread("web", "", "home")
    first = await rig.channel.show(Delivery("incident:1", place, Card("OOM"), 1))
    again = await rig.channel.show(Delivery("incident:1", place, Card("OOM"), 1))
    assert first == again
    assert first.thread.id
    assert first.thread.place == "home"
    async with visitor(rig) as lin:
        await say(lin, "what is this?", thread=first.thread.id)
    assert rig.echo.heard[0].thread == first.thread


async def test_a_live_state_is_seen_by_who_comes_in_now_and_is_not_kept(rig):
    thread = Thread("web", "t-1")
    await rig.channel.show(Delivery("kept", thread, Card("kept"), 1))
    await rig.channel.show(Delivery("live", thread, Card("half", streaming=True), 1, final=False))
    async with visitor(rig) as lin:
        seen = (await lin.get("/web/threads/t-1")).json()["entries"]
    assert [entry["card"]["title"] for entry in seen] == ["kept", "half"]
    assert [entry.slot for entry in await rig.channel.store.entries("t-1", 10)] == ["kept"]


async def test_a_stream_resumes_where_it_broke_with_the_newest_state_of_each_slot(rig):
    thread = Thread("web", "t-1")
    show = rig.channel.show
    await show(Delivery("a", thread, Card("a1"), 1))
    async with visitor(rig) as lin:
        seq = (await lin.get("/web/threads/t-1")).json()["seq"]
        cookie = cookie_of(lin)
        await show(Delivery("a", thread, Card("a2"), 2))
        await show(Delivery("b", thread, Card("b1"), 1))
        await show(Delivery("b", thread, Card("b2"), 2))
        await show(Delivery("c", thread, Card("c1"), 1, final=False))
        told = [(b"last-event-id", str(seq).encode())]
        events = await follow(
            rig.app, "/web/stream?thread=t-1&after=1", cookie, lambda seen: len(entries_of(seen)) == 3, told
        )
        assert [entry["card"]["title"] for entry in entries_of(events)] == ["a2", "b2", "c1"]
        last = int([number for kind, number, _ in events if kind == "entry"][-1])

        async def later():
            await asyncio.sleep(0.05)
            await show(Delivery("c", thread, Card("c2"), 2))
            await show(Delivery("elsewhere", Thread("web", "t-2"), Card("other"), 1))

        task = asyncio.create_task(later())
        events = await follow(
            rig.app, f"/web/stream?thread=t-1&after={last}", cookie, lambda seen: listed(seen) >= {"t-1", "t-2"}
        )
        await task
    assert [entry["card"]["title"] for entry in entries_of(events)] == ["c2"]


def entries_of(events):
    return [told for kind, _, told in events if kind == "entry"]


def listed(events):
    return {told["id"] for kind, _, told in events if kind == "thread"}


async def test_a_slow_reader_gets_only_the_newest_state(rig):
    thread = Thread("web", "t-1")
    reader = rig.channel.reader("t-1", LIN)
    for revision in range(1, 200):
        await rig.channel.show(Delivery("a", thread, Card(f"state {revision}"), revision, final=False))
    batch = await anext(reader.batches(1.0))
    assert batch.count(b"event: entry") == 1
    assert b"state 199" in batch


async def test_a_whisper_reaches_only_the_person_it_is_for(rig):
    thread = Thread("web", "t-1")
    mine = rig.channel.reader("t-1", LIN)
    other = rig.channel.reader("t-1", replace(LIN, id="owner"))
    await rig.channel.whisper(thread, LIN, Card("Chen was first"))
    assert b"Chen was first" in await anext(mine.batches(1.0))
    assert await anext(other.batches(0.01)) == b"event: beat\ndata: {}\n\n"


async def test_when_the_store_is_down_nothing_is_acknowledged(rig, monkeypatch):
    async def down(_event):
        raise StoreDown("error_store_down", why="OperationalError")

    async with visitor(rig, "zh") as lin:
        monkeypatch.setattr(rig.echo, "hear", down)
        answer = await say(lin, "hello")
    assert answer.status_code == 503
    assert "数据库" in answer.json()["sentence"]


async def test_the_list_says_who_is_waited_for(rig):
    await rig.channel.show(Delivery("ap", Thread("web", "t-1"), approval(False), 1))
    async with visitor(rig) as lin:
        line = (await lin.get("/web/threads")).json()["threads"][0]
        assert (line["asks"], line["severity"]) == (True, "warn")
        await rig.channel.show(Delivery("ap", Thread("web", "t-1"), Card("Done", severity="ok"), 2))
        line = (await lin.get("/web/threads")).json()["threads"][0]
    assert (line["asks"], line["severity"], line["said"]) == (False, "ok", "Done")


async def test_a_file_is_brought_named_in_a_message_and_had(build):
    rig = await build(pictures=None)
    shot = PNG + b"more"
    async with visitor(rig) as lin:
        brought = await lin.post("/web/files", content=shot, headers={"x-file-name": "..%2Fscreen%20shot.html"})
        log = await lin.post("/web/files", content=b"ERROR no memory", headers={"x-file-name": "app.log"})
        assert brought.status_code == 201
        assert (brought.json()["name"], brought.json()["media_type"]) == ("screen shot.html", "image/png")
        ids = [brought.json()["id"], log.json()["id"]]
        told = await lin.post("/web/messages", json={"key": KEY, "text": "look", "thread": None, "files": ids})
        assert told.status_code == 202
        await settled(rig.echo)
        shown = await lin.get(f"/web/images/{ids[0]}")
        assert (shown.content, shown.headers["content-type"]) == (shot, "image/png")
        assert (await lin.get(f"/web/images/{ids[1]}")).status_code == 404
        thread = (await lin.get(f"/web/threads/{told.json()['thread']}")).json()
        assert [each["name"] for each in thread["entries"][0]["files"]] == ["screen shot.html", "app.log"]
    (message,) = rig.echo.heard
    assert [await rig.channel.fetch(each) for each in message.attachments] == [shot, b"ERROR no memory"]


async def test_files_that_are_refused(build):
    rig = await build(pictures=None)
    async with visitor(rig) as lin:
        assert (await lin.post("/web/files", content=b"")).status_code == 422
        assert (await lin.post("/web/files", content=b"x" * 4_000_001)).status_code == 413
        gone = {"key": KEY, "text": "look", "thread": None, "files": ["0" * 40]}
        assert (await lin.post("/web/messages", json=gone)).json()["sentence"].startswith("An attached file")
        lin.headers.pop("x-csrf-token")
        assert (await lin.post("/web/files", content=b"x")).status_code == 403
    assert not rig.echo.heard


async def test_pictures_commands_and_story(rig):
    async with visitor(rig, "zh") as lin:
        picture = await lin.get("/web/images/img1")
        assert picture.headers["content-type"] == "image/png"
        assert (await lin.get("/web/images/other")).status_code == 404
        assert (await lin.get("/web/commands")).json()["commands"][0]["command"] == "/restart"
        assert (await lin.get("/web/story")).json()["scenes"][0]["label"] == "搞坏它"
        assert (await lin.post("/web/story/break")).json() == {"sentence": "It is broken now."}
        assert (await lin.post("/web/story/none")).status_code == 404
    assert rig.story.played == ["asker"]


async def test_the_page_is_served_whole_and_nothing_beside_it(rig):
    async with visitor(rig) as lin:
        page = await lin.get("/")
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert "unsafe" not in page.headers["content-security-policy"]
        tagged = await lin.get("/web/page/main.js")
        assert tagged.headers["content-type"].startswith("text/javascript")
        same = await lin.get("/web/page/main.js", headers={"if-none-match": tagged.headers["etag"]})
        assert same.status_code == 304
        for path in ("../settings.py", "%2e%2e/settings.py", "look/../../store.py", "none.js"):
            assert (await lin.get(f"/web/page/{path}")).status_code == 404, path


async def test_every_word_of_the_page_stands_in_both_languages(rig):
    from bot.talk.channels.web.files import FOLDER

    zh, en = (json.loads((FOLDER / f"words.{language}.json").read_text()) for language in ("zh", "en"))
    assert zh.keys() == en.keys()
    used = "".join(path.read_text() for path in FOLDER.rglob("*.js")) + (FOLDER / "index.html").read_text()
    for word in zh:
        family = word.rsplit("_", 1)[0]
        assert f'"{word}"' in used or f"`{family}_$" in used, f"nothing says {word}"


async def test_markdown_of_a_card_arrives_as_it_is_and_is_never_html(rig):
    text = "<img src=x onerror=alert(1)>"
    await rig.channel.show(Delivery("x", Thread("web", "t-1"), Card(text, (Markdown(text),)), 1))
    async with visitor(rig) as lin:
        answer = await lin.get("/web/threads/t-1")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json()["entries"][0]["card"]["blocks"][0]["text"] == text


@pytest.mark.parametrize("zone", ["Mars/Base", "../../etc/passwd", "Asia", "/etc/localtime", "x\x00y"])
async def test_a_time_zone_that_is_none_is_refused(rig, zone):
    async with visitor(rig) as lin:
        assert (await lin.post("/web/me", json={"zone": zone})).status_code == 422
        told = await lin.post("/web/me", json={"zone": "Asia/Shanghai", "language": "zh"})
    assert (told.json()["zone"], told.json()["language"]) == ("Asia/Shanghai", "zh")
