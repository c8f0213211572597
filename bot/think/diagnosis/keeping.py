"""Writes what was seen of a case as an evidence bundle: a folder that anyone can replay, without secrets."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.redaction import mask
from bot.think.diagnosis.sight import Sight


def write_bundle(folder: Path, case_id: str, sight: Sight, ask: Mapping[str, Any]) -> None:
    """The case and a file for each kind of evidence; texts are masked. An existing folder gets new files."""
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.fromtimestamp(sight.now, UTC).isoformat().replace("+00:00", "Z")
    kept: dict[str, Any] = {
        "case": {"id": case_id, "now": now, "ask": dict(ask), "expect": {}},
        "objects": {"apiVersion": "v1", "kind": "List", "items": [thing.raw for thing in sight.things]},
        "metrics": [
            {
                "metric": {"__name__": track.name, **track.labels},
                "values": [[at, str(value)] for at, value in zip(track.times, track.values, strict=True)],
            }
            for track in sight.tracks
        ],
        "logs": [
            {"stream": dict(line.labels), "values": [[str(int(line.at * 1e9)), line.text]]} for line in sight.lines
        ],
        "passages": [asdict(each) for each in sight.passages],
    }
    for name, content in kept.items():
        text = json.dumps(_masked(content), ensure_ascii=False, indent=1 if name == "case" else None)
        (folder / f"{name}.json").write_text(text, encoding="utf-8")


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        return {key: _masked(each) for key, each in value.items()}
    return [_masked(each) for each in value] if isinstance(value, list | tuple) else value
