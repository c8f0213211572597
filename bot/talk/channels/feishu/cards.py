"""Our card as Feishu's card JSON 2.0, within 30 KB; what can be clicked is never left out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from bot.domain.card import (
    Attached,
    Button,
    Buttons,
    Card,
    Chart,
    Code,
    Context,
    Divider,
    Fields,
    Fold,
    Grid,
    Image,
    Markdown,
    Plain,
    Task,
    Tasks,
)
from bot.talk.cards.asked import packed
from bot.talk.cards.measure import Room, aligned, clean, cut
from bot.talk.cards.words import Words
from bot.talk.channels.feishu.text import fixed, markdown, verbatim
from bot.talk.pictures import digest

Piece = dict[str, Any]
MOST_BYTES = 29_000
MOST_BLOCKS = 60
CODE_INLINE = 4_000
"""Letters of a log that stand in the card itself."""
COLOURS = {"info": "blue", "ok": "green", "warn": "orange", "crit": "red"}
SIGNS = {"waiting": "▫️", "running": "⏳", "done": "✅", "failed": "❌", "skipped": "⏭️"}
STYLES = {"default": "default", "primary": "primary", "danger": "danger"}
MOST_ASKS = 12
NOTHING = -1
"""Room for less than no words: the buttons themselves give up what they can do without."""
ANSWER = "answer"
"""Names the words of an answer, so that they can be typed into."""
FULL, SIMPLE, PLAINEST, BARE = range(4)
"""Steps of the ladder: as meant; Markdown and buttons; the summary and buttons; buttons without forms."""


@dataclass(slots=True)
class _Page:
    """What one card has room for, while it is being written."""

    room: Room
    step: int
    pictures: Mapping[str, str]
    root: str
    crowded: bool = False
    """So many buttons that each is only its name and what it does."""
    tables: int = 3
    forms: int = 0
    named: bool = False
    elements: list[Piece] = field(default_factory=list)


def render(card: Card, step: int = FULL, pictures: Mapping[str, str] | None = None, root: str = "") -> str:
    """The card as JSON, as large as it may be.

    Args:
        card: What to show.
        step: How far down the ladder.
        pictures: Feishu's key of each uploaded picture, by the digest of its chart or its own id.
        root: The thread's first message, for what is clicked.
    """
    for letters in (8_000, 4_500, 2_500, 1_200, 300, 0, NOTHING):
        page = _Page(Room(max(letters, 0)), step, pictures or {}, root, letters == NOTHING)
        told = orjson.dumps(_whole(card, page)).decode()
        if len(told.encode()) <= MOST_BYTES:
            break
    return told


def summary(card: Card) -> str:
    """The line that phones show."""
    return cut(" ".join(clean(card.summary or card.title).split()), 200) or "…"


def walk(elements: Sequence[Piece]) -> Iterator[Piece]:
    """All elements, those inside others too."""
    for each in elements:
        yield each
        yield from walk(each.get("elements", ()))
        yield from walk(each.get("columns", ()) if each["tag"] == "column_set" else ())


def _whole(card: Card, page: _Page) -> Piece:
    if page.step >= PLAINEST:
        page.elements.append({"tag": "markdown", "content": verbatim(page.room.take(card.summary, 500).strip() or "…")})
    shown = 0
    short = False
    for block in card.blocks:
        if isinstance(block, Buttons):
            page.elements += _clicks(block, page, Words(card.language))
        elif page.step < PLAINEST:
            fits = page.room.left > 0 and shown < MOST_BLOCKS
            pieces = _block(block, page) if fits else []
            if card.streaming and isinstance(block, Markdown) and pieces and not page.named:
                pieces[0]["element_id"], page.named = ANSWER, True
            page.elements += pieces
            short = short or not fits
            shown += 1
    if short or page.step >= PLAINEST or page.room.left < 1:
        page.elements.append(_small(verbatim(Words(card.language)("card_shortened"))))
    if not page.elements:
        page.elements.append(_small("…"))
    title = cut(" ".join(clean(card.title).split()), 200) or "…"
    return {
        "schema": "2.0",
        "config": {"update_multi": True, "enable_forward": False, "summary": {"content": summary(card)}},
        "header": {"title": _text(title), "template": COLOURS[card.severity]},
        "body": {"elements": page.elements},
    }


def _block(block: Plain | Fold, page: _Page) -> list[Piece]:
    if isinstance(block, Fold):
        return _fold(block, page)
    if page.step == FULL:
        match block:
            case Grid() if page.tables and block.columns:
                page.tables -= 1
                return [*_caption(block.caption, page), _table(block, page)]
            case Chart() | Image():
                key = digest(block) if isinstance(block, Chart) else block.id
                if image := page.pictures.get(key):
                    alt = page.room.take(block.alt or getattr(block, "title", ""), 300)
                    return [{"tag": "img", "img_key": image, "alt": _text(alt)}]
    return _inner(block, page)


def _inner(block: Plain, page: _Page) -> list[Piece]:
    """A block as it may stand anywhere."""
    room = page.room
    match block:
        case Markdown(text):
            told, used = markdown(room.take(text, 5_000), page.tables if page.step == FULL else 0)
            page.tables -= used
            return _markdown(told)
        case Fields(pairs):
            lines = [f"**{verbatim(room.take(a, 150))}**: {verbatim(room.take(b, 900)) or '-'}" for a, b in pairs[:60]]
            return _markdown("\n".join(lines))
        case Code(text, language, caption):
            return [*_caption(caption, page), *_markdown(fixed(room.take(text, CODE_INLINE), language))]
        case Grid() if block.columns or block.rows:
            lines = aligned(block.columns, block.rows[:50])
            return [*_caption(block.caption, page), *_markdown(fixed(room.take("\n".join(lines), CODE_INLINE)))]
        case Tasks(tasks, title):
            head = [f"**{verbatim(room.take(title, 150))}**"] if title.strip() else []
            return _markdown("\n".join([*head, *(_line(each, room) for each in tasks[-50:])]))
        case Attached(name):
            return [_small("📎 " + verbatim(room.take(name, 150)))]
        case Chart() | Image():
            return [_small("📈 " + verbatim(room.take(block.alt or getattr(block, "title", ""), 500)))]
        case Context():
            return _context(block, page)
        case Divider():
            return [{"tag": "hr"}]
    return []


def _fold(fold: Fold, page: _Page) -> list[Piece]:
    title = page.room.take(fold.title, 150).strip() or "…"
    kept, page.tables = page.tables, 0
    inside = [piece for block in fold.blocks[:12] if page.room.left > 0 for piece in _inner(block, page)]
    page.tables = kept
    if page.step != FULL:
        return [*_markdown(f"**{verbatim(title)}**"), *inside]
    if not inside:
        return _markdown(verbatim(title))
    header = {"title": _text(title)}
    return [{"tag": "collapsible_panel", "expanded": False, "header": header, "elements": inside}]


def _table(grid: Grid, page: _Page) -> Piece:
    heads = grid.columns[:10]
    columns = [
        {"name": f"c{n}", "display_name": page.room.take(head, 60).strip() or "-", "data_type": "text"}
        for n, head in enumerate(heads)
    ]
    rows = []
    for row in grid.rows[:50]:
        if page.room.left < 400:
            break
        cells = [" ".join(page.room.take(cell, 120).split()) for cell in row[: len(heads)]]
        rows.append({f"c{n}": cell for n, cell in enumerate(cells + [""] * (len(heads) - len(cells)))})
    return {"tag": "table", "page_size": 10, "row_height": "low", "columns": columns, "rows": rows}


def _context(block: Context, page: _Page) -> list[Piece]:
    told = [verbatim(page.room.take(block.text, 1_500)).strip()]
    for label, url in block.links[:10]:
        if url.startswith(("https://", "http://")) and not set(url) & set("<>() \n") and len(url) < 1_500:
            told.append(f"[{verbatim(page.room.take(label, 150)).strip() or '↗'}]({url})")
    content = " · ".join(filter(None, told))
    return [_small(content)] if content else []


def _clicks(block: Buttons, page: _Page, words: Words) -> list[Piece]:
    if not block.buttons:
        return []
    asks = any(each.typed or each.asks_reason for each in block.buttons) and page.step != BARE
    typed = next((each.typed for each in block.buttons if each.typed), "")
    number = page.forms
    page.forms += 1
    columns = [
        {"tag": "column", "width": "auto", "elements": [_button(each, page, f"b{number}_{n}" if asks else "")]}
        for n, each in enumerate(block.buttons)
    ]
    row: Piece = {"tag": "column_set", "flex_mode": "flow", "columns": columns}
    if not asks:
        return [row]
    inputs = []
    if typed:
        inputs.append(_input(f"typed_{number}", words("form_typed", typed=typed)))
    if any(each.asks_reason for each in block.buttons):
        edits = any(each.act == "edit" for each in block.buttons)
        inputs.append(_input(f"reason_{number}", words("form_reason_or_change" if edits else "form_reason")))
    return [{"tag": "form", "name": f"form_{number}", "elements": [*inputs, row]}]


def _button(button: Button, page: _Page, name: str) -> Piece:
    value: dict[str, Any] = {"a": button.act, "t": button.target, "d": button.digest, "r": page.root}
    if button.typed:
        value["y"] = button.typed
    if button.asks and not page.crowded:
        value["f"] = [packed(each) for each in button.asks[:MOST_ASKS]]
    label = _text(cut(clean(button.label).strip(), 20 if page.crowded else 60) or "…")
    made: Piece = {
        "tag": "button",
        "text": label,
        "type": STYLES[button.style],
        "behaviors": [{"type": "callback", "value": value}],
    }
    if button.confirm:
        asked = cut(clean(button.confirm).strip(), 20 if page.crowded else 200) or "?"
        made["confirm"] = {"title": label, "text": _text(asked)}
    if name:
        made |= {"name": name, "form_action_type": "submit"}
    return made


def _input(name: str, label: str) -> Piece:
    return {"tag": "input", "name": name, "placeholder": _text(cut(label, 100)), "max_length": 500, "width": "fill"}


def _line(task: Task, room: Room) -> str:
    title = verbatim(" ".join(room.take(task.title, 180).split())) or "…"
    detail = verbatim(" ".join(room.take(task.detail, 400).split()))
    return f"{SIGNS[task.state]} {title}" + (f" — {detail}" if detail else "")


def _caption(text: str, page: _Page) -> list[Piece]:
    told = page.room.take(text, 300).strip()
    return [_small(verbatim(told))] if told else []


def _small(content: str) -> Piece:
    return {"tag": "markdown", "content": content, "text_size": "notation"}


def _markdown(content: str) -> list[Piece]:
    return [{"tag": "markdown", "content": content}] if content.strip() else []


def _text(text: str) -> Piece:
    return {"tag": "plain_text", "content": text}
