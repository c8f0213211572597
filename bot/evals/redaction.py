"""How much of the secrets in log lines is masked, and how little of everything else; and how fast."""

import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.evals import JSON, CaseScore, EvalOptions, EvalReport
from bot.redaction import Masker

SLOT = re.compile(r"⟦(\d+)⟧")
MAIN = "ours"
"""The group of log lines; the others are the fixtures of scanners of source code."""
ORDINARY = (
    "2026-11-22T10:00:00.123Z INFO [http-nio-8080-exec-3] c.s.order.OrderController : GET /api/orders/12345 200 35ms "
    "trace=4bf92f3577b34da6a3ce929d0e0e4736 user_id=882 items=3"
)
MIX_LINES = 6000

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Labelled:
    """One line, where its secrets stand, and what must stay."""

    id: str
    group: str
    family: str
    benign: bool
    text: str
    secrets: tuple[Span, ...]
    keep: tuple[Span, ...]


def read(folder: Path) -> Iterator[Labelled]:
    """All labelled lines of a folder: `GROUP.SPLIT.jsonl`, the secrets as hex of the text turned round."""
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip():
                yield _labelled(json.loads(line), path.name.partition(".")[0])


def _labelled(row: dict[str, JSON], group: str) -> Labelled:
    template = str(row["template"]) if row.get("template") is not None else _turned(str(row["template_rhex"]))
    values = [_turned(str(each["v"])) for each in _rows(row["secrets"])]
    text, secrets, at = "", [], 0
    for slot in SLOT.finditer(template):
        text += template[at : slot.start()]
        value = values[int(slot[1])]
        secrets.append((len(text), len(text) + len(value)))
        text += value
        at = slot.end()
    keep = tuple((int(str(each["start"])), int(str(each["end"]))) for each in _rows(row.get("keep") or []))
    benign = row.get("label") == "negative"
    return Labelled(str(row["id"]), group, str(row["family"]), benign, text + template[at:], tuple(secrets), keep)


def _rows(value: JSON) -> list[dict[str, JSON]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _turned(hexed: str) -> str:
    return bytes.fromhex(hexed).decode()[::-1]


class RedactionEval:
    """Every secret whole, every benign line untouched."""

    name = "redaction"

    async def run(self, options: EvalOptions) -> EvalReport:
        lines = list(read(options.cases)) if options.cases else []
        lines = [line for line in lines if line.id.startswith(options.only)][: options.limit]
        masker = Masker(b"eval")
        scores = [_score(line, masker.spans(line.text)) for line in lines]
        figures = _figures(lines, scores)
        if lines:
            figures |= _speed(lines, masker)
        return EvalReport(self.name, tuple(scores), figures)


def _score(line: Labelled, found: Sequence[tuple[int, int, str]]) -> CaseScore:
    whole = [
        sum(max(0, min(end, b) - max(start, a)) for a, b, _ in found) == end - start for start, end in line.secrets
    ]
    kept = [not any(min(end, b) > max(start, a) for a, b, _ in found) for start, end in line.keep]
    wrong = []
    if not all(whole):
        wrong.append(f"{whole.count(False)} of {len(whole)} secrets not whole")
    if not all(kept):
        wrong.append(f"{kept.count(False)} of {len(kept)} kept spans touched")
    if line.benign and found:
        wrong.append("a benign line was altered")
    facts: dict[str, JSON] = {
        "group": line.group,
        "family": line.family,
        "full": sum(whole),
        "kept": sum(kept),
        "altered": bool(found),
    }
    return CaseScore(line.id, not wrong, "; ".join(wrong), facts)


def _figures(lines: Sequence[Labelled], scores: Sequence[CaseScore]) -> dict[str, JSON]:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for line, score in zip(lines, scores, strict=True):
        for place in (line.group, f"{line.group}/{line.family}"):
            counts[place]["secrets"] += len(line.secrets)
            counts[place]["full"] += int(str(score.facts["full"]))
            counts[place]["keep"] += len(line.keep)
            counts[place]["kept"] += int(str(score.facts["kept"]))
            counts[place]["benign"] += line.benign
            counts[place]["altered"] += line.benign and bool(score.facts["altered"])
    main = MAIN if MAIN in counts else next(iter(counts), MAIN)
    figures: dict[str, JSON] = {}
    for figure, part, whole in (("full", "full", "secrets"), ("keep_ok", "kept", "keep")):
        if counts[main][whole]:
            figures[figure] = round(counts[main][part] / counts[main][whole], 4)
    if counts[main]["benign"]:
        figures["benign_altered"] = round(counts[main]["altered"] / counts[main]["benign"], 4)
    figures["groups"] = {
        place: round(count["full"] / count["secrets"], 4)
        for place, count in counts.items()
        if "/" not in place and count["secrets"]
    }
    figures["families"] = {
        place.partition("/")[2]: round(count["full"] / count["secrets"], 4)
        for place, count in counts.items()
        if place.startswith(f"{main}/") and count["secrets"]
    }
    return figures


def _speed(lines: Sequence[Labelled], masker: Masker) -> dict[str, JSON]:
    """Megabytes of one core's second, on ordinary log lines with a labelled one after each tenth."""
    mixed: list[str] = []
    for number in range(MIX_LINES):
        mixed.append(ORDINARY)
        if number % 10 == 0:
            mixed.append(lines[number // 10 % len(lines)].text)
    text = "\n".join(mixed)
    begun = time.process_time()
    masker.mask(text)
    ours = len(text.encode()) / 1e6 / (time.process_time() - begun)
    return {"mb_s": round(ours, 1), **_beside(mixed, ours)}


def _beside(mixed: list[str], ours: float) -> dict[str, JSON]:
    """The same lines through detect-secrets, where it is installed."""
    try:
        from detect_secrets.core.scan import scan_line
        from detect_secrets.settings import default_settings
    except ImportError:
        return {"detect_secrets": "not run: detect-secrets is not installed (extra `peers`)"}
    sample = mixed[: MIX_LINES // 20]
    begun = time.process_time()
    with default_settings():
        for line in sample:
            list(scan_line(line))
    theirs = sum(len(line.encode()) for line in sample) / 1e6 / (time.process_time() - begun)
    return {"detect_secrets_mb_s": round(theirs, 3), "times_faster": round(ours / theirs, 1)}


def make() -> RedactionEval:
    """`dutybot eval redaction --data DIR`."""
    return RedactionEval()
