"""Forms that Slack opens over the chat: why it is rejected, and the words that confirm what is dangerous."""

from collections.abc import Mapping
from typing import Any

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
    if click.asks_reason:
        blocks.append(
            _asked(
                "reason",
                words("form_change" if click.act == "edit" else "form_reason"),
                multiline=True,
                optional=True,
                most=1000,
            )
        )
    title = words("form_reject" if click.act == "reject" else "form_confirm")
    return {
        "type": "modal",
        "callback_id": FORM,
        "private_metadata": click.packed(),
        "title": _plain(cut(title, 24)),
        "submit": _plain(cut(title, 24)),
        "close": _plain(words("form_back")),
        "blocks": blocks,
    }


def filled(view: Mapping[str, Any]) -> tuple[str, str]:
    """Reason and typed words."""
    values = (view.get("state") or {}).get("values") or {}

    def value(name: str) -> str:
        return str(((values.get(name) or {}).get("value") or {}).get("value") or "").strip()

    return value("reason"), value("typed")


def _plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def _asked(name: str, label: str, *, multiline: bool, optional: bool, most: int) -> dict[str, Any]:
    element = {"type": "plain_text_input", "action_id": "value", "multiline": multiline, "max_length": most}
    return {"type": "input", "block_id": name, "optional": optional, "label": _plain(label), "element": element}
