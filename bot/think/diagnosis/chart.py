"""Draws the series that matters as a PNG: the fault window and the changes marked, with Chinese where a font has it."""

import io
from datetime import UTC, datetime, tzinfo
from functools import cache

from bot.domain.units import scaled
from bot.think.diagnosis.report import Chart
from bot.think.diagnosis.wording import Language, say, table

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
    "AR PL UMing CN",
)
MOST_CHANGES = 5
DATES = ["", "%Y", "%Y-%m", "%Y-%m-%d", "%Y-%m-%d", "%Y-%m-%d %H:%M"]
"""The same in every language."""


def draw(chart: Chart, language: Language = "zh", zone: tzinfo = UTC) -> bytes:
    """A PNG of about 900 x 360. Without a font for Chinese, the labels are English: never empty boxes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
    from matplotlib.figure import Figure

    font = chinese_font()
    spoken: Language = language if font or language == "en" else "en"
    figure = Figure(figsize=(9, 3.6), dpi=100, layout="constrained")
    axes = figure.add_subplot()

    def place(at: float) -> float:
        return float(date2num(datetime.fromtimestamp(at, zone)))

    factor, unit = scaled(chart.unit, max((abs(value) for _, value in chart.points), default=0.0))
    values = [factor * value for _, value in chart.points]
    axes.plot([place(at) for at, _ in chart.points], values, color="#2563eb", linewidth=1.6)
    axes.axvspan(
        place(chart.fault[0]),
        place(chart.fault[1]),
        color="#dc2626",
        alpha=0.12,
        label=say("report", "chart_fault", spoken),
    )
    for number, change in enumerate(chart.changes[-MOST_CHANGES:]):
        label = say("report", "chart_change", spoken) if number == 0 else None
        axes.axvline(place(change.at), color="#d97706", linestyle="--", label=label)
    told = titled(chart, spoken)
    title = told if font or told.isascii() else told.encode("ascii", "replace").decode()
    axes.set_title(title[:110], fontsize=10, loc="left", fontfamily=font or "sans-serif")
    axes.set_ylabel(unit)
    axes.set_xlabel(str(zone), fontsize=8, loc="left")
    locator = AutoDateLocator(tz=zone)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=zone, offset_formats=DATES))
    axes.grid(alpha=0.25)
    axes.legend(loc="best", fontsize=8, prop={"family": font, "size": 8} if font else {"size": 8})
    picture = io.BytesIO()
    FigureCanvasAgg(figure).print_png(picture)
    return picture.getvalue()


def titled(chart: Chart, language: Language) -> str:
    """What is drawn, in the reader's words where we have some for this metric."""
    if chart.name in table(language)["series"]:
        return say("series", chart.name, language, {"about": chart.about}).strip(" :：")
    return chart.title


@cache
def chinese_font() -> str:
    """A font on this machine that has Chinese, or ''."""
    from matplotlib import font_manager

    known = {entry.name for entry in font_manager.fontManager.ttflist}
    return next((name for name in FONTS if name in known), "")
