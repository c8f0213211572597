"""Finds recorded cases in a folder, and cuts them into a part to learn from and a part held out."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.evals import EvalOptions


@dataclass(frozen=True, slots=True)
class Recorded:
    """One case: where it lies, what it expects, and on which side of the cut it is."""

    id: str
    folder: Path
    source: str
    group: str
    kind: str
    expect: Mapping[str, Any]
    half: str


def recorded(root: Path, options: EvalOptions) -> Iterator[Recorded]:
    """Every folder below with a case.json, in order; `only` is part of an id, or `half:dev` / `half:held_out`."""
    taken = 0
    for path in sorted(root.rglob("case.json")):
        case = read_case(path)
        if case is None or (options.limit is not None and taken >= options.limit):
            continue
        wanted = options.only
        if wanted.startswith("half:") and case.half != wanted.removeprefix("half:"):
            continue
        if wanted and not wanted.startswith("half:") and wanted not in case.id:
            continue
        taken += 1
        yield case


def read_case(path: Path) -> Recorded | None:
    """The frame of a case; None if the file is not one."""
    try:
        case = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError):
        return None
    if not isinstance(case, Mapping) or "ask" not in case or "expect" not in case:
        return None
    name = str(case.get("id") or f"{path.parent.parent.name}/{path.parent.name}")
    source, group = name.split("/", 1)[0], str(case.get("group") or "")
    kind = str((case.get("ask") or {}).get("kind", ""))
    return Recorded(name, path.parent, source, group, kind, case["expect"], half_of(source, group or name))


def half_of(source: str, group: str) -> str:
    """A third is held out; near twins (one group) fall on the same side."""
    digest = hashlib.sha256(f"{source}|{group}".encode()).digest()
    return "held_out" if digest[0] % 3 == 0 else "dev"
