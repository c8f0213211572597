"""The kinds of things that may be looked at. Secrets are not among them, and never will be."""

from collections.abc import Iterator
from dataclasses import dataclass

from skills.errors import BadArguments


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind, as the API spells it."""

    name: str
    plural: str
    group: str = ""
    version: str = "v1"
    namespaced: bool = True
    also: tuple[str, ...] = ()

    @property
    def root(self) -> str:
        """The path that its API begins with."""
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"

    @property
    def api_version(self) -> str:
        """As an object has it."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """As a right names it: "apps/deployments"."""
        return f"{self.group}/{self.plural}" if self.group else self.plural


POD = Kind("Pod", "pods", also=("po", "容器组"))
DEPLOYMENT = Kind("Deployment", "deployments", "apps", also=("deploy", "部署"))
STATEFUL_SET = Kind("StatefulSet", "statefulsets", "apps", also=("sts",))
DAEMON_SET = Kind("DaemonSet", "daemonsets", "apps", also=("ds",))
REPLICA_SET = Kind("ReplicaSet", "replicasets", "apps", also=("rs",))
CONTROLLER_REVISION = Kind("ControllerRevision", "controllerrevisions", "apps")
JOB = Kind("Job", "jobs", "batch", also=("任务",))
CRON_JOB = Kind("CronJob", "cronjobs", "batch", also=("cj", "定时任务"))
SERVICE = Kind("Service", "services", also=("svc", "服务"))
ENDPOINT_SLICE = Kind("EndpointSlice", "endpointslices", "discovery.k8s.io", also=("endpoints", "ep"))
INGRESS = Kind("Ingress", "ingresses", "networking.k8s.io", also=("ing",))
NETWORK_POLICY = Kind("NetworkPolicy", "networkpolicies", "networking.k8s.io", also=("netpol",))
HPA = Kind("HorizontalPodAutoscaler", "horizontalpodautoscalers", "autoscaling", "v2", also=("hpa", "弹性伸缩"))
PDB = Kind("PodDisruptionBudget", "poddisruptionbudgets", "policy", also=("pdb",))
PVC = Kind("PersistentVolumeClaim", "persistentvolumeclaims", also=("pvc", "存储卷声明"))
PV = Kind("PersistentVolume", "persistentvolumes", namespaced=False, also=("pv",))
STORAGE_CLASS = Kind("StorageClass", "storageclasses", "storage.k8s.io", namespaced=False, also=("sc",))
CONFIG_MAP = Kind("ConfigMap", "configmaps", also=("cm",))
QUOTA = Kind("ResourceQuota", "resourcequotas", also=("quota",))
LIMIT_RANGE = Kind("LimitRange", "limitranges", also=("limits",))
NODE = Kind("Node", "nodes", namespaced=False, also=("no", "节点"))
NAMESPACE = Kind("Namespace", "namespaces", namespaced=False, also=("ns", "命名空间"))
EVENT = Kind("Event", "events", also=("ev", "事件"))

KINDS = tuple(value for value in list(globals().values()) if isinstance(value, Kind))
NAMES_ONLY = frozenset({CONFIG_MAP})
"""Their contents are left out: people keep passwords there."""

_BY_WORD = {
    word: kind for kind in KINDS for word in (kind.name.lower(), kind.plural, *(also.lower() for also in kind.also))
}


def kind_named(word: str) -> Kind:
    """By its name, its plural or a short form.

    Raises:
        BadArguments: it is unknown, or may not be read.
    """
    plain = word.strip().lower().partition(".")[0]
    if plain in {"secret", "secrets"}:
        raise BadArguments("secrets_unseen")
    if kind := _BY_WORD.get(plain):
        return kind
    raise BadArguments("unknown_kind", kind=word[:60], known=", ".join(kind.name for kind in KINDS))


def rights(*kinds: Kind, verbs: tuple[str, ...] = ("get", "list")) -> tuple[str, ...]:
    """The RBAC rights to look at these."""
    return tuple(_rights(kinds or KINDS, verbs))


def _rights(kinds: tuple[Kind, ...], verbs: tuple[str, ...]) -> Iterator[str]:
    for kind in kinds:
        for verb in verbs:
            yield f"{kind.resource}:{verb}"
