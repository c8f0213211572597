"""Reads a person's own series: CSV lines (time,value or name,time,value), or what Prometheus' query_range answered."""

import csv
import json
import math
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from skills.errors import BadArguments

Points = list[tuple[float, float]]
MOST_SERIES = 50_000
MOST_BYTES = 2 * 2**30
MILLISECONDS = 1e11
"""A number of seconds this large would lie thousands of years ahead: it is milliseconds."""


def read_series(path: Path) -> dict[str, Points]:
    """All series of a file, by name."""
    if path.stat().st_size > MOST_BYTES:
        raise _unreadable(path, "it is larger than 2 GiB")
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            beginning = lines.read(1)
            lines.seek(0)
            if beginning in ("{", "["):
                found = _from_prometheus(path, json.load(lines))
            else:
                found = _from_csv(path, csv.reader(lines))
    except (UnicodeDecodeError, json.JSONDecodeError, csv.Error) as error:
        raise _unreadable(path, str(error)) from error
    if not found:
        raise _unreadable(path, "it is empty")
    return found


def _from_csv(path: Path, rows: Iterable[list[str]]) -> dict[str, Points]:
    found: dict[str, Points] = {}
    for number, row in enumerate(rows, start=1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or cells[0].startswith("#"):
            continue
        if len(cells) not in (2, 3):
            raise _unreadable(path, f"line {number} has {len(cells)} columns")
        name, time, value = ("", *cells) if len(cells) == 2 else cells
        moment = _time(time)
        if moment is None:
            if not found:
                continue  # the names of the columns
            raise _unreadable(path, f"line {number}: “{time[:40]}” is no time")
        _add(path, found, name or path.stem, (moment, _value(value)))
    return found


def _from_prometheus(path: Path, answer: object) -> dict[str, Points]:
    try:
        result: Any = answer["data"]["result"] if isinstance(answer, dict) else answer
        found: dict[str, Points] = {}
        for one in result:
            labels = ", ".join(f"{key}={value}" for key, value in sorted(one["metric"].items()))
            for time, value in one["values"]:
                _add(path, found, labels or path.stem, (float(time), _value(str(value))))
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable(path, f"it is not what query_range answers ({error})") from error
    return found


def _add(path: Path, found: dict[str, Points], name: str, point: tuple[float, float]) -> None:
    if name not in found and len(found) >= MOST_SERIES:
        raise _unreadable(path, f"it holds more than {MOST_SERIES} series")
    found.setdefault(name, []).append(point)


def _time(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        try:
            told = datetime.fromisoformat(text)
        except ValueError:
            return None
        return (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp()
    if not math.isfinite(number):
        return None
    return number / 1000 if abs(number) > MILLISECONDS else number


def _value(text: str) -> float:
    """What is no number counts as not measured."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def _unreadable(path: Path, why: str) -> BadArguments:
    return BadArguments("unreadable_series", file=path.name, why=why)
