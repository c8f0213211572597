"""The capacity report: one page of what runs out first, what changed, and how last week's forecast did."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from skills.capacity.advice import Add, Advice
from skills.capacity.charts import MOST_PANELS, draw
from skills.capacity.kept import Foretold
from skills.capacity.outlook import Outlook, Refused
from skills.capacity.shape import DAY, HISTORY
from skills.capacity.telling import Teller, urgency
from skills.capacity.wording import Remark, percent
from skills.evidence import Table

MOST_ROWS = 25
MOST_REMARKS = 12
MOST_LETTERS = 200_000
"""Of a file in a chat."""


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of target, and what was told of it."""

    title: str
    told: tuple[Outlook | Refused, ...]
    gaps: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """The same page in three shapes."""

    title: str
    summary: str
    markdown: str
    csv: str
    png: bytes
    table: Table
    charted: tuple[Outlook, ...]
    advice: Advice | None
    told: tuple[Outlook | Refused, ...]

    def files(self, day: str) -> tuple[tuple[str, str], ...]:
        """What goes with the page into a chat: (name, text). The chart stands there as a picture."""
        page = "\n".join(line for line in self.markdown.splitlines() if not line.startswith("!["))
        table = self.csv if len(self.csv) <= MOST_LETTERS else self.csv[: self.csv.rindex("\n", 0, MOST_LETTERS) + 1]
        return (f"capacity-{day}.md", page[:MOST_LETTERS]), (f"capacity-{day}.csv", table)

    def keep(self, folder: Path, stamp: str) -> tuple[str, ...]:
        """Write all three into a folder; gives their paths."""
        folder.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"[^0-9A-Za-z]+", "-", stamp)
        paths = tuple(folder / f"capacity-{name}.{kind}" for kind in ("md", "csv", "png"))
        paths[0].write_text(self.markdown.replace("(capacity.png)", f"({paths[2].name})"), encoding="utf-8")
        paths[1].write_text(self.csv, encoding="utf-8-sig")
        paths[2].write_bytes(self.png)
        return tuple(str(path) for path in paths)


def compose(
    sections: Sequence[Section], advice: Advice | None, teller: Teller, foretold: Foretold | None = None
) -> Report:
    """The page; `foretold`: the forecast that was kept when it was made, to be held against what came."""
    told = sorted((one for section in sections for one in section.told), key=urgency)
    outlooks = [one for one in told if isinstance(one, Outlook)]
    title = teller.say("report_title", date=teller.now.strftime("%Y-%m-%d %H:%M"))
    said = [teller.advice(advice)] if advice is not None else []
    summary = " ".join([*said, *(teller.headline(one) for one in outlooks[:1])])
    charted = tuple(one for one in outlooks if one.subject.ceiling is not None)[:MOST_PANELS] or tuple(outlooks[:4])
    table = teller.table(told[:MOST_ROWS])
    parts = [
        f"# {title}",
        summary,
        f"![{title}](capacity.png)",
        f"## {teller.say('report_first')}",
        _markdown(table),
        f"## {teller.say('report_changed')}",
        _markdown(_changes(outlooks, teller)),
        *_last_week(outlooks, teller, foretold),
        *_remarks(sections, told, teller),
    ]
    deadline = (advice.outlook.subject.name, advice.by) if isinstance(advice, Add) else None
    return Report(
        title,
        summary,
        "\n\n".join(parts) + "\n",
        _csv(told),
        draw(charted, teller, deadline),
        table,
        charted,
        advice,
        tuple(told),
    )


def _changes(outlooks: Sequence[Outlook], teller: Teller) -> Table:
    """The last day against the same day a week before."""
    rows = []
    for one in outlooks[:MOST_ROWS]:
        values = one.subject.history.mean
        if len(values) < HISTORY + DAY:
            continue
        now, before = float(np.mean(values[-DAY:])), float(np.mean(values[-HISTORY - DAY : -HISTORY]))
        share = f"{100 * (now - before) / abs(before):+.0f} %" if before else "-"
        unit = one.subject.unit
        rows.append((one.subject.name, teller.amount(before, unit), teller.amount(now, unit), share))
    columns = ("name", "week_ago", "last_day", "change")
    return Table(tuple(teller.say(f"column_{column}") for column in columns), tuple(rows))


