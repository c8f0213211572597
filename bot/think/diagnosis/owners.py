"""Who really owns an object: Helm, Argo CD, Flux, an operator. What they own is changed there, not in the cluster."""

from bot.domain.finding import Subject
from bot.think.diagnosis.sight import Sight

MARKS = (
    ("argocd.argoproj.io/", "Argo CD"),
    ("app.kubernetes.io/instance-argocd", "Argo CD"),
    ("kustomize.toolkit.fluxcd.io/", "Flux"),
    ("helm.toolkit.fluxcd.io/", "Flux"),
    ("meta.helm.sh/release-name", "Helm"),
    ("helm.sh/chart", "Helm"),
)


def managed_elsewhere(sight: Sight, about: Subject) -> str:
    """The name of what manages this object, or ''."""
    thing = sight.cluster.find(about.kind, about.namespace, about.name)
    if thing is not None:
        marks = [*thing.labels, *thing.annotations]
        for prefix, owner in MARKS:
            if any(str(mark).startswith(prefix) for mark in marks):
                return owner
        if thing.labels.get("app.kubernetes.io/managed-by") in ("Helm", "flux", "argocd"):
            return str(thing.labels["app.kubernetes.io/managed-by"])
        writers = {str(one.get("manager", "")) for one in thing.each("metadata", "managedFields")}
        for writer, owner in (("argocd", "Argo CD"), ("kustomize-controller", "Flux"), ("helm", "Helm")):
            if any(one.startswith(writer) for one in writers):
                return owner
    return _claimed(sight, about)


def _claimed(sight: Sight, about: Subject) -> str:
    """An Argo CD Application or Flux object that deploys into this namespace."""
    for app in sight.cluster.all("Application"):
        names = {str(one.get("name")) for one in app.each("status", "resources")}
        here = app.text("spec", "destination", "namespace") == about.namespace
        if here and (about.name in names or not names):
            return "Argo CD"
    for app in sight.cluster.all("Kustomization", "HelmRelease"):
        if (app.text("spec", "targetNamespace") or app.namespace) == about.namespace and "fluxcd" in str(
            app.get("apiVersion")
        ):
            return "Flux"
    return ""
