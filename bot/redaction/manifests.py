"""Kubernetes Secrets written out: every value under data: and stringData: is one."""

import re
from collections.abc import Iterator

# Each pattern begins with letters of its own: one that begins with a space or a line's start is tried at every place.
KIND = re.compile(r"kind[\"']?:\s{0,8}[\"']?Secret\b")
DOCUMENT = re.compile(r"\n---[ \t]*(?=\r?\n|\Z)")
DATA = re.compile(r"(?:data|stringData)[\"']?:[ \t]*\r?$", re.MULTILINE)
ENTRY = re.compile(r"^(?P<dent>[ \t]+)[\"']?[\w.\-]{1,253}[\"']?:[ \t]*(?P<v>\S.*)?$")
JSON_KIND = re.compile(r"kind\\*\"\s{0,4}:\s{0,4}\\*\"Secret\\*\"")
JSON_DATA = re.compile(r"(?:data|stringData)\\*\"\s{0,4}:\s{0,4}\{(?P<fields>[^{}]{1,65536})\}")
JSON_ENTRY = re.compile(r"\\*\"[\w.\-]{1,253}\\*\"\s{0,4}:\s{0,4}\\*\"(?P<v>[^\"\\]{1,65536})")
BLOCK = frozenset({"|", ">", "|-", ">-", "|+", ">+"})


def kubernetes_secrets(text: str) -> Iterator[tuple[int, int, str]]:
    """Spans of the values, in every document of this text that is a Secret."""
    if JSON_KIND.search(text):
        for fields in JSON_DATA.finditer(text):
            for each in JSON_ENTRY.finditer(text, *fields.span("fields")):
                yield *each.span("v"), "kubernetes"
    start = 0
    for end in [*(found.end() for found in DOCUMENT.finditer(text)), len(text)]:
        if KIND.search(text, start, end):
            yield from ((*span, "kubernetes") for span in _values(text, start, end))
        start = end


def _values(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for found in DATA.finditer(text, start, end):
        line = text.rfind("\n", start, found.start()) + 1 or start
        if not text[line : found.start()].strip(" \t\"'"):
            yield from _entries(text, found.end() + 1, end, found.start() - line)


def _entries(text: str, at: int, end: int, inside: int) -> Iterator[tuple[int, int]]:
    """From here on, until a line stands no deeper than the word data."""
    block = -1
    while at < end:
        stop = text.find("\n", at, end)
        stop = end if stop < 0 else stop
        body = text[at:stop].rstrip("\r")
        dent = len(body) - len(body.lstrip())
        if body.strip() and dent <= inside:
            return
        if block >= 0 and dent > block:
            yield at + dent, at + len(body)
        elif (entry := ENTRY.match(body)) and entry["v"]:
            block = len(entry["dent"]) if entry["v"].strip() in BLOCK else -1
            if block < 0:
                yield at + entry.start("v"), at + len(body.rstrip())
        at = stop + 1
