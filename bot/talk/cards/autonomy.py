"""What may run without asking, by which record; and what shadow mode would have done, beside what people did."""

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from bot.domain.card import Block, Card, Grid, Markdown, plain
from bot.talk.cards.words import Words

VERDICTS = ("right", "wrong", "harmful", "open")
MOST_SHADOWS = 10


class Standing(Protocol):
    """The record of one action."""

    @property
    def action(self) -> str: ...
    @property
    def namespace(self) -> str: ...
    @property
    def finding(self) -> str: ...
    @property
    def runs(self) -> int: ...
    @property
    def verified(self) -> int: ...


class Shadow(Protocol):
    """One step that was not taken."""

    @property
    def action(self) -> str: ...
    @property
    def namespace(self) -> str: ...
    @property
    def target(self) -> str: ...
    @property
    def finding(self) -> str: ...
    @property
    def verdict(self) -> str: ...
    @property
    def did(self) -> str: ...


def autonomy_card(standings: Sequence[tuple[Standing, bool]], shadows: Sequence[Shadow], words: Words) -> Card:
    """So that a team can let go step by step, with evidence."""
    blocks: list[Block] = []
    if standings:
        columns = tuple(words(f"column_{name}") for name in ("action", "namespace", "finding", "verified", "earned"))
        rows = tuple(
            (one.action, one.namespace or "-", one.finding or "-", f"{one.verified}/{one.runs}", "✅" if ok else "—")
            for one, ok in standings
        )
        blocks.append(Grid(columns, rows))
    if shadows:
        blocks += _shadows(shadows, words)
    return Card(words("autonomy_title"), tuple(blocks) or (Markdown(words("autonomy_none")),), language=words.language)


def _shadows(shadows: Sequence[Shadow], words: Words) -> list[Block]:
    counted: dict[tuple[str, str], Counter[str]] = {}
    for each in shadows:
        counted.setdefault((each.action, each.namespace), Counter())[each.verdict] += 1
    columns = (words("column_shadow"), words("column_namespace"), *(words(f"column_{each}") for each in VERDICTS))
    rows = tuple(
        (action, namespace or "-", *(str(found[each]) for each in VERDICTS))
        for (action, namespace), found in sorted(counted.items())
    )
    told = [
        f"- {each.action.partition('.')[2]} {plain(each.target)}: **{words(f'shadow_{each.verdict}')}**"
        + (f" — {plain(each.did) or words('shadow_nothing')}" if each.verdict != "open" else "")
        for each in shadows[:MOST_SHADOWS]
    ]
    return [Grid(columns, rows), Markdown("\n".join((words("shadow_title"), *told)))]
