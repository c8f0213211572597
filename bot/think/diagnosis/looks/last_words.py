"""The last lines of what crashes, where no known family of errors names them: shown, and believed little."""

from collections.abc import Iterable

from bot.domain.finding import Category, Finding, Proof
from bot.think.diagnosis.cluster import statuses
from bot.think.diagnosis.families import family_of
from bot.think.diagnosis.looks import Look
from bot.think.diagnosis.sight import LogLine, Sight
from bot.think.diagnosis.stacks import shortened, true_lines

SHOWN = 4


def make() -> Look:
    return look


def look(sight: Sight) -> Iterable[Finding]:
    lines: dict[tuple[str, str], list[LogLine]] = {}
    for line in sight.lines:
        if "pod" in line.labels and line.text.strip():
            lines.setdefault((line.labels.get("namespace", ""), line.labels["pod"]), []).append(line)
    for pod in sight.cluster.all("Pod"):
        heard = lines.get((pod.namespace, pod.name), [])[-50:]
        if not heard or not any(_crashes(status) for status in statuses(pod)):
            continue
        if any((family := family_of(line.text)) is not None and family.key != "log_error" for line in heard):
            continue
        last = [heard[place] for place in true_lines([line.text for line in heard], SHOWN)]
        proofs = tuple(Proof(line.query, shortened(line.text, 400), line.at) for line in last)
        values = {"name": pod.name, "line": " ⏎ ".join(shortened(line.text, 160) for line in last)}
        yield Finding(pod.subject, "log_last_words", Category.RELEASE, 0.2, values, proofs, at=heard[-1].at)


def _crashes(status: object) -> bool:
    if not isinstance(status, dict) or status.get("ready"):
        return False
    state, before = status.get("state") or {}, (status.get("lastState") or {}).get("terminated") or {}
    return bool(state.get("terminated") or before) and (state.get("waiting") or state.get("terminated")) is not None
