"""A client certificate counts where our own proxy says that it has seen it, and nowhere else; over a real socket."""

import httpx
import pytest

from bot.errors import BadInput
from bot.talk.alerts.alertmanager import make
from bot.talk.settings import HttpSettings
from bot.talk.web import Server, make_app
from tests.talk.alerts.test_alertmanager import FIRING, Ears, webhook

SUBJECT = "CN=alertmanager,O=ops"
NAME = "x-ssl-client-s-dn"
OURS = {"client_subjects": [SUBJECT], "reconcile_seconds": 0}


async def status(headers, **settings):
    source = make(**{**OURS, "proxies": "127.0.0.1"} | settings)
    await source.start(Ears())
    server = Server(make_app(source.routes()), HttpSettings(host="127.0.0.1", port=0))
    await server.start()
    try:
        async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
            return (await client.post("/alerts/alertmanager", json=webhook(FIRING), headers=headers)).status_code
    finally:
        await server.stop()
        await source.stop()


async def test_our_proxy_vouches():
    assert await status({NAME: SUBJECT}) == 200
    assert await status({NAME: SUBJECT}, proxies="10.0.0.9, 127.0.0.0/8") == 200
    assert await status({"x-client": SUBJECT}, subject_header="X-Client") == 200


@pytest.mark.parametrize(
    ("headers", "settings"),
    [
        ({}, {}),
        ({NAME: "CN=mallory,O=ops"}, {}),
        ({NAME: SUBJECT + ",OU=x"}, {}),
        ([(NAME, SUBJECT), (NAME, SUBJECT)], {}),
        ({NAME: SUBJECT}, {"proxies": "10.0.0.9"}),
        ({NAME: SUBJECT, "x-forwarded-for": "10.0.0.9"}, {"proxies": "10.0.0.9"}),
        ({NAME: SUBJECT, "forwarded": "for=10.0.0.9", "x-real-ip": "10.0.0.9"}, {"proxies": "10.0.0.9"}),
        ({NAME: SUBJECT}, {"client_subjects": [], "token": "t0ken-t0ken"}),
    ],
    ids=[
        "nothing",
        "another",
        "more of it",
        "said twice",
        "from elsewhere",
        "forwarded",
        "by other headers",
        "not asked for",
    ],
)
async def test_nobody_else_does(headers, settings):
    assert await status(headers, **settings) == 401


async def test_a_token_is_as_good():
    assert await status({"authorization": "Bearer t0ken-t0ken"}, token="t0ken-t0ken") == 200


@pytest.mark.parametrize("proxies", ["", "the proxy", "10.0.0.300"])
def test_without_a_proxy_nothing_starts(proxies):
    with pytest.raises(BadInput) as told:
        make(**OURS, proxies=proxies)
    assert told.value.key == "error_alerts_proxies"
