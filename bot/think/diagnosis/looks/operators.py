"""Operators and where they come from: versions, install plans, subscriptions, catalogues, groups, extensions."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.domain.finding import Category, Finding, Proof
from bot.think.diagnosis.clock import moment
from bot.think.diagnosis.looks import Look
from bot.think.diagnosis.sight import Sight
from bot.think.diagnosis.thing import Thing

GROUP = "operators.coreos.com"
"""Others have kinds of the same name."""
STATES = (
    ("ClusterServiceVersion", ("status", "phase"), {"Succeeded"}),
    ("InstallPlan", ("status", "phase"), {"Complete"}),
    ("Subscription", ("status", "state"), {"AtLatestKnown"}),
    ("CatalogSource", ("status", "connectionState", "lastObservedState"), {"READY"}),
)
"""Kind, where it says how it is, and what it says when it is well."""
BROKEN = re.compile(r"fail|unhealthy|error|shutdown", re.IGNORECASE)
IMAGE = re.compile(r"^([\w.-]+(:\d+)?/)?[a-z0-9]+([._/-]+[a-z0-9]+)*(:\w[\w.-]{0,127})?(@sha256:[a-f0-9]{64})?$")
DIGEST = re.compile(r"@sha256:[a-f0-9]{64}$")
SERVES = {"ClusterCatalog": "Serving", "ClusterExtension": "Installed"}
ENFORCED = {"CatalogProvided", "SelfCertified", None}


def make() -> Look:
    return look


def look(sight: Sight) -> Iterable[Finding]:
    for kind, spot, well in STATES:
        for thing in sight.cluster.all(kind):
            if thing.text("apiVersion").startswith(GROUP) or not thing.get("apiVersion"):
                yield from _state(sight, thing, spot, well)
    yield from _groups(sight)
    for subscription in sight.cluster.all("Subscription"):
        yield from _version_gone(sight, subscription)
    for thing in sight.cluster.all(*SERVES):
        yield from _served(thing)
    for catalogue in sight.cluster.all("ClusterCatalog"):
        yield from _source(catalogue)
    for extension in sight.cluster.all("ClusterExtension"):
        yield from _wanted(extension)


def _state(sight: Sight, thing: Thing, spot: tuple[str, ...], well: set[str]) -> Iterator[Finding]:
    """What should not last is a remark; what failed is a fault."""
    said, why = thing.text(*spot), _worst(thing)
    broken = BROKEN.search(said) or (thing.kind != "ClusterServiceVersion" and _ill(thing))
    if said in well and not _ill(thing):
        return
    if said or thing.kind == "Subscription" or _ill(thing):
        if not said and not broken and not sight.audits:
            return
        message = f"{'.'.join(spot)}={said or '?'} {thing.text('status', 'message') or why}".strip()
        yield _say(thing, 0.6 if broken else 0.25, message)


def _ill(thing: Thing) -> bool:
    """It says itself that something failed."""
    return any(
        one.get("status") == "True" and str(one.get("type")).endswith(("Failed", "Unhealthy"))
        for one in thing.each("status", "conditions")
    )


def _worst(thing: Thing) -> str:
    """The words of the condition that is not as it should be."""
    told = thing.each("status", "conditions")
    ill = [
        one for one in told if str(one.get("type")).endswith(("Failed", "Unhealthy")) == (one.get("status") == "True")
    ]
    ill = [one for one in ill if one.get("message") or one.get("reason")]
    return f"{ill[0].get('reason') or ''}: {ill[0].get('message') or ''}" if ill else ""


def _version_gone(sight: Sight, subscription: Thing) -> Iterator[Finding]:
    """It says that a version is installed, and that version is not there: somebody deleted it."""
    name = subscription.text("status", "installedCSV")
    told = any(name in one.labels.values() for one in sight.ask.alerts)
    listed = any(one.namespace == subscription.namespace for one in sight.cluster.all("ClusterServiceVersion"))
    if name and (told or listed) and not sight.cluster.find("ClusterServiceVersion", subscription.namespace, name):
        values = {"name": subscription.name, "kind": subscription.kind, "message": f"status.installedCSV={name}"}
        proof = Proof(f"kubectl get csv {name} -n {subscription.namespace}", "not found")
        yield Finding(subscription.subject, "version_gone", Category.CONFIG, 0.7, values, (proof,))


def _groups(sight: Sight) -> Iterator[Finding]:
    """Two operator groups in one namespace stop each other."""
    for one in sight.cluster.all("OperatorGroup"):
        beside = [each.name for each in sight.cluster.all("OperatorGroup") if each.namespace == one.namespace]
        if len(beside) > 1:
            yield _say(one, 0.5, f"OperatorGroups in {one.namespace}: {', '.join(beside)}")


def _served(thing: Thing) -> Iterator[Finding]:
    """Not served or installed; or the way there is blocked or tried again and again."""
    for one in thing.each("status", "conditions"):
        kind, reason = one.get("type"), str(one.get("reason") or "")
        absent = kind == SERVES[thing.kind] and one.get("status") != "True"
        stuck = kind == "Progressing" and reason not in ("Succeeded", "")
        if absent or stuck:
            yield _say(thing, 0.6, _words(one), moment(one.get("lastTransitionTime")))


def _words(one: Mapping[str, Any]) -> str:
    return f"{one.get('type')}={one.get('status')} {one.get('reason') or ''}: {one.get('message') or ''}"


def _source(catalogue: Thing) -> Iterator[Finding]:
    """Its image: how it is named, and what that came to."""
    named = catalogue.text("spec", "source", "image", "ref")
    if named and not IMAGE.search(named):
        yield _say(catalogue, 0.5, f"spec.source.image.ref={named}")
    resolved = catalogue.get("status", "resolvedSource", "image", "ref")
    if resolved is not None and not DIGEST.search(str(resolved)):
        yield _say(catalogue, 0.25, f"status.resolvedSource.image.ref={resolved or '?'}")


def _wanted(extension: Thing) -> Iterator[Finding]:
    """What its source may be."""
    source = extension.get("spec", "source", "sourceType")
    policy = extension.get("spec", "source", "catalog", "upgradeConstraintPolicy")
    if source not in ("Catalog", None):
        yield _say(extension, 0.5, f"spec.source.sourceType={source}")
    if policy not in ENFORCED:
        yield _say(extension, 0.5, f"spec.source.catalog.upgradeConstraintPolicy={policy}")


def _say(thing: Thing, weight: float, message: str, at: float | None = None) -> Finding:
    values = {"name": thing.name, "kind": thing.kind, "message": message[:400]}
    proof = Proof(thing.query, message[:400])
    return Finding(thing.subject, "not_well", Category.CONFIG, weight, values, (proof,), at=at)
