"""What Dify suggests to ask next becomes buttons, and a press on one is a question like any other."""

import uuid

from tests.fakes.dify_server import DifyServer, plain, replay
from tests.journeys.visitor import house_over, texts


def asks(card):
    buttons = [button for block in card["blocks"] if block["kind"] == "buttons" for button in block["buttons"]]
    return [button for button in buttons if button["act"] == "ask"]


async def test_a_suggested_question_is_asked_by_a_button(tmp_path, monkeypatch):
    async with DifyServer() as dify:
        dify.on("/chat-messages$", replay("chat_plain_turn1"))
        dify.on("/messages$", plain(200, {"data": [{"id": "m-1"}]}, "application/json"))
        dify.on("/suggested$", plain(200, {"result": "success", "data": ["那延迟呢？"]}, "application/json"))
        monkeypatch.setenv("DIFY_URL", dify.url)
        monkeypatch.setenv("DIFY_KEY", "app-x")
        async with house_over(tmp_path, {"prometheus": "http://127.0.0.1:9"}, brains=("dify", "scripted")) as seat:
            lin = await seat("asker", "zh")
            thread = await lin.write("你好，现在怎么样？")
            card = await lin.card(thread, asks)
            [button] = asks(card)
            assert button["label"] == "那延迟呢？"
            body = {"key": uuid.uuid4().hex, "thread": thread, "kind": "ask", "target": button["target"], "value": ""}
            assert (await lin.post("/web/presses", body)).status_code == 202
            again = await lin.card(thread, lambda each: "Lin 林: 那延迟呢？" in texts(each) and asks(each))
            assert again["title"] == "回答"
        questions = [each["json"]["query"] for each in dify.requests if each["path"].endswith("/chat-messages")]
        assert len(questions) == 2
        assert "那延迟呢？" in questions[1]
