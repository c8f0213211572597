"""What was seen, as blocks of a card."""

from dataclasses import replace

from bot.domain.approval import Refusal
from bot.domain.card import Attached, Chart, Code, Context, Grid, Line, Markdown, Plain, plain
from bot.talk.cards.words import Words
from skills import Evidence
from skills.evidence import CHART

MOST_ROWS = 20
MOST_LINES = 30
MOST_SERIES = 12


def evidence_blocks(seen: Evidence, words: Words, said: str = "", title: str = "") -> tuple[Plain, ...]:
    """Summary (unless it was `said` already), chart, table, lines, gaps, and the exact query with its link."""
    summary = plain(seen.summary)
    blocks: list[Plain] = [] if summary in said else [Markdown(summary)]
    blocks += charts(seen, title)
    if seen.table and seen.table.rows:
        blocks.append(Grid(seen.table.columns, seen.table.rows[:MOST_ROWS]))
    if seen.lines:
        blocks.append(Code("\n".join(seen.lines[:MOST_LINES]), "log"))
    blocks += [Attached(name, text) for name, text in seen.files]
    if seen.gaps:
        blocks.append(Markdown("\n".join(f"- ⚠ {plain(gap)}" for gap in seen.gaps)))
    links = ((words("link_open"), seen.url),) if seen.url else ()
    blocks.append(Context(seen.query, links))
    return tuple(blocks)


def charts(seen: Evidence, title: str = "") -> tuple[Chart, ...]:
    """One chart for each unit, and for each thing that wants its own. Its title: told, the thing, or the summary."""
    drawn = [each for each in seen.series if len(each.points) > 1]
    keys = dict.fromkeys((each.unit, each.labels.get(CHART, "")) for each in drawn)
    found = []
    for unit, own in keys:
        of_it = [each for each in drawn if (each.unit, each.labels.get(CHART, "")) == (unit, own)]
        lines = tuple(Line(each.name, each.points) for each in of_it[:MOST_SERIES])
        named = own or ((title or seen.summary) if len(keys) == 1 else " · ".join(line.name for line in lines[:4]))
        found.append(Chart(named, lines, unit, alt=seen.summary))
    return tuple(found)


def worded(outcome: Evidence | Refusal, words: Words) -> Evidence | Refusal:
    """A refusal with its reason as the reader is told it, for a brain that is to speak of it."""
    return replace(outcome, why=refusal_text(outcome, words)) if isinstance(outcome, Refusal) else outcome


def refusal_text(refused: Refusal, words: Words) -> str:
    """Why a step was not taken, in one sentence."""
    return words.of_error(refused.key, refused.values, refused.why)
