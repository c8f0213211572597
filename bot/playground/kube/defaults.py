"""What the API server adds to a new manifest, and the commonest things it refuses."""

from typing import Any

from bot.playground.kube import status
from bot.playground.kube.kinds import Kind, Manifest

_ROLLING = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}}


def fill(kind: Kind, manifest: Manifest) -> Manifest:
    """The manifest with the defaults that readers rely on."""
    spec = manifest.get("spec")
    match kind.kind:
        case "Pod" if isinstance(spec, dict):
            _pod(spec)
            manifest.setdefault("status", {"phase": "Pending", "qosClass": "Burstable"})
        case "Deployment" if isinstance(spec, dict):
            spec.setdefault("replicas", 1)
            spec.setdefault("strategy", dict(_ROLLING))
            spec.setdefault("revisionHistoryLimit", 10)
            spec.setdefault("progressDeadlineSeconds", 600)
            _pod(spec.get("template", {}).setdefault("spec", {}))
            manifest.setdefault("status", {})
        case "StatefulSet" | "ReplicaSet" if isinstance(spec, dict):
            spec.setdefault("replicas", 1)
            _pod(spec.get("template", {}).setdefault("spec", {}))
            manifest.setdefault("status", {"replicas": 0})
        case "DaemonSet" if isinstance(spec, dict):
            _pod(spec.get("template", {}).setdefault("spec", {}))
        case "Job" if isinstance(spec, dict):
            for name, value in (("parallelism", 1), ("completions", 1), ("backoffLimit", 6), ("suspend", False)):
                spec.setdefault(name, value)
            manifest.setdefault("status", {})
        case "CronJob" if isinstance(spec, dict):
            spec.setdefault("suspend", False)
            spec.setdefault("concurrencyPolicy", "Allow")
        case "Service" if isinstance(spec, dict):
            spec.setdefault("type", "ClusterIP")
            for port in spec.get("ports", ()):
                port.setdefault("protocol", "TCP")
                port.setdefault("targetPort", port.get("port"))
        case "Namespace":
            manifest.setdefault("spec", {"finalizers": ["kubernetes"]})
            manifest.setdefault("status", {"phase": "Active"})
            labels = manifest.setdefault("metadata", {}).setdefault("labels", {})
            labels["kubernetes.io/metadata.name"] = manifest["metadata"].get("name", "")
        case "PersistentVolumeClaim":
            manifest.setdefault("status", {"phase": "Pending"})
    return manifest


def _pod(spec: Manifest) -> None:
    for name, value in (
        ("restartPolicy", "Always"),
        ("terminationGracePeriodSeconds", 30),
        ("dnsPolicy", "ClusterFirst"),
        ("schedulerName", "default-scheduler"),
    ):
        spec.setdefault(name, value)
    for container in spec.get("containers", ()):
        latest = ":" not in container.get("image", "").rsplit("/", 1)[-1] or container.get("image", "").endswith(
            ":latest"
        )
        container.setdefault("imagePullPolicy", "Always" if latest else "IfNotPresent")
        container.setdefault("resources", {})
        container.setdefault("terminationMessagePath", "/dev/termination-log")
        for port in container.get("ports", ()):
            port.setdefault("protocol", "TCP")


def check(kind: Kind, manifest: Manifest) -> None:
    """Refuse what cannot be."""
    name = manifest.get("metadata", {}).get("name", "")
    spec = manifest.get("spec")
    if not isinstance(spec, dict):
        return
    replicas: Any = spec.get("replicas", 0)
    if kind.kind in ("Deployment", "StatefulSet", "ReplicaSet"):
        if isinstance(replicas, int) and replicas < 0:
            raise status.invalid(
                kind, name, "spec.replicas", f"Invalid value: {replicas}: must be greater than or equal to 0"
            )
        if not isinstance(replicas, int):
            raise status.bad_request(
                f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: json: cannot unmarshal '
                f"string into Go struct field {kind.kind}Spec.spec.replicas of type int32"
            )
        labels = spec.get("template", {}).get("metadata", {}).get("labels", {})
        wanted = spec.get("selector", {}).get("matchLabels", {})
        if any(labels.get(key) != value for key, value in wanted.items()):
            why = "Invalid value: `selector` does not match template `labels`"
            raise status.invalid(kind, name, "spec.template.metadata.labels", why)
        for place, container in enumerate(spec.get("template", {}).get("spec", {}).get("containers", ())):
            if not container.get("image"):
                raise status.invalid(kind, name, f"spec.template.spec.containers[{place}].image", "Required value")
