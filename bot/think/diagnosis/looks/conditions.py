"""Custom resources that say of themselves that they are not well: certificates, operators, syncs, subscriptions."""

import re
from collections.abc import Iterable, Iterator

from bot.domain.finding import Category, Finding, Proof
from bot.think.diagnosis.clock import moment
from bot.think.diagnosis.looks import Look
from bot.think.diagnosis.sight import Sight
from bot.think.diagnosis.thing import Thing

SEEN_ELSEWHERE = {
    "Pod",
    "Node",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "Job",
    "CronJob",
    "HorizontalPodAutoscaler",
    "PodDisruptionBudget",
    "PersistentVolumeClaim",
    "PersistentVolume",
    "Gateway",
    "GatewayClass",
    "HTTPRoute",
    "Route",
    "Event",
    "PipelineRun",
    "TaskRun",
    "Build",
    "Namespace",
    "APIService",
    "CustomResourceDefinition",
    *("ClusterServiceVersion", "InstallPlan", "Subscription", "CatalogSource"),
    *("OperatorGroup", "ClusterCatalog", "ClusterExtension"),
}
WELL = {"Ready", "Available", "Healthy", "Established", "Reconciled", "Synced", "Succeeded", "Installed", "Accepted"}
ILL = {"Failed", "Degraded", "Stalled", "Error", "Invalid", "CatalogSourcesUnhealthy", "ResolutionFailed"}
BAD_PHASES = {"Failed", "Error", "Degraded", "Missing", "OutOfSync", "InstallCheckFailed", "Unhealthy", "Blocked"}
BAD_PHASES |= {"UpgradeFailed", "InstallFailed", "Unknown"}
CERTIFICATES = {"Certificate", "CertificateRequest", "Issuer", "ClusterIssuer", "Order", "Challenge"}
EXPIRY = re.compile(r"expir|not after", re.IGNORECASE)


def make() -> Look:
    return look


def look(sight: Sight) -> Iterable[Finding]:
    for thing in sight.things:
        if thing.kind not in SEEN_ELSEWHERE:
            yield from _conditions(thing)
            yield from _phases(thing)
    for certificate in sight.cluster.all("Certificate"):
        yield from _expiry(sight, certificate)
    for service in sight.cluster.all("APIService", "CustomResourceDefinition"):
        yield from _conditions(service)
    for space in sight.cluster.all("Namespace"):
        if space.text("status", "phase") == "Terminating":
            yield _say(space, "stuck_namespace", 0.5, "status.phase=Terminating")


def _conditions(thing: Thing) -> Iterator[Finding]:
    for one in thing.each("status", "conditions"):
        kind, status = str(one.get("type")), str(one.get("status"))
        if (kind in WELL and status == "False") or (kind in ILL and status == "True"):
            message = f"{kind}={status} {one.get('reason') or ''}: {one.get('message') or ''}"
            yield _say(thing, "not_well", 0.7, message, moment(one.get("lastTransitionTime")))
            return


def _phases(thing: Thing) -> Iterator[Finding]:
    spots = (("status", "phase"), ("status", "health", "status"), ("status", "sync", "status"), ("status", "state"))
    for spot in spots:
        said = thing.text(*spot)
        if said in BAD_PHASES:
            weight = 0.3 if said in ("OutOfSync", "Unknown") else 0.6
            yield _say(thing, "not_well", weight, f"{'.'.join(spot)}={said} {thing.text('status', 'message')}")
            return


def _expiry(sight: Sight, certificate: Thing) -> Iterator[Finding]:
    ends = moment(certificate.get("status", "notAfter"))
    if ends is not None and ends - sight.now < 7 * 86400:
        over = ends <= sight.now
        said = f"status.notAfter={certificate.text('status', 'notAfter')}"
        yield _say(certificate, "certificate_ends", 0.92 if over else 0.6, said, ends)


def _say(thing: Thing, key: str, weight: float, message: str, at: float | None = None) -> Finding:
    about_certificate = thing.kind in CERTIFICATES or EXPIRY.search(message)
    category = Category.CERTIFICATE if about_certificate else Category.CONFIG
    values = {"name": thing.name, "kind": thing.kind, "message": message[:400]}
    return Finding(thing.subject, key, category, weight, values, (Proof(thing.query, message[:400]),), at=at)
