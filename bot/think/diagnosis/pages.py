"""A report as PDF: its Markdown set line by line on A4 pages, and below it the chart that matters."""

import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.think.diagnosis.chart import chinese_font, draw
from bot.think.diagnosis.markdown import as_markdown
from bot.think.diagnosis.report import Diagnosis
from bot.think.diagnosis.wording import Language

WIDE = 116
"""Narrow letters that fit into a line of the smallest size; a Chinese one counts twice."""
LINES = 66
CHART_LINES = 28
"""Room that the chart takes, in lines of the smallest size."""
FOLLOWING = 3
"""A heading is not left alone at the foot of a page: so many lines follow it."""
LINK = re.compile(r"\[(`[^`]*`|[^\]]*)\]\((\S+?)\)")
A4 = (8.27, 11.69)


@dataclass(frozen=True, slots=True)
class Row:
    """One line on a page."""

    text: str
    size: float = 8.0
    bold: bool = False
    indent: int = 0

    @property
    def height(self) -> float:
        return self.size / 8.0


def as_pdf(diagnosis: Diagnosis, language: Language = "zh") -> bytes:
    """The whole report. Without a font for Chinese it is English: never empty boxes."""
    from matplotlib.backends.backend_pdf import FigureCanvasPdf, PdfPages
    from matplotlib.figure import Figure

    font = chinese_font()
    spoken: Language = language if font or language == "en" else "en"
    kept = io.BytesIO()
    pages = list(_pages(list(_rows(as_markdown(diagnosis, spoken)))))
    if diagnosis.chart is not None and sum(row.height for row in pages[-1]) + CHART_LINES > LINES:
        pages.append([])
    with PdfPages(kept) as book:
        for number, page in enumerate(pages):
            figure = Figure(figsize=A4)
            FigureCanvasPdf(figure)
            top = _set(figure, page, font)
            if diagnosis.chart is not None and number == len(pages) - 1:
                high = 0.9 / LINES * CHART_LINES
                axes = figure.add_axes((0.05, top - high, 0.9, high))
                axes.imshow(_picture(draw(diagnosis.chart, spoken)))
                axes.axis("off")
            book.savefig(figure)
    return kept.getvalue()


def _set(figure: Any, page: list[Row], font: str) -> float:
    """Writes the lines of a page; where the last one ends."""
    family = [font, "DejaVu Sans"] if font else ["DejaVu Sans"]
    top = 0.95
    for row in page:
        text = row.text.replace("$", r"\$")
        weight = "bold" if row.bold else "normal"
        at = 0.07 + 0.012 * row.indent
        figure.text(at, top, text, fontsize=row.size, fontweight=weight, fontfamily=family, va="top")
        top -= 0.9 / LINES * row.height
    return top


def _picture(png: bytes) -> Any:
    from matplotlib.image import imread

    return imread(io.BytesIO(png), format="png")


def _rows(markdown: str) -> Iterator[Row]:
    """Headings large, proofs small and further in, long lines broken."""
    for line in markdown.splitlines():
        bare = LINK.sub(r"\1 (\2)", line.lstrip(" -")).replace("**", "").replace("`", "")
        if line.startswith("# "):
            made = Row(bare.lstrip("# "), 13.0, bold=True)
        elif line.startswith("#"):
            made = Row(bare.lstrip("# "), 10.0, bold=True)
        elif line.lstrip().startswith("- "):
            deep = (len(line) - len(line.lstrip())) // 2
            made = Row(bare if deep else f"• {bare}", 8.0 - deep, indent=2 + 2 * deep)
        else:
            made = Row(bare)
        for place, part in enumerate(_broken(made.text, int(WIDE * 8 / made.size) - made.indent * 2)):
            yield Row(part, made.size, made.bold, made.indent + (1 if place else 0))


def _broken(text: str, wide: int) -> Iterator[str]:
    """At spaces where there are any, and always before it is too wide."""
    line, width = "", 0
    for letter in text:
        width += 2 if _chinese(letter) else 1
        line += letter
        if width >= wide:
            cut = line.rfind(" ")
            words = cut > len(line) // 2 and not _chinese(line[cut:])
            keep, rest = (line[:cut], line[cut + 1 :]) if words else (line, "")
            yield keep
            line, width = rest, len(rest)
    if line or not text:
        yield line


def _chinese(text: str) -> bool:
    """Has wide letters, between any two of which a line may end."""
    return any(unicodedata.east_asian_width(letter) in "WF" for letter in text)


def _pages(rows: list[Row]) -> Iterator[list[Row]]:
    page: list[Row] = []
    used = 0.0
    for row in rows:
        if used + row.height + (FOLLOWING if row.bold else 0) > LINES:
            yield page
            page, used = [], 0.0
        page.append(row)
        used += row.height
    yield page
