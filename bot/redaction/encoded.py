"""Secrets in base64 or hex: what decodes to text in which there is a secret goes as a whole."""

import base64
import binascii
import re
from collections.abc import Callable, Iterator

SIGNS = (r"~(?:[I-Za-f][A-Za-z0-9+/_-]{3}){5}", r"~(?:[2-7][0-9a-fA-F]){10}")
"""Base64 of plain text has every fourth letter from I to f; hex of it every second digit from 2 to 7."""
_CODED = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{20,16384}={0,2}(?![A-Za-z0-9+/_=-])")
_HEX = re.compile(r"(?:[0-9a-f]{2}){10,}|(?:[0-9A-F]{2}){10,}")
_NAMED = re.compile(r"[a-z0-9]+(?:[-_/][a-z0-9]+)+|[A-Za-z]+(?:[-_/][A-Za-z]+)*")
_PLAIN = re.compile(r"[\t\n\r -~\u00a0-\ufffd]+")


def encoded(line: str, secret_in: Callable[[str], bool]) -> Iterator[tuple[int, int, str]]:
    """Spans of what hides one."""
    for found in _CODED.finditer(line):
        text = _decoded(found.group())
        if text and secret_in(text):
            yield *found.span(), "encoded"


def _decoded(coded: str) -> str:
    """The text that it stands for; empty if it stands for none."""
    if _NAMED.fullmatch(coded):
        return ""
    try:
        if _HEX.fullmatch(coded):
            body = bytes.fromhex(coded)
        else:
            body = base64.b64decode(
                coded.rstrip("=") + "=" * (-len(coded.rstrip("=")) % 4),
                altchars=b"-_" if set("-_") & set(coded) else None,
            )
        text = body.decode()
    except (binascii.Error, ValueError):
        return ""
    return text if _PLAIN.fullmatch(text) else ""
