"""Feishu's own Python client against our Feishu: says what it hears, answers a click with a toast, sends a message."""

import json
import os
import sys

import lark_oapi as lark
from lark_oapi.api.im.v1 import CreateMessageRequest, CreateMessageRequestBody
from lark_oapi.event.callback.model.p2_card_action_trigger import P2CardActionTriggerResponse


def say(**what):
    print(json.dumps(what), flush=True)


def clicked(event):
    say(clicked=event.event.action.value)
    return P2CardActionTriggerResponse({"toast": {"type": "success", "content": "from python"}})


def main(url):
    client = lark.Client.builder().app_id("cli_x").app_secret("secret").domain(url).build()
    body = CreateMessageRequestBody.builder().receive_id("oc_1").msg_type("interactive").content(os.environ["CARD"])
    request = CreateMessageRequest.builder().receive_id_type("chat_id").request_body(body.build()).build()
    say(sent=client.im.v1.message.create(request).data.message_id)
    heard = (
        lark.EventDispatcherHandler.builder("", "")
        .register_p2_im_message_receive_v1(lambda event: say(heard=json.loads(event.event.message.content)["text"]))
        .register_p2_card_action_trigger(clicked)
        .build()
    )
    say(started=True)
    lark.ws.Client("cli_x", "secret", event_handler=heard, domain=url, log_level=lark.LogLevel.ERROR).start()


if __name__ == "__main__":
    main(sys.argv[1])
