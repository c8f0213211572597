"""Text between people and Slack: what they wrote becomes plain, what we write can call nobody."""

import re

from bot.talk.cards.measure import clean

LINK = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")
JOINER = "\u2060"
"""Has no width, and keeps Slack from reading what stands around it as one word."""
CALLS = re.compile(r"<(?=[!@#])|(?<=@)(?=(?:channel|here|everyone)\b)", re.IGNORECASE)
PICTURES = re.compile(r"!(?=\[)")
MARKS = re.compile(r"\\([\\`*_{}\[\]<>#+!|~])|(\*\*|__|`{1,3})")


def said(text: str, bot: str = "") -> str:
    """What a person wrote, without Slack's markup; without our own name in front."""
    text = text.strip()
    while bot and (named := re.match(rf"<@{re.escape(bot)}(?:\|[^<>]*)?>[:,：，]?\s*", text)):
        text = text[named.end() :]
    plain = LINK.sub(_link, text)
    return plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()


def _link(found: re.Match[str]) -> str:
    target, label = found[1], found[2]
    if target[:1] in {"@", "#", "!"}:
        return label if label and target[0] == "!" else target[0].replace("!", "@") + (label or target[1:])
    return label or target.removeprefix("mailto:")


def escaped(text: str) -> str:
    """For mrkdwn: `&`, `<` and `>` as they stand, so that no mention and no link can be made."""
    return clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def harmless(markdown: str) -> str:
    """For a `markdown` block: calls nobody, fetches no picture."""
    found = CALLS.sub(lambda match: (match[0] or "") + JOINER, clean(markdown))
    return PICTURES.sub("", found)


def flat(markdown: str) -> str:
    """Markdown as plain text, for places that have no room for more."""
    return MARKS.sub(lambda found: found[1] or "", clean(markdown))
