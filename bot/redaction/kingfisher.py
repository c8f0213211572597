"""Tokens of nearly 500 vendors by kingfisher's rules, beside ours and never instead: an extra, and off by default.

Only its rules and its scanner are used: what it brings to try and to revoke what it finds speaks with vendors.
"""

import threading
from collections.abc import Iterator
from importlib import import_module
from typing import Any

Span = tuple[int, int, str]
KIND = "vendor-token"


class Vendors:
    """Compiles the rules when it is made, some seconds at the first start; then they come from a cache."""

    def __init__(self) -> None:
        """Raises ImportError when it is not installed."""
        rules = import_module("kingfisher_sdk.rules").Rules(confidence="low")
        self._scanner: Any = import_module("kingfisher_sdk.scanner").Scanner(rules, base64=False, redact=False)
        self._turn = threading.Lock()

    def __call__(self, text: str) -> Iterator[Span]:
        """Where they stand. Without a policy of its own it knows no comment that would let a secret pass."""
        body = text.encode("utf-8", "surrogatepass")
        with self._turn:
            found = self._scanner.scan(body)
        for each in found:
            start, end = each.location["start_offset"], each.location["end_offset"]
            at = body.find(each.secret.encode("utf-8", "surrogatepass"), start, end)
            if at >= 0:
                start, end = at, at + len(each.secret.encode("utf-8", "surrogatepass"))
            before = len(body[:start].decode("utf-8", "surrogatepass"))
            yield before, before + len(body[start:end].decode("utf-8", "surrogatepass")), KIND
