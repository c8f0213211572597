"""Draws history, forecast band, ceiling and deadline as one PNG; matplotlib is loaded only when something is drawn."""

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from skills.capacity.exhaustion import NEVER
from skills.capacity.history import HOUR
from skills.capacity.outlook import Outlook
from skills.capacity.shape import HISTORY
from skills.capacity.telling import Teller
from skills.capacity.wording import say

CJK_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
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
MOST_PANELS = 6
UNITS = {"bytes": (2**30, "GiB")}


def draw(outlooks: Sequence[Outlook], teller: Teller, deadline: tuple[str, float] | None = None) -> bytes:
    """One panel for each outlook, at most six; the deadline stands in the panel of the series that sets it."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    font = cjk_font()
    shown = list(outlooks)[:MOST_PANELS]
    with mpl.rc_context({"font.family": [*([font] if font else []), "DejaVu Sans"], "axes.unicode_minus": False}):
        figure = Figure(figsize=(9, 0.6 + 2.6 * max(1, len(shown))), dpi=110, layout="constrained")
        panels = figure.subplots(max(1, len(shown)), 1, squeeze=False)[:, 0]
        for panel, outlook in zip(panels, shown, strict=False):
            at = deadline[1] if deadline and deadline[0] == outlook.subject.name else None
            _panel(panel, outlook, teller, font is not None, at)
        written = io.BytesIO()
        figure.savefig(written, format="png")
    return written.getvalue()


def cjk_font() -> str | None:
    """A font that has Chinese signs, if this machine has one."""
    from matplotlib import font_manager

    known = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in CJK_FONTS if name in known), None)


def _panel(panel: Any, outlook: Outlook, teller: Teller, chinese: bool, deadline: float | None) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    def label(key: str) -> str:
        return say(teller.language if chinese else "en", key)

    subject, history = outlook.subject, outlook.subject.history
    size, unit = UNITS.get(subject.unit, (1, subject.unit))
    past = history.mean[-HISTORY:] / size
    before = _times(history.end - len(past), len(past), teller)
    ahead = _times(outlook.start, len(outlook.middle), teller)
    panel.plot(before, past, color="#334155", linewidth=1.2, label=label("chart_history"))
    panel.plot(ahead, outlook.middle / size, color="#2563eb", linewidth=1.5, label=label("chart_forecast"))
    panel.fill_between(
        ahead,
        outlook.low / size,
        outlook.high / size,
        color="#2563eb",
        alpha=0.18,
        linewidth=0,
        label=label("chart_band"),
    )
    if subject.ceiling is not None:
        panel.axhline(
            subject.ceiling / size, color="#dc2626", linewidth=1, linestyle="--", label=label("chart_ceiling")
        )
    for at, colour, key in (
        (outlook.earliest, "#f59e0b", "chart_earliest"),
        (outlook.expected, "#dc2626", "chart_expected"),
    ):
        if at != NEVER and at <= len(outlook.middle):
            panel.axvline(
                _times(outlook.start + int(at) - 1, 1, teller)[0], color=colour, linewidth=1, label=label(key)
            )
    for number, event in enumerate(event for event in subject.events if event.at >= before[0].timestamp()):
        moment = datetime.fromtimestamp(event.at, teller.zone)
        told = None if number else label("chart_event")
        panel.axvline(moment, color="#94a3b8", linewidth=0.8, linestyle=":", label=told)
    if deadline is not None:
        moment = datetime.fromtimestamp(deadline, teller.zone)
        panel.axvline(moment, color="#059669", linewidth=1.4, linestyle="-.", label=label("chart_deadline"))
    panel.set_title(_readable(subject.name, chinese), fontsize=10, loc="left")
    panel.set_ylabel(label("unit_cores") if unit == "cores" else unit, fontsize=8)
    locator = AutoDateLocator(tz=teller.zone)
    panel.xaxis.set_major_locator(locator)
    panel.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=teller.zone))
    panel.tick_params(labelsize=8)
    panel.grid(alpha=0.25)
    panel.legend(fontsize=7, loc="upper left", ncols=3, framealpha=0.8)


def _times(start: int, count: int, teller: Teller) -> list[datetime]:
    return [datetime.fromtimestamp((start + hour) * HOUR, teller.zone) for hour in range(count)]


def _readable(name: str, chinese: bool) -> str:
    """Without a font for them, Chinese signs would be boxes."""
    return name if chinese else " ".join(name.encode("ascii", "ignore").decode().split())
