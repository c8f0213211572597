"""The capacity report as a card: what to do first, then charts, what runs out first, and the rest on demand."""

from dataclasses import replace

from bot.domain.card import Attached, Block, Button, Buttons, Card, Context, Fold, Grid, Markdown, Severity, plain
from bot.domain.message import PressKind
from bot.talk.cards.evidence import charts
from bot.talk.cards.words import Words
from skills import Evidence

MOST_ROWS = 10
MOST_CHARTS = 4


def capacity_card(seen: Evidence, words: Words, zone: str = "") -> Card:
    """What the skill wrote, with a button that asks for the nodes it advises."""
    advice = seen.facts.get("advice")
    wanted = int(str(advice.get("nodes") or 0)) if isinstance(advice, dict) and advice.get("kind") == "add" else 0
    by = advice.get("by") if isinstance(advice, dict) else None
    drawn = [replace(each, zone=zone) for each in charts(seen)[:MOST_CHARTS]]
    blocks: list[Block] = [Markdown(plain(seen.summary)), *drawn]
    if seen.table and seen.table.rows:
        blocks.append(Grid(seen.table.columns, seen.table.rows[:MOST_ROWS]))
    title = str(seen.facts.get("title") or words("capacity_title"))
    page = [line for line in seen.lines if not line.startswith(("# ", "!["))]
    blocks.append(Fold(words("capacity_whole"), (Markdown("\n".join(page)),)))
    blocks += [Attached(name, text) for name, text in seen.files]
    if wanted:
        label = words("capacity_add", nodes=wanted)
        asked = words("capacity_add_by", nodes=wanted, by=str(by)) if by else label
        blocks.append(Buttons((Button(label, PressKind.ASK.value, asked, style="primary"),)))
    files = seen.facts.get("files")
    kept = ", ".join(map(str, files)) if isinstance(files, list) and files else ""
    blocks.append(Context(words("capacity_kept", files=kept) if kept else words("capacity_ask")))
    severity: Severity = "warn" if wanted else "info"
    return Card(title, tuple(blocks), severity, seen.summary[:200], language=words.language)
