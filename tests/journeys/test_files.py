"""What a person attaches reaches Dify without its secrets; what Dify draws reaches the person."""

import json
import uuid

from tests.fakes.dify_server import Answer, DifyServer, plain
from tests.journeys.visitor import house_over, texts

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64
LOG = b"09:14 ERROR pool exhausted\npassword=hunter2-very-secret\n"
TAKES = {"file_upload": {"enabled": True, "allowed_file_types": ["document", "image"], "number_limits": 3}}


def stream(*events):
    common = {"task_id": "t-1", "message_id": "m-1", "conversation_id": "c-1"}
    body = b"".join(b"data: " + json.dumps(common | event).encode() + b"\n\n" for event in events)
    return Answer(pieces=[(0, body)])


def drawn(url):
    return stream(
        {"event": "message_file", "id": "f-9", "type": "image", "belongs_to": "assistant", "url": url},
        {"event": "message", "answer": "Seen: the pool is exhausted."},
        {"event": "message_end", "metadata": {"usage": {"total_tokens": 12}}},
    )


async def attach(person, name, content):
    headers = {
        "x-csrf-token": person.me["csrf"],
        "origin": str(person.client.base_url).rstrip("/"),
        "x-file-name": name,
    }
    return await person.client.post("/web/files", content=content, headers=headers)


async def ask(person, text, *files):
    body = {"key": uuid.uuid4().hex, "text": text, "files": [each.json()["id"] for each in files]}
    answer = await person.post("/web/messages", body)
    assert answer.status_code == 202, answer.text
    return answer.json()["thread"]


async def test_files_go_to_dify_masked_and_its_picture_comes_back(tmp_path, monkeypatch):
    async with DifyServer() as dify:
        dify.on("/parameters$", plain(200, TAKES, "application/json"))
        dify.on("/files/upload$", plain(201, {"id": "up-1"}, "application/json"))
        dify.on("/chat-messages$", drawn(f"{dify.url.removesuffix('/v1')}/files/tools/f-9.png?sign=s"))
        dify.on("/files/tools/f-9.png", plain(200, PNG, "image/png"))
        monkeypatch.setenv("DIFY_URL", dify.url)
        monkeypatch.setenv("DIFY_KEY", "app-x")
        async with house_over(tmp_path, {"prometheus": "http://127.0.0.1:9"}, brains=("dify",)) as seat:
            lin = await seat("asker", "en")
            log, picture = await attach(lin, "app.log", LOG), await attach(lin, "graph.png", PNG)
            assert (log.status_code, picture.json()["media_type"]) == (201, "image/png")
            thread = await ask(lin, "what do these show?", log, picture)
            card = await lin.card(thread, lambda each: each["title"] == "Answer")
            image = next(block for block in card["blocks"] if block["kind"] == "image")
            shown = await lin.client.get(f"/web/images/{image['id']}")
            entries = (await lin.client.get(f"/web/threads/{thread}")).json()["entries"]
        uploads = [each for each in dify.requests if each["path"].endswith("/files/upload")]
        asked = next(each["json"] for each in dify.requests if each["path"].endswith("/chat-messages"))
    assert shown.content == PNG
    assert [each["name"] for each in entries[0]["files"]] == ["app.log", "graph.png"]
    assert b"pool exhausted" in uploads[0]["json"]
    assert b"hunter2" not in uploads[0]["json"]
    assert PNG in uploads[1]["json"]
    assert [(each["type"], each["upload_file_id"]) for each in asked["files"]] == [
        ("document", "up-1"),
        ("image", "up-1"),
    ]


async def test_a_file_that_the_app_does_not_take_is_told_and_the_question_is_answered(tmp_path, monkeypatch):
    async with DifyServer() as dify:
        dify.on("/parameters$", plain(200, {"file_upload": {"enabled": False}}, "application/json"))
        dify.on("/chat-messages$", stream({"event": "message", "answer": "Fine."}, {"event": "message_end"}))
        monkeypatch.setenv("DIFY_URL", dify.url)
        monkeypatch.setenv("DIFY_KEY", "app-x")
        async with house_over(tmp_path, {"prometheus": "http://127.0.0.1:9"}, brains=("dify",)) as seat:
            lin = await seat("asker", "zh")
            thread = await ask(lin, "看看这个", await attach(lin, "a.pdf", b"%PDF-1.7"))
            card = await lin.card(thread, lambda each: each["title"] == "回答")
    assert "未发送 a.pdf" in texts(card)
    assert "Fine." in texts(card)
    assert not [each for each in dify.requests if each["path"].endswith("/files/upload")]


async def test_a_picture_from_another_address_is_not_fetched(tmp_path, monkeypatch):
    async with DifyServer() as dify, DifyServer() as stranger:
        stranger.on("/x.png", plain(200, PNG, "image/png"))
        dify.on("/parameters$", plain(200, TAKES, "application/json"))
        dify.on("/chat-messages$", drawn(f"{stranger.url}/x.png"))
        monkeypatch.setenv("DIFY_URL", dify.url)
        monkeypatch.setenv("DIFY_KEY", "app-x")
        async with house_over(tmp_path, {"prometheus": "http://127.0.0.1:9"}, brains=("dify",)) as seat:
            lin = await seat("asker", "en")
            card = await lin.card(await ask(lin, "draw it"), lambda each: each["title"] == "Answer")
    assert not [block for block in card["blocks"] if block["kind"] == "image"]
    assert stranger.requests == []


async def test_bad_files_are_refused_with_a_sentence(tmp_path):
    async with house_over(tmp_path, {"prometheus": "http://127.0.0.1:9"}) as seat:
        lin = await seat("asker", "en")
        large, empty = await attach(lin, "a.txt", b"x" * 4_000_001), await attach(lin, "a.txt", b"")
        told = {"key": uuid.uuid4().hex, "text": "hi", "files": ["0" * 40]}
        gone = await lin.post("/web/messages", told)
    assert (large.status_code, "over 4 MB" in large.text) == (413, True)
    assert (empty.status_code, "The file is empty." in empty.text) == (422, True)
    assert (gone.status_code, "attach it again" in gone.text) == (422, True)


async def test_what_the_brain_was_asked_can_be_seen_and_is_in_the_ledger(tmp_path, monkeypatch):
    async with DifyServer() as dify:
        dify.on("/chat-messages$", drawn("/nothing.png"))
        monkeypatch.setenv("DIFY_URL", dify.url)
        monkeypatch.setenv("DIFY_KEY", "app-x")
        async with house_over(tmp_path, {"prometheus": "http://127.0.0.1:9"}, brains=("dify",)) as seat:
            lin = await seat("asker", "en")
            thread = await lin.write("is checkout slow?")
            card = await lin.card(thread, lambda each: each["title"] == "Answer")
        fold = next(b for b in card["blocks"] if b["kind"] == "fold" and b["title"] == "How this was answered")
        record = next(line for line in (tmp_path / "audit.jsonl").read_text().splitlines() if '"brain"' in line)
    assert "is checkout slow?" in texts(fold)
    assert json.loads(record)["record"]["facts"]["tokens"] == 12
    assert "is checkout slow?" not in record
