"""Seals each record to the one before it, with a key that is kept elsewhere: what is changed later shows."""

import hashlib
import hmac
import json
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

KEY_BYTES = 32
STREAM = "audit"


@dataclass(frozen=True, slots=True)
class Head:
    """The newest record of a stream."""

    seq: int = 0
    chain: str = ""


@dataclass(frozen=True, slots=True)
class Seal:
    """HMAC-SHA256, always: which algorithm it is cannot be chosen by what is written."""

    key: bytes
    stream: str = STREAM

    def link(self, seq: int, before: str, body: str) -> str:
        """Of this record, at this place, after that one."""
        return hmac.new(self.key, f"{self.stream}\n{seq}\n{before}\n{body}".encode(), hashlib.sha256).hexdigest()

    def anchor(self, head: Head) -> str:
        """The head as it is kept in a second place."""
        return json.dumps({"seq": head.seq, "chain": head.chain, "seal": self._of_head(head)})

    def head(self, text: str) -> Head | None:
        """What an anchor says; None: it was not written with this key."""
        try:
            told = json.loads(text)
            head, seal = Head(int(told["seq"]), str(told["chain"])), str(told["seal"])
        except (ValueError, KeyError, TypeError):
            return None
        return head if hmac.compare_digest(seal, self._of_head(head)) else None

    def _of_head(self, head: Head) -> str:
        told = f"{self.stream}\nhead\n{head.seq}\n{head.chain}"
        return hmac.new(self.key, told.encode(), hashlib.sha256).hexdigest()


def key_from(given: str, path: Path) -> bytes:
    """The given one, else the one in the file, which is made when it is first needed, for its owner alone."""
    if given:
        return given.encode()
    if not path.exists():
        _make_key(path)
    return bytes.fromhex(path.read_text(encoding="ascii").strip())


def _make_key(path: Path) -> None:
    """Whole or not at all: who comes second finds the key of the first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(secrets.token_hex(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        os.link(made, path)
    made.unlink()
