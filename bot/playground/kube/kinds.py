"""Which kinds of resource there are, where their paths lie, and what short names people use."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Manifest = dict[str, Any]
VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of resource."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    short: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ("status",)

    @property
    def api_version(self) -> str:
        """What stands in a manifest's apiVersion."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """The name with its group, as errors tell it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def discovery(self) -> list[Manifest]:
        """The entries of this kind in the API's own directory."""
        entry = {
            "name": self.plural,
            "singularName": self.kind.lower(),
            "namespaced": self.namespaced,
            "kind": self.kind,
            "verbs": VERBS,
        }
        if self.short:
            entry["shortNames"] = list(self.short)
        return [entry] + [
            {
                "name": f"{self.plural}/{sub}",
                "singularName": "",
                "namespaced": self.namespaced,
                "kind": self.kind,
                "verbs": ["get", "patch", "update"],
            }
            for sub in self.subresources
        ]


def _kinds(group: str, version: str, *rows: tuple[str, str, str, str]) -> Iterable[Kind]:
    for plural, kind, flags, short in rows:
        subresources = ["status"]
        if "s" in flags:
            subresources.append("scale")
        if kind == "Pod":
            subresources += ["log", "eviction", "binding", "ephemeralcontainers", "resize"]
        yield Kind(group, version, plural, kind, "c" not in flags, tuple(short.split()), tuple(subresources))


BUILT_IN: tuple[Kind, ...] = (
    *_kinds(
        "",
        "v1",
        ("namespaces", "Namespace", "c", "ns"),
        ("nodes", "Node", "c", "no"),
        ("pods", "Pod", "", "po"),
        ("services", "Service", "", "svc"),
        ("endpoints", "Endpoints", "", "ep"),
        ("configmaps", "ConfigMap", "", "cm"),
        ("secrets", "Secret", "", ""),
        ("events", "Event", "", "ev"),
        ("serviceaccounts", "ServiceAccount", "", "sa"),
        ("persistentvolumeclaims", "PersistentVolumeClaim", "", "pvc"),
        ("persistentvolumes", "PersistentVolume", "c", "pv"),
        ("resourcequotas", "ResourceQuota", "", "quota"),
        ("limitranges", "LimitRange", "", "limits"),
        ("replicationcontrollers", "ReplicationController", "s", "rc"),
    ),
    *_kinds(
        "apps",
        "v1",
        ("deployments", "Deployment", "s", "deploy"),
        ("replicasets", "ReplicaSet", "s", "rs"),
        ("statefulsets", "StatefulSet", "s", "sts"),
        ("daemonsets", "DaemonSet", "", "ds"),
        ("controllerrevisions", "ControllerRevision", "", ""),
    ),
    *_kinds("batch", "v1", ("jobs", "Job", "", ""), ("cronjobs", "CronJob", "", "cj")),
    *_kinds("autoscaling", "v2", ("horizontalpodautoscalers", "HorizontalPodAutoscaler", "", "hpa")),
    *_kinds("policy", "v1", ("poddisruptionbudgets", "PodDisruptionBudget", "", "pdb")),
    *_kinds(
        "networking.k8s.io",
        "v1",
        ("ingresses", "Ingress", "", "ing"),
        ("ingressclasses", "IngressClass", "c", ""),
        ("networkpolicies", "NetworkPolicy", "", "netpol"),
    ),
    *_kinds("discovery.k8s.io", "v1", ("endpointslices", "EndpointSlice", "", "")),
    *_kinds("events.k8s.io", "v1", ("events", "Event", "", "ev")),
    *_kinds(
        "rbac.authorization.k8s.io",
        "v1",
        ("roles", "Role", "", ""),
        ("rolebindings", "RoleBinding", "", ""),
        ("clusterroles", "ClusterRole", "c", ""),
        ("clusterrolebindings", "ClusterRoleBinding", "c", ""),
    ),
    *_kinds(
        "storage.k8s.io", "v1", ("storageclasses", "StorageClass", "c", "sc"), ("csidrivers", "CSIDriver", "c", "")
    ),
    *_kinds("scheduling.k8s.io", "v1", ("priorityclasses", "PriorityClass", "c", "pc")),
    *_kinds("coordination.k8s.io", "v1", ("leases", "Lease", "", "")),
    *_kinds(
        "admissionregistration.k8s.io",
        "v1",
        ("validatingwebhookconfigurations", "ValidatingWebhookConfiguration", "c", ""),
        ("mutatingwebhookconfigurations", "MutatingWebhookConfiguration", "c", ""),
        ("validatingadmissionpolicies", "ValidatingAdmissionPolicy", "c", ""),
        ("validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding", "c", ""),
    ),
    *_kinds("apiextensions.k8s.io", "v1", ("customresourcedefinitions", "CustomResourceDefinition", "c", "crd crds")),
    *_kinds("apiregistration.k8s.io", "v1", ("apiservices", "APIService", "c", "")),
    *_kinds("gateway.networking.k8s.io", "v1", ("gateways", "Gateway", "", "gtw"), ("httproutes", "HTTPRoute", "", "")),
    *_kinds("certificates.k8s.io", "v1", ("certificatesigningrequests", "CertificateSigningRequest", "c", "csr")),
)


@dataclass(slots=True)
class KindTable:
    """All kinds that the API serves now; custom resource definitions add to it."""

    kinds: dict[tuple[str, str], Kind] = field(default_factory=lambda: {(k.group, k.plural): k for k in BUILT_IN})

    def at(self, group: str, version: str, plural: str) -> Kind | None:
        """The kind behind a path."""
        if group == "events.k8s.io" and plural == "events":
            group, version = "", "v1"
        kind = self.kinds.get((group, plural))
        return kind if kind and kind.version == version else None

    def of(self, manifest: Manifest) -> Kind | None:
        """The kind of a manifest."""
        group, _, version = str(manifest.get("apiVersion", "v1")).rpartition("/")
        if group == "events.k8s.io":
            group = ""
        for kind in self.kinds.values():
            if kind.kind == manifest.get("kind") and kind.group == group:
                return kind
        name = str(manifest.get("kind", ""))
        if not name:
            return None
        made = Kind(group, version, plural_of(name), name, "namespace" in manifest.get("metadata", {}))
        self.kinds[made.group, made.plural] = made
        return made

    def define(self, definition: Manifest) -> None:
        """Serve what a custom resource definition defines."""
        spec = definition["spec"]
        version = next((v["name"] for v in spec["versions"] if v.get("storage")), spec["versions"][0]["name"])
        names = spec["names"]
        made = Kind(
            spec["group"],
            version,
            names["plural"],
            names["kind"],
            spec.get("scope") == "Namespaced",
            tuple(names.get("shortNames", ())),
        )
        self.kinds[made.group, made.plural] = made

    def groups(self) -> dict[str, set[str]]:
        """Group names and their versions."""
        found: dict[str, set[str]] = {}
        for kind in self.kinds.values():
            found.setdefault(kind.group, set()).add(kind.version)
        return found


def plural_of(kind: str) -> str:
    """The usual plural of a kind's name."""
    name = kind.lower()
    if name.endswith(("s", "x", "ch")):
        return name + "es"
    return name[:-1] + "ies" if name.endswith("y") and name[-2:-1] not in "aeiou" else name + "s"
