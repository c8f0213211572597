"""Reads a ledger back, and finds what was done to it since it was written."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from bot.act.ledger.chain import Head, Seal
from bot.act.ledger.file import LINE
from bot.database import Codec
from bot.domain.record import AuditRecord


@dataclass(frozen=True, slots=True)
class Fault:
    """Where the ledger is not as it was written, and how one sees it."""

    line: int
    why: str


def lines_of(path: Path) -> Iterator[str]:
    """As they stand; a missing file has none."""
    if path.exists():
        with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
            yield from file


def verified(path: Path, anchor: Path, seal: Seal) -> tuple[int, Fault | None]:
    """How many records hold from the beginning, and the first fault."""
    head, number = Head(), 0
    for number, line in enumerate(lines_of(path), 1):
        found = LINE.fullmatch(line[:-1]) if line.endswith("\n") else None
        if found is None:
            return head.seq, Fault(number, "this is no whole record")
        if int(found[1]) != head.seq + 1:
            return head.seq, Fault(number, f"record {head.seq + 1} should stand here, and {found[1]} does")
        if seal.link(head.seq + 1, head.chain, found[3]) != found[2]:
            return head.seq, Fault(number, "its seal does not fit: it, or one before it, was changed")
        head = Head(head.seq + 1, found[2])
    kept = seal.head(anchor.read_text(encoding="utf-8", errors="replace")) if anchor.exists() else None
    if kept is None and (head.seq or anchor.exists()):
        return head.seq, Fault(number, f"the anchor {anchor} is missing, or was not written with this key")
    if kept and kept.seq > head.seq:
        return head.seq, Fault(number, f"{kept.seq - head.seq} records after it were cut away")
    if kept and kept.seq == head.seq and kept.chain != head.chain:
        return head.seq, Fault(number, "the anchor has another seal for it")
    if kept and head.seq - kept.seq > 1:
        return head.seq, Fault(number, "the anchor is older than it can be")
    return head.seq, None


def records(path: Path) -> Iterator[tuple[int, AuditRecord]]:
    """Each record with its number; what cannot be read is left out, and found by `verified`."""
    codec: Codec[AuditRecord] = Codec(AuditRecord)
    for line in lines_of(path):
        if found := LINE.fullmatch(line.rstrip("\n")):
            try:
                yield int(found[1]), codec.load(found[3])
            except ValidationError:
                continue
