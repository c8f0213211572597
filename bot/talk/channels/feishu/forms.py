"""A form of its own, sent to whoever wants other arguments: the card in the thread stays as it is for all others."""

import orjson

from bot.talk.cards.measure import clean, cut
from bot.talk.cards.words import Words
from bot.talk.channels.feishu.events import Click


def form(click: Click, words: Words) -> str:
    """The card with one line for each argument, filled in as it is now."""
    lines = [
        {
            "tag": "input",
            "name": f"field_{place}",
            "label": _text(cut(clean(label), 60) or "…"),
            "default_value": cut(clean(now), 500),
            "placeholder": _text(words("form_edit_empty")),
            "max_length": 500,
            "width": "fill",
        }
        for place, (_, label, now) in enumerate(click.fields)
    ]
    told = {"a": click.act, "t": click.target, "d": click.digest, "r": click.root, "p": click.place}
    submit = {
        "tag": "button",
        "text": _text(words("form_edit")),
        "type": "primary",
        "name": "submit",
        "form_action_type": "submit",
        "behaviors": [{"type": "callback", "value": {**told, "f": [list(each) for each in click.fields]}}],
    }
    row = {
        "tag": "column_set",
        "flex_mode": "flow",
        "columns": [{"tag": "column", "width": "auto", "elements": [submit]}],
    }
    about = {"tag": "markdown", "content": words("form_edit_about"), "text_size": "notation"}
    card = {
        "schema": "2.0",
        "config": {"update_multi": True, "enable_forward": False, "summary": {"content": words("form_edit")}},
        "header": {"title": _text(words("form_edit")), "template": "blue"},
        "body": {"elements": [about, {"tag": "form", "name": "form_0", "elements": [*lines, row]}]},
    }
    return orjson.dumps(card).decode()


def _text(content: str) -> dict[str, str]:
    return {"tag": "plain_text", "content": content}
