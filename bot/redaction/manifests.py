"""Kubernetes Secrets written out: every value under data: and stringData: is one."""

import re
from collections.abc import Iterator

KIND = re.compile(r"^\s*[\"']?kind[\"']?:\s*[\"']?Secret\b", re.MULTILINE)
DOCUMENT = re.compile(r"^---[ \t]*$", re.MULTILINE)
DATA = re.compile(r"^(?P<dent>[ \t]*)(?:data|stringData):[ \t]*$")
ENTRY = re.compile(r"^(?P<dent>[ \t]+)[\"']?[\w.\-]{1,253}[\"']?:[ \t]*(?P<v>\S.*)?$")
JSON_KIND = re.compile(r"\\*\"kind\\*\"\s{0,4}:\s{0,4}\\*\"Secret\\*\"")
JSON_DATA = re.compile(r"\\*\"(?:data|stringData)\\*\"\s{0,4}:\s{0,4}\{(?P<fields>[^{}]{1,65536})\}")
JSON_ENTRY = re.compile(r"\\*\"[\w.\-]{1,253}\\*\"\s{0,4}:\s{0,4}\\*\"(?P<v>[^\"\\]{1,65536})")
BLOCK = frozenset({"|", ">", "|-", ">-", "|+", ">+"})


def kubernetes_secrets(text: str) -> Iterator[tuple[int, int, str]]:
    """Spans of the values, in every document of this text that is a Secret."""
    if JSON_KIND.search(text):
        for fields in JSON_DATA.finditer(text):
            for each in JSON_ENTRY.finditer(text, *fields.span("fields")):
                yield *each.span("v"), "kubernetes"
    at = 0
    for document in DOCUMENT.split(text):
        start = text.find(document, at)
        at = start + len(document)
        if KIND.search(document):
            yield from ((begin + start, end + start, "kubernetes") for begin, end in _values(document))


def _values(document: str) -> Iterator[tuple[int, int]]:
    at, inside, block = 0, -1, -1
    for line in document.splitlines(keepends=True):
        body = line.rstrip("\r\n")
        dent = len(body) - len(body.lstrip())
        if inside >= 0 and body.strip() and dent <= inside:
            inside = block = -1
        if inside < 0:
            inside = len(found["dent"]) if (found := DATA.match(body)) else -1
        elif block >= 0 and dent > block:
            yield at + dent, at + len(body)
        elif (entry := ENTRY.match(body)) and entry["v"]:
            block = len(entry["dent"]) if entry["v"].strip() in BLOCK else -1
            if block < 0:
                yield at + entry.start("v"), at + len(body.rstrip())
        at += len(line)
