"""Charts as PNG, for channels that cannot draw them; Chinese where this machine has a font for it."""

import io
from datetime import UTC, datetime, tzinfo
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain.card import Chart
from bot.domain.units import scaled

FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Microsoft YaHei",
    "PingFang SC",
    "SimHei",
    "Droid Sans Fallback",
    "Noto Serif CJK SC",
)
COLOURS = ("#2563eb", "#d97706", "#059669", "#9333ea", "#dc2626", "#0891b2", "#65a30d", "#be185d")
STYLES = ("-", "--", ":")
MOST_LINES = 12
DATES = ["", "%Y", "%Y-%m", "%Y-%m-%d", "%Y-%m-%d", "%Y-%m-%d %H:%M"]
"""The same in every language."""
MOST_MARKS = 8


def draw(chart: Chart) -> bytes:
    """A PNG of 900 x 425, to be read at half that size. Runs for some hundred milliseconds: call it in a thread."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 2.83), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    zone: tzinfo = ZoneInfo(chart.zone) if chart.zone else UTC
    family = _font() or "sans-serif"
    drawn = chart.lines[:MOST_LINES]
    factor, unit = scaled(chart.unit, max((abs(value) for line in drawn for _, value in line.points), default=0.0))
    for number, line in enumerate(drawn):
        alone = len(drawn) == 1 and line.name == chart.title
        axes.plot(
            [_moment(at, zone) for at, _ in line.points],
            [factor * value for _, value in line.points],
            color=COLOURS[number % len(COLOURS)],
            linestyle=STYLES[number // len(COLOURS) % len(STYLES)],
            linewidth=1.6,
            label="_" if alone else _written(line.name)[:60] or "-",
        )
    _mark(axes, chart, zone)
    axes.set_title(_written(chart.title)[:110], fontsize=10, loc="left", fontfamily=family)
    axes.set_ylabel(_written(unit), fontfamily=family)
    axes.set_xlabel(str(zone), fontsize=8, loc="left")
    locator = AutoDateLocator(tz=zone)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=zone, offset_formats=DATES))
    axes.grid(alpha=0.25)
    if told := len(axes.get_legend_handles_labels()[0]):
        columns = 4 if told < 9 else 6
        figure.legend(loc="outside lower left", ncols=columns, frameon=False, prop={"family": family, "size": 8.5})
    picture = io.BytesIO()
    FigureCanvasAgg(figure).print_png(picture)
    return picture.getvalue()


def _mark(axes: Any, chart: Chart, zone: tzinfo) -> None:
    told: set[str] = set()
    for mark in chart.marks[:MOST_MARKS]:
        label = "_" if mark.label in told else _written(mark.label)[:60]
        told.add(mark.label)
        if mark.end is None:
            axes.axvline(_moment(mark.start, zone), color="#d97706", linestyle="--", label=label)
        else:
            axes.axvspan(_moment(mark.start, zone), _moment(mark.end, zone), color="#dc2626", alpha=0.12, label=label)


def _moment(at: float, zone: tzinfo) -> Any:
    from matplotlib.dates import date2num

    return date2num(datetime.fromtimestamp(at, zone))


def _written(text: str) -> str:
    """With `$` as it stands, never as empty boxes, and never hidden from the legend as what begins with `_` is."""
    text = f" {text}" if text.startswith("_") else text
    shown = text if _font() or text.isascii() else text.encode("ascii", "replace").decode()
    return shown.replace("$", r"\$")


@cache
def _font() -> str:
    from matplotlib import font_manager

    known = {entry.name for entry in font_manager.fontManager.ttflist}
    return next((name for name in FONTS if name in known), "")
