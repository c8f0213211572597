"""Forms that Slack opens over the chat: why it is rejected, what confirms what is dangerous, other arguments."""

from collections.abc import Mapping
from typing import Any

import orjson

from bot.talk.cards.measure import cut
from bot.talk.cards.words import Words
from bot.talk.channels.slack.events import Click

FORM = "dutybot.form"


def form(click: Click, words: Words) -> dict[str, Any]:
    """The view for a button that needs words."""
    blocks: list[dict[str, Any]] = []
    if click.typed:
        label = words("form_typed", typed=click.typed)
        blocks.append(_asked("typed", cut(label, 2000), multiline=False, optional=False, most=500))
    for place, (_, label, now) in enumerate(click.fields):
        asked = _asked(f"field{place}", cut(label, 2000), multiline=False, optional=True, most=1000)
        asked["element"]["initial_value"] = now
        blocks.append(asked)
    if click.fields:
        blocks.append({"type": "context", "elements": [_plain(words("form_edit_about"))]})
    if click.asks_reason:
        label = words("form_change" if click.act == "edit" else "form_reason")
        blocks.append(_asked("reason", label, multiline=True, optional=True, most=1000))
    title = words({"reject": "form_reject", "edit": "form_edit"}.get(click.act, "form_confirm"))
    return {
        "type": "modal",
        "callback_id": FORM,
        "private_metadata": click.packed(),
        "title": _plain(cut(title, 24)),
        "submit": _plain(cut(title, 24)),
        "close": _plain(words("form_back")),
        "blocks": blocks,
    }


def filled(view: Mapping[str, Any], click: Click) -> tuple[str, str]:
    """What was written, as our press tells it, and the typed words."""
    values = (view.get("state") or {}).get("values") or {}

    def value(name: str) -> str:
        return str(((values.get(name) or {}).get("value") or {}).get("value") or "").strip()

    if click.fields:
        told = {name: value(f"field{place}") for place, (name, _, _) in enumerate(click.fields)}
        return orjson.dumps(told).decode(), ""
    return value("reason"), value("typed")


def _plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def _asked(name: str, label: str, *, multiline: bool, optional: bool, most: int) -> dict[str, Any]:
    element = {"type": "plain_text_input", "action_id": "value", "multiline": multiline, "max_length": most}
    return {"type": "input", "block_id": name, "optional": optional, "label": _plain(label), "element": element}
