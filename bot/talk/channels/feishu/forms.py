"""A form of its own, sent to whoever wants other arguments: the card in the thread stays as it is for all others."""

from typing import Any

import orjson

from bot.domain.card import Ask
from bot.talk.cards.asked import packed
from bot.talk.cards.measure import clean, cut
from bot.talk.cards.words import Words
from bot.talk.channels.feishu.events import Click
from bot.talk.channels.feishu.text import verbatim


def form(click: Click, words: Words) -> str:
    """The card with one line for each argument, filled in as it is now."""
    title = words("form_fill" if click.act == "fill" else "form_edit")
    lines = [
        piece for place, ask in enumerate(click.fields) for piece in _line(f"field_{place}", ask, click.act, words)
    ]
    told = {"a": click.act, "t": click.target, "d": click.digest, "r": click.root, "p": click.place}
    submit = {
        "tag": "button",
        "text": _text(title),
        "type": "primary",
        "name": "submit",
        "form_action_type": "submit",
        "behaviors": [{"type": "callback", "value": {**told, "f": [packed(each) for each in click.fields]}}],
    }
    row = {
        "tag": "column_set",
        "flex_mode": "flow",
        "columns": [{"tag": "column", "width": "auto", "elements": [submit]}],
    }
    about = "fill" if click.act == "fill" else "edit"
    note = {"tag": "markdown", "content": words(f"form_{about}_about"), "text_size": "notation"}
    card = {
        "schema": "2.0",
        "config": {"update_multi": True, "enable_forward": False, "summary": {"content": title}},
        "header": {"title": _text(title), "template": "blue"},
        "body": {"elements": [note, {"tag": "form", "name": "form_0", "elements": [*lines, row]}]},
    }
    return orjson.dumps(card).decode()


def _line(name: str, ask: Ask, act: str, words: Words) -> list[dict[str, Any]]:
    """One line of the form: written freely, or picked below its label."""
    label = cut(clean(ask.label), 60) or "…"
    if ask.options:
        options = [{"text": _text(cut(clean(each), 75) or "…"), "value": str(n)} for n, each in enumerate(ask.options)]
        pick: dict[str, Any] = {"tag": "select_static", "name": name, "options": options, "width": "fill"}
        pick["placeholder"] = _text(words("form_pick"))
        if ask.value in ask.options:
            pick["initial_option"] = str(ask.options.index(ask.value))
        return [{"tag": "markdown", "content": verbatim(label)}, pick]
    line: dict[str, Any] = {
        "tag": "input",
        "name": name,
        "label": _text(label),
        "default_value": cut(clean(ask.value), 500),
        "placeholder": _text(words("form_fill_empty" if act == "fill" else "form_edit_empty")),
        "max_length": 1000 if ask.lines else 500,
        "width": "fill",
    }
    return [line | {"input_type": "multiline_text", "rows": 4} if ask.lines else line]


def _text(content: str) -> dict[str, str]:
    return {"tag": "plain_text", "content": content}
