"""Forms that Slack opens over the chat: why it is rejected, what confirms what is dangerous, other arguments."""

from collections.abc import Mapping
from typing import Any

import orjson

from bot.domain.card import Ask
from bot.talk.cards.asked import picked
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
    blocks += [_field(f"field{place}", ask) for place, ask in enumerate(click.fields)]
    if click.fields:
        about = words("form_fill_about" if click.act == "fill" else "form_edit_about")
        blocks.append({"type": "context", "elements": [_plain(about)]})
    if click.asks_reason:
        label = words("form_change" if click.act == "edit" else "form_reason")
        blocks.append(_asked("reason", label, multiline=True, optional=True, most=1000))
    title = words({"reject": "form_reject", "edit": "form_edit", "fill": "form_fill"}.get(click.act, "form_confirm"))
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
        told = (values.get(name) or {}).get("value") or {}
        picked = told.get("selected_option") or {}
        return str(told.get("value") or picked.get("value") or "").strip()

    if click.fields:
        told = {ask.name: picked(ask, value(f"field{place}")) for place, ask in enumerate(click.fields)}
        return orjson.dumps(told).decode(), ""
    return value("reason"), value("typed")


def _field(name: str, ask: Ask) -> dict[str, Any]:
    """One line of the form: written freely, or picked."""
    label = cut(ask.label, 2000) or "…"
    if not ask.options:
        asked = _asked(name, label, multiline=ask.lines, optional=True, most=3000 if ask.lines else 1000)
        asked["element"]["initial_value"] = ask.value
        return asked
    options = [{"text": _plain(cut(each, 75) or "…"), "value": str(n)} for n, each in enumerate(ask.options)]
    element: dict[str, Any] = {"type": "static_select", "action_id": "value", "options": options}
    if ask.value in ask.options:
        element["initial_option"] = options[ask.options.index(ask.value)]
    return {"type": "input", "block_id": name, "optional": False, "label": _plain(label), "element": element}


def _plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def _asked(name: str, label: str, *, multiline: bool, optional: bool, most: int) -> dict[str, Any]:
    element = {"type": "plain_text_input", "action_id": "value", "multiline": multiline, "max_length": most}
    return {"type": "input", "block_id": name, "optional": optional, "label": _plain(label), "element": element}
