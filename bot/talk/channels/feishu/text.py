"""Text between people and Feishu: what they wrote becomes plain, what we write can call nobody."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from bot.talk.cards.measure import clean

JOINER = "\u2060"
FENCE = "```"
ESCAPED = re.compile(r"\\([\\`*_{}\[\]<>#+!|~])")
TAG = re.compile(r"<(?=[/a-zA-Z!])")
PICTURE = re.compile(r"!(?=\[)")
HEADING = re.compile(r"^#{1,3}(?=\s)", re.MULTILINE)
SPECIAL = re.compile(r"[\\`*_{}\[\]<>#+!|~&]")
TABLE = re.compile(r"(?:^\|.*\n?){2,}", re.MULTILINE)


def markdown(text: str, tables: int) -> tuple[str, int]:
    """For a `markdown` element, and how many tables it holds; those beyond `tables` stand in a fixed font."""
    used = 0
    parts = clean(text).split(FENCE)
    for place in range(0, len(parts), 2):
        part = HEADING.sub("####", parts[place])
        part = PICTURE.sub("", ESCAPED.sub(lambda found: f"&#{ord(found[1])};", part))
        part = TAG.sub("<" + JOINER, part)

        def fenced(found: re.Match[str]) -> str:
            nonlocal used
            used += 1
            return found[0] if used <= tables else f"{FENCE}\n{found[0].rstrip()}\n{FENCE}\n"

        parts[place] = TABLE.sub(fenced, part)
    told = FENCE.join(parts)
    return (told + f"\n{FENCE}" if told.count(FENCE) % 2 else told), min(used, tables)


def verbatim(text: str) -> str:
    """Text of others, shown as it stands inside Markdown."""
    return SPECIAL.sub(lambda found: f"&#{ord(found[0])};", clean(text))


def fixed(text: str, language: str = "") -> str:
    """A block in a fixed font that its own content cannot leave."""
    kind = re.sub(r"[^a-z0-9]", "", language.lower())[:20]
    inside = clean(text).replace(FENCE, f"`{JOINER}`{JOINER}`")
    return f"{FENCE}{kind}\n{inside or '-'}\n{FENCE}"


def said(message: Mapping[str, Any], bot: str) -> tuple[str, bool]:
    """What a person wrote, without our name in front; and whether we were named."""
    try:
        content = json.loads(message.get("content") or "{}")
    except ValueError:
        content = {}
    text = content.get("text") or "\n".join(_lines(content)) if isinstance(content, dict) else ""
    mentions = list(message.get("mentions") or ())
    named = False
    for each in mentions:
        key, ours = str(each.get("key", "")), (each.get("id") or {}).get("open_id") == bot
        named = named or (ours and bool(bot))
        text = re.sub(rf"{re.escape(key)}(?!\d)", "" if ours else f"@{each.get('name', '')}", text) if key else text
    return text.strip(), named


def _lines(content: Mapping[str, Any]) -> Iterable[str]:
    """The text of a rich message."""
    if content.get("title"):
        yield str(content["title"])
    for line in content.get("content") or ():
        parts = [each for each in line if isinstance(each, Mapping)]
        yield "".join(str(each.get("text") or each.get("user_id") or "") for each in parts)
