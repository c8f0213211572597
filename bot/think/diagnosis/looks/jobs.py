"""Jobs that failed, are suspended or stuck; cron jobs that cannot run; builds that failed."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from bot.domain.finding import Category, Finding, Proof
from bot.think.diagnosis.asked import named
from bot.think.diagnosis.clock import moment
from bot.think.diagnosis.cluster import condition, statuses
from bot.think.diagnosis.looks import Look
from bot.think.diagnosis.sight import Sight
from bot.think.diagnosis.thing import Thing

MISSED = 3
"""So many turns in a row that fall out because the one before still runs are no delay any more."""


def make() -> Look:
    return look


def look(sight: Sight) -> Iterable[Finding]:
    for job in sight.cluster.all("Job"):
        yield from _job(sight, job)
    for pod in sight.cluster.all("Pod"):
        yield from _job_pod(sight, pod)
    for cron in sight.cluster.all("CronJob"):
        yield from _cron(sight, cron)
    yield from _builds(sight)


def _job(sight: Sight, job: Thing) -> Iterator[Finding]:
    failed, done = condition(job, "Failed"), condition(job, "Complete")
    count = job.number("status", "failed") or 0
    if job.get("spec", "suspend") is True:
        yield _say(job, "job_suspended", 0.6 if job.subject in named(sight) else 0.35, "spec.suspend=true")
    if failed.get("status") == "True":
        message = f"{failed.get('reason') or ''} {failed.get('message') or ''}".strip()
        at = moment(failed.get("lastTransitionTime"))
        told = _say(job, "job_failed", 0.85, message or f"failed={count}", at)
        yield replace(told, settled=_made_good(sight, job, at))
    elif count and done.get("status") != "True":
        yield _say(job, "job_failing", 0.7, f"failed={count}")


def _made_good(sight: Sight, job: Thing, at: float | None) -> bool:
    """A later job of the same cron job has ended well."""
    above = [one.get("name") for one in job.each("metadata", "ownerReferences") if one.get("kind") == "CronJob"]
    for other in sight.cluster.all("Job"):
        twins = [one.get("name") for one in other.each("metadata", "ownerReferences") if one.get("kind") == "CronJob"]
        done = condition(other, "Complete")
        ended = moment(done.get("lastTransitionTime") or other.get("status", "completionTime"))
        twin = above and twins == above and other.namespace == job.namespace
        if twin and done.get("status") == "True" and (ended or 0.0) > (at or 0.0):
            return True
    return False


def _job_pod(sight: Sight, pod: Thing) -> Iterator[Finding]:
    """The job itself may be gone or not gathered: its pod tells."""
    owner = sight.cluster.owner(pod.subject)
    named = pod.labels.get("batch.kubernetes.io/job-name") or pod.labels.get("job-name")
    if owner.kind != "Job" and not named:
        return
    job = sight.cluster.find("Job", pod.namespace, named or owner.name)
    if job is not None and condition(job, "Complete").get("status") == "True":
        return
    for status in statuses(pod):
        ended = (status.get("state") or {}).get("terminated") or (status.get("lastState") or {}).get("terminated") or {}
        if ended.get("exitCode") in (None, 0):
            continue
        values = {
            "name": named or owner.name,
            "pod": pod.name,
            "container": str(status.get("name")),
            "message": f"{ended.get('reason') or 'Error'} exit code {ended.get('exitCode')}",
        }
        proof = Proof(pod.query, values["message"])
        yield Finding(pod.subject, "job_pod_failed", Category.JOB, 0.8, values, (proof,))


def _cron(sight: Sight, cron: Thing) -> Iterator[Finding]:
    if cron.get("spec", "suspend") is True:
        yield _say(cron, "cron_suspended", 0.6 if cron.subject in named(sight) else 0.35, "spec.suspend=true")
        return
    schedule = cron.text("spec", "schedule")
    if not _schedule_reads(schedule):
        yield _say(cron, "cron_bad_schedule", 0.8, schedule)
    deadline = cron.number("spec", "startingDeadlineSeconds")
    if deadline is not None and deadline < 0:
        yield _say(cron, "cron_bad_deadline", 0.7, str(deadline))
    for event in sight.cluster.about(cron.subject):
        if event.warning and event.reason in ("FailedNeedsStart", "MissSchedule", "TooManyMissedTimes", "FailedCreate"):
            yield _say(cron, "cron_misses", 0.7, event.message[:300], event.last)
        elif event.reason == "JobAlreadyActive" and event.count >= MISSED:
            yield _say(cron, "cron_misses", 0.65, event.message[:300], event.last)


def _schedule_reads(schedule: str) -> bool:
    from croniter import croniter

    words = schedule.split(maxsplit=1)
    plain = words[1] if words and words[0].startswith(("CRON_TZ=", "TZ=")) and len(words) > 1 else schedule
    return plain.startswith("@every ") or bool(croniter.is_valid(plain))


def _builds(sight: Sight) -> Iterator[Finding]:
    """OpenShift builds, Tekton runs: by phase, else by the pod that built."""
    for build in sight.cluster.all("Build"):
        if build.text("status", "phase") in ("Failed", "Error"):
            message = f"{build.text('status', 'reason')} {build.text('status', 'message')}".strip()
            yield _say(build, "build_failed", 0.8, message)
    for run in sight.cluster.all("PipelineRun", "TaskRun"):
        done = condition(run, "Succeeded")
        if done.get("status") == "False":
            yield _say(run, "build_failed", 0.8, str(done.get("message") or done.get("reason")))


def _say(thing: Thing, key: str, weight: float, message: str, at: float | None = None) -> Finding:
    values = {"name": thing.name, "kind": thing.kind, "message": message[:300]}
    category = Category.CONFIG if thing.kind in ("Build", "PipelineRun", "TaskRun") else Category.JOB
    return Finding(thing.subject, key, category, weight, values, (Proof(thing.query, message[:300]),), at=at)
