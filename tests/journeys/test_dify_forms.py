"""A form that Dify puts up: filled in on its card, the run goes on, and the card of an answered form asks nothing."""

import time
import uuid

from tests.fakes.dify_server import DifyServer, replay, retold
from tests.journeys.visitor import house_over, texts


def fills(card):
    buttons = [button for block in card["blocks"] if block["kind"] == "buttons" for button in block["buttons"]]
    return [button for button in buttons if button["act"] == "fill"]


async def test_a_form_is_filled_in_on_its_card(tmp_path, monkeypatch):
    async with DifyServer() as dify:
        dify.on("/chat-messages$", retold("hitl_1_pause", "human_input_required", expiration_time=time.time() + 600))
        dify.on("/form/human_input/FORM-TOKEN-02$", replay("hitl_3c_submit_other_user"))
        dify.on("/workflow/.*/events$", replay("hitl_4_resume_stream"))
        monkeypatch.setenv("DIFY_URL", dify.url)
        monkeypatch.setenv("DIFY_KEY", "app-x")
        async with house_over(tmp_path, {"prometheus": "http://127.0.0.1:9"}, brains=("dify",)) as seat:
            lin = await seat("asker", "zh")
            thread = await lin.write("重启 checkout")
            card = await lin.card(thread, fills)
            approve = fills(card)[0]
            assert approve["label"] == "Approve"
            assert [each["name"] for each in approve["asks"]] == ["comment"]
            assert "FORM-TOKEN" not in str(card)
            body = {"key": uuid.uuid4().hex, "thread": thread, "kind": "fill", "target": approve["target"]}
            assert (await lin.post("/web/presses", body | {"value": '{"comment": "好的"}'})).status_code == 202
            done = await lin.card(thread, lambda each: "comment: 好的" in texts(each) and not each["streaming"])
            assert done["language"] == "zh"
            assert not fills(done)
            again = body | {"key": uuid.uuid4().hex, "value": "{}"}
            assert (await lin.post("/web/presses", again)).status_code == 202
            await lin.card(thread, lambda each: "该表单已不再开放" in texts(each))
        sent = [each["json"] for each in dify.requests if "/form/" in each["path"]]
        assert [(each["action"], each["inputs"]) for each in sent] == [("approve", {"comment": "好的"})]
        asked = [each["json"]["query"] for each in dify.requests if each["path"].endswith("/chat-messages")]
        assert not any(query.startswith("Approve") for query in asked), "an answer to a form is no question"
