"""Jira's wiki markup (Server and Data Center) as Markdown. Line by line: a long ticket takes no longer per line."""

import re

LARGEST = 500_000
_BLOCK = re.compile(r"\{(code|noformat)(?::([^}]*))?\}(.*?)(?:\{\1\}|\Z)", re.DOTALL)
_HEADING = re.compile(r"^h([1-6])\.\s*(.*)$")
_LIST = re.compile(r"^([*#-]+)\s+(.*)$")
_TABLE_HEAD = re.compile(r"^\|\|(.*?)\|\|\s*$")
_MACRO = re.compile(r"\{(?:panel|quote|color|info|note|warning|tip|expand|anchor)(?::([^}]*))?\}")
_INLINE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\{\{(.+?)\}\}"), r"`\1`"),
    (re.compile(r"\[([^|\]\n]+)\|([^\]\n|]+)(?:\|[^\]\n]*)?\]"), r"[\1](\2)"),
    (re.compile(r"\[(https?://[^\]\s]+)\]"), r"<\1>"),
    (re.compile(r"\[~([^\]\n]+)\]"), r"@\1"),
    (re.compile(r"\[\^([^\]\n]+)\]"), r"\1"),
    (re.compile(r"!([^!\s|]+\.\w{2,5})(?:\|[^!\n]*)?!"), r"![\1]()"),
    (re.compile(r"(?<![\w*])\*(\S(?:[^*\n]*\S)?)\*(?![\w*])"), r"**\1**"),
    (re.compile(r"(?<![\w_])_(\S(?:[^_\n]*\S)?)_(?![\w_])"), r"*\1*"),
)


def _line(line: str) -> str:
    if heading := _HEADING.match(line):
        return "#" * int(heading[1]) + " " + _inline(heading[2])
    if listed := _LIST.match(line):
        signs, body = listed[1], listed[2]
        return "  " * (len(signs) - 1) + ("1. " if signs[-1] == "#" else "- ") + _inline(body)
    if head := _TABLE_HEAD.match(line):
        cells = [_inline(cell.strip()) for cell in head[1].split("||")]
        return "| " + " | ".join(cells) + " |\n|" + " --- |" * len(cells)
    if line.startswith("bq. "):
        return "> " + _inline(line[4:])
    if line.strip() == "----":
        return "---"
    return _inline(line)


def _title(found: re.Match[str]) -> str:
    named = re.search(r"title=([^|}]+)", found[1] or "")
    return f"**{named[1].strip()}** " if named else ""


def _inline(text: str) -> str:
    for pattern, markdown in _INLINE:
        text = pattern.sub(markdown, text)
    return _MACRO.sub(_title, text)


def wiki_to_markdown(markup: str) -> str:
    """Code is taken out first and put back untouched."""
    text, done, parts = markup[:LARGEST].replace("\r\n", "\n"), 0, []
    for block in _BLOCK.finditer(text):
        parts.append("\n".join(map(_line, text[done : block.start()].split("\n"))))
        language = (block[2] or "").split("|")[0]
        language = language if block[1] == "code" and re.fullmatch(r"[\w+#-]+", language) else ""
        parts.append(f"\n```{language}\n{block[3].strip(chr(10))}\n```\n")
        done = block.end()
    parts.append("\n".join(map(_line, text[done:].split("\n"))))
    return re.sub(r"\n{3,}", "\n\n", "".join(parts)).strip()
