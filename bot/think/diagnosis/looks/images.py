"""Images that cannot be pulled: wrong name or tag, no access, registry away, platform mismatch."""

import re
from collections.abc import Iterable, Iterator

from bot.domain.finding import Category, Finding, Proof, Subject
from bot.think.diagnosis.cluster import Happening, containers, statuses
from bot.think.diagnosis.looks import Look
from bot.think.diagnosis.sight import Sight
from bot.think.diagnosis.thing import Thing

WAITING = {
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "RegistryUnavailable",
    "ImageInspectError",
}
IMAGE = re.compile(r'image \\?"([^"\\]+)')
WHY = (
    ("image_no_access", re.compile(r"unauthorized|authentication required|denied|403|401|no basic auth|pull secret")),
    ("image_no_host", re.compile(r"no such host|connection refused|i/o timeout|dial tcp|TLS handshake|x509")),
    ("image_rate_limit", re.compile(r"toomanyrequests|rate limit")),
    ("image_no_platform", re.compile(r"no match(ing)? (for platform|manifest)|exec format error")),
    ("image_not_found", re.compile(r"not found|manifest unknown|does not exist|NotFound")),
)


def make() -> Look:
    return look


def look(sight: Sight) -> Iterable[Finding]:
    told: set[Subject] = set()
    for pod in sight.cluster.all("Pod"):
        for finding in _waiting(sight, pod):
            told.add(finding.about)
            yield finding
    for event in sight.cluster.happenings:
        if event.about.kind == "Pod" and event.about not in told and _pull_failed(event) and _fresh(sight, event):
            told.add(event.about)
            found = IMAGE.search(event.message)
            proofs = (Proof(event.query, event.message), *_secrets(sight, event.about))
            yield _finding(event.about, found[1] if found else "?", event.message, *proofs)


def _waiting(sight: Sight, pod: Thing) -> Iterator[Finding]:
    images = {str(one.get("name")): str(one.get("image", "")) for one in containers(pod.get("spec") or {})}
    for status in statuses(pod):
        waiting = (status.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") not in WAITING:
            continue
        said = [event for event in sight.cluster.about(pod.subject) if _pull_failed(event)]
        longest = max([str(waiting.get("message") or ""), *(event.message for event in said)], key=len)
        image = images.get(str(status.get("name"))) or str(status.get("image") or "?")
        proofs = [Proof(pod.query, f"{waiting.get('reason')} {image}")]
        proofs += [Proof(event.query, event.message[:400], event.last) for event in said[:1]]
        proofs += _secrets(sight, pod.subject)
        yield _finding(pod.subject, image, longest or str(waiting.get("reason")), *proofs)


def _secrets(sight: Sight, pod: Subject) -> list[Proof]:
    """The secret for pulling is not there: the kubelet tries without it."""
    told = [one for one in sight.cluster.about(pod) if one.reason == "FailedToRetrieveImagePullSecret"]
    return [Proof(one.query, one.message[:300], one.last) for one in told[:1]]


def _finding(about: Subject, image: str, message: str, *proofs: Proof) -> Finding:
    key = next((key for key, pattern in WHY if pattern.search(message)), "image_not_pulled")
    told = " ".join([message[:400], *(proof.shows for proof in proofs if "image pull secret" in proof.shows)])
    values = {"pod": about.name, "image": image, "message": told}
    return Finding(about, key, Category.IMAGE, 0.95, values, proofs)


def _pull_failed(event: Happening) -> bool:
    if event.reason in ("Failed", "BackOff", "ErrImagePull", "ImagePullBackOff", "InspectFailed"):
        return bool(re.search(r"pull|ImagePull|InvalidImageName", event.message)) and "restarting" not in event.message
    return False


def _fresh(sight: Sight, event: Happening) -> bool:
    """Not an old failure that a later pull of the same pod made good."""
    if event.last is not None and sight.now - event.last > 3600:
        return False
    pod = sight.cluster.find("Pod", event.about.namespace, event.about.name)
    states = list(statuses(pod)) if pod is not None else []
    if states and all("waiting" not in (one.get("state") or {}) for one in states):
        return False
    later = (one.last or 0.0 for one in sight.cluster.about(event.about) if one.reason in ("Pulled", "Started"))
    return max(later, default=0.0) <= (event.last or 0.0)