def _last_week(outlooks: Sequence[Outlook], teller: Teller, foretold: Foretold | None) -> list[str]:
    """The forecast that was told then, against what came; and the trials of the same methods on the past."""
    title = f"## {teller.say('report_last_week')}"
    if foretold is None:
        return [title, teller.say("report_none_kept"), _trials(outlooks, teller)]
    date = datetime.fromtimestamp(foretold.made_at, teller.zone).strftime("%Y-%m-%d %H:%M")
    held = [(one, came) for one in outlooks if (came := foretold.against(one)) is not None]
    if not held:
        return [title, teller.say("report_none_kept"), _trials(outlooks, teller)]
    rows = [
        (
            one.subject.name,
            teller.amount(came.said, one.subject.unit),
            teller.amount(came.came, one.subject.unit),
            percent(came.error),
            f"{100 * came.inside:.0f} %",
        )
        for one, came in held[:MOST_ROWS]
    ]
    error = float(np.median([came.error for _, came in held]))
    inside = float(np.mean([came.inside for _, came in held]))
    told = teller.say("report_came", date=date, series=len(held), error=percent(error), inside=f"{100 * inside:.0f}")
    columns = tuple(teller.say(f"column_{column}") for column in ("name", "said", "came", "error", "held"))
    return [
        title,
        told,
        _markdown(Table(columns, tuple(rows))),
        f"### {teller.say('report_trials')}",
        _trials(outlooks, teller),
    ]


def _trials(outlooks: Sequence[Outlook], teller: Teller) -> str:
    """What the same methods would have said three days ago for these three days, against what came."""
    rows = []
    for one in outlooks[:MOST_ROWS]:
        if (trial := one.trial) is None:
            continue
        unit = one.subject.unit
        rows.append(
            (
                one.subject.name,
                teller.amount(float(trial.said[one.model].mean()), unit),
                teller.amount(float(trial.came.mean()), unit),
                percent(trial.relative_error(one.model)),
                f"{100 * trial.inside[one.model]:.0f} %",
                f"{trial.mase(one.model):.2f}",
            )
        )
    if not rows:
        return teller.say("report_untried")
    columns = ("name", "said", "came", "error", "held", "mase")
    table = Table(tuple(teller.say(f"column_{column}") for column in columns), tuple(rows))
    return f"{_markdown(table)}\n\n{teller.say('report_mase')}"


def _remarks(sections: Sequence[Section], told: list[Outlook | Refused], teller: Teller) -> list[str]:
    lines = [f"{each.title}: {gap.told(teller.language)}" for each in sections for gap in each.gaps]
    lines += teller.remarks(told)
    if not lines:
        return []
    shown = [f"- {line}" for line in lines[:MOST_REMARKS]]
    if len(lines) > MOST_REMARKS:
        shown.append(f"- {teller.say('cut', left=len(lines) - MOST_REMARKS)}")
    return [f"## {teller.say('report_remarks')}", "\n".join(shown)]


def _markdown(table: Table) -> str:
    def row(cells: tuple[str, ...]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"

    return "\n".join([row(table.columns), row(("---",) * len(table.columns)), *map(row, table.rows)])


def _csv(told: Sequence[Outlook | Refused]) -> str:
    """One line for each series and hour: for spreadsheets."""
    written = io.StringIO()
    lines = csv.writer(written, lineterminator="\n")
    lines.writerow(("name", "unit", "unix_time", "low", "middle", "high", "ceiling", "confidence", "model"))
    for one in told:
        if isinstance(one, Refused):
            continue
        ceiling = "" if one.subject.ceiling is None else one.subject.ceiling
        for hour, (low, middle, high) in enumerate(zip(one.low, one.middle, one.high, strict=True)):
            numbers = (f"{value:.6g}" for value in (low, middle, high))
            time = (one.start + hour) * 3600
            lines.writerow(
                (_safe(one.subject.name), one.subject.unit, time, *numbers, ceiling, one.confidence, one.model)
            )
    return written.getvalue()


def _safe(cell: str) -> str:
    """A spreadsheet takes some first signs for formulas."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t")) else cell
