"""The table of docs/faults.md: what people read of each dependency in each fault."""

import re
from pathlib import Path

from tests.trust.faults.cells import BY_DOCTOR, sentence

PAGE = Path(__file__).parents[3] / "docs" / "faults.md"
BEGIN, END = "<!-- seen -->\n", "<!-- /seen -->"
HEAD = "| dependency | fault | what people read | 人们看到的 |\n|---|---|---|---|\n"


def told(text):
    """Without what is another in each run: addresses, and how the machine words that nobody is there."""
    text = re.sub(r"http://127\.0\.0\.1:\d+", "http://…", text)
    text = re.sub(r"\d+ records wait", "… records wait", text)
    text = re.sub(r"（(?!http).*?）", "（…）", text)
    return re.sub(r"\(.*\)", "(…)", text).replace("|", "/")


def row(seen):
    english = told(sentence(seen, "en"))
    chinese = "`dutybot doctor`" if seen.dependency in BY_DOCTOR else told(sentence(seen, "zh"))
    return f"| {seen.dependency} | {seen.fault} | {english} | {chinese} |"


def written(page, seen):
    """The page with its table anew."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + HEAD + "\n".join(map(row, seen)) + "\n" + END + rest.partition(END)[2]
