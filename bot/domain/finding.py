"""One thing that is wrong, with its evidence; and a ranked explanation of such things."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field


class Category(enum.StrEnum):
    """What kind of fault it is; one word each, the same in reports, bundles and scores."""

    RESOURCE = "resource_exhaustion"
    RELEASE = "bad_release"
    CONFIG = "config_error"
    IMAGE = "image_error"
    SCHEDULING = "scheduling"
    DEPENDENCY = "dependency_failure"
    NETWORK = "network"
    CERTIFICATE = "certificate"
    AUTOSCALING = "autoscaling"
    PROBE = "probe"
    NODE = "node"
    STORAGE = "storage"
    JOB = "job_failure"
    PERMISSION = "permission"
    QUOTA = "quota"
    HEALTHY = "healthy"


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """What a finding is about: a Kubernetes object, a service seen in metrics, a database."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Proof:
    """Where a claim comes from: the query a person can repeat, and what it showed."""

    query: str
    shows: str = ""
    at: float | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. Its sentence is `key` of the wording filled with `values`."""

    about: Subject
    key: str
    category: Category
    weight: float
    """How well it explains a fault by itself: 0 (a remark) to 1 (proof)."""
    values: Mapping[str, str] = field(default_factory=dict)
    proofs: tuple[Proof, ...] = ()
    at: float | None = None
    look: str = ""
    symptom: bool = False
    """Something else may have caused it: a caller that cannot reach what it calls."""
    settled: bool = False
    """It is over: told, but no fault now."""
    past: bool = False
    """Who told it in the log speaks on, and has not said it for long."""
    points_to: tuple[Subject, ...] = ()
    """What it blames, if that is something else."""
    action: str = ""
    args: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cause:
    """A ranked explanation of the findings."""

    about: Subject
    category: Category
    key: str
    confidence: float
    speaks_for: tuple[Finding, ...]
    speaks_against: tuple[Finding, ...] = ()
    path: tuple[Subject, ...] = ()
    """From what was noticed to what is to blame."""
    action: str | None = None
    args: Mapping[str, str | int] = field(default_factory=dict)
    """As the action's own schema names them."""
    needs_human: bool = True
    why_no_action: str = ""
    """A wording key: managed elsewhere, no action of ours helps, not sure enough."""
