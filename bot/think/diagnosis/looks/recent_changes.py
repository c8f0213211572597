"""What changed shortly before: rollouts, edited configuration, scaling. A remark, unless the symptom fits a release."""

import re
from collections.abc import Iterable, Iterator

from bot.domain.finding import Category, Finding, Proof, Subject
from bot.think.diagnosis.changes import changes_before, rolled_recently, rolling, under_way
from bot.think.diagnosis.cluster import condition
from bot.think.diagnosis.looks import Look
from bot.think.diagnosis.looks.workloads import revision_of
from bot.think.diagnosis.sight import Sight
from bot.think.diagnosis.thing import Thing

FITS = re.compile(r"latency|slow|error|5xx|burn|slo\b|availability|延迟|变慢|飙升|报错|错误", re.IGNORECASE)


def make() -> Look:
    return look


def look(sight: Sight) -> Iterable[Finding]:
    for workload in sight.cluster.all("Deployment"):
        if rolled_recently(sight, workload.subject):
            yield from _rolled(sight, workload)
    for change in changes_before(sight):
        if change.about.kind in ("ConfigMap", "Secret"):
            values = {"name": change.about.name, "kind": change.about.kind, "message": change.what}
            proof = Proof(change.query, change.what, change.at)
            yield Finding(change.about, "edited", Category.CONFIG, 0.0, values, (proof,), at=change.at)


def _rolled(sight: Sight, workload: Thing) -> Iterator[Finding]:
    words = " ".join([sight.ask.text, *(f"{one.name} {one.summary}" for one in sight.ask.alerts)])
    fits = (bool(FITS.search(words)) or rolling(sight, workload.subject)) and not under_way(sight, workload)
    progress = condition(workload, "Progressing")
    values = {"name": workload.name, "message": revision_of(workload)}
    proof = Proof(workload.query, f"{progress.get('reason') or ''} {progress.get('lastUpdateTime') or ''}".strip())
    subject: Subject = workload.subject
    yield Finding(subject, "rolled_out", Category.RELEASE, 0.45 if fits else 0.2, values, (proof,), symptom=False)
