"""What was seen, as blocks of a card."""

from bot.domain.approval import Refusal
from bot.domain.card import Chart, Code, Context, Grid, Line, Markdown, Plain, plain
from bot.talk.cards.words import Words
from skills import Evidence

MOST_ROWS = 20
MOST_LINES = 30
MOST_SERIES = 12


def evidence_blocks(seen: Evidence, words: Words) -> tuple[Plain, ...]:
    """Summary, chart, table, lines, what could not be seen, and the exact query with its link."""
    blocks: list[Plain] = [Markdown(plain(seen.summary))]
    drawn = tuple(Line(each.name, each.points) for each in seen.series if len(each.points) > 1)
    if drawn:
        unit = seen.series[0].unit
        blocks.append(Chart(seen.summary, drawn[:MOST_SERIES], unit, alt=seen.summary))
    if seen.table and seen.table.rows:
        blocks.append(Grid(seen.table.columns, seen.table.rows[:MOST_ROWS]))
    if seen.lines:
        blocks.append(Code("\n".join(seen.lines[:MOST_LINES]), "log"))
    if seen.gaps:
        blocks.append(Markdown("\n".join(f"- ⚠ {plain(gap)}" for gap in seen.gaps)))
    links = ((words("link_open"), seen.url),) if seen.url else ()
    blocks.append(Context(seen.query, links))
    return tuple(blocks)


def refusal_text(refused: Refusal, words: Words) -> str:
    """Why a step was not taken, in one sentence."""
    return words.of_error(refused.key, refused.values, refused.why)
