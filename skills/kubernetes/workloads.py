"""Changes to workloads: restart, scale, roll back, mend image and resources."""

from typing import Annotated, Literal

from pydantic import Field

from skills.action import action
from skills.change import Deed
from skills.clock import Clock
from skills.kubernetes.changes.patch_hpa import PatchHpa
from skills.kubernetes.changes.restart_pod import RestartPod
from skills.kubernetes.changes.rollback import Rollback
from skills.kubernetes.changes.rollout_restart import RolloutRestart
from skills.kubernetes.changes.scale import Scale
from skills.kubernetes.changes.set_image import IMAGE, SetImage
from skills.kubernetes.changes.set_resources import SetResources
from skills.kubernetes.cluster import Cluster
from skills.kubernetes.kinds import (
    DAEMON_SET,
    DEPLOYMENT,
    HPA,
    JOB,
    PDB,
    POD,
    REPLICA_SET,
    STATEFUL_SET,
    kind_named,
    rights,
)
from skills.kubernetes.quantities import QUANTITY
from skills.names import AnyName, Name, Namespace
from skills.risk import Risk

Replicas = Annotated[int, Field(ge=0, le=1000)]
Bound = Annotated[int, Field(ge=1, le=1000)]
WorkloadKind = Literal["Deployment", "StatefulSet", "DaemonSet"]
Amount = Annotated[str, Field(pattern=f"^$|{QUANTITY}")]
_PATCHED = ("get", "patch")
_TEMPLATES = (*rights(DEPLOYMENT, STATEFUL_SET, DAEMON_SET, verbs=_PATCHED), *rights(POD, verbs=("list",)))
_SCALED = rights(HPA, POD, PDB, verbs=("list",))


class Workloads:
    """Changes to deployments, stateful sets and pods."""

    def __init__(self, cluster: Cluster, clock: Clock) -> None:
        self._cluster = cluster
        self._clock = clock

    @action(
        risk=Risk.CHANGE,
        needs=(
            "pods/eviction:create",
            *rights(POD),
            *rights(PDB, verbs=("list",)),
            *rights(REPLICA_SET, STATEFUL_SET, DAEMON_SET, JOB, verbs=("get",)),
        ),
        undo="nothing to put back: its controller makes another pod just like it",
        verify="as many pods of its controller are ready as before",
    )
    def restart_pod(self, namespace: Namespace, pod: Name) -> Deed:
        """Evict one pod, so that its controller makes another; disruption budgets hold.

        Args:
            namespace: Where it is.
            pod: Its name.
        """
        return RestartPod(self._cluster, namespace, pod)

    @action(
        risk=Risk.CHANGE,
        needs=_TEMPLATES,
        undo="the pod template as it was before",
        verify="the rollout completes: all replicas are new, ready and available",
        settles_in=600,
        command="restart <service>",
    )
    def rollout_restart(self, namespace: Namespace, name: Name, kind: WorkloadKind = "Deployment") -> Deed:
        """Replace all pods of a workload, a few at a time, with ones just like them.

        Args:
            namespace: Where it is.
            name: The workload's name, as order-service.
            kind: Deployment, StatefulSet or DaemonSet.
        """
        return RolloutRestart(self._cluster, self._clock, kind_named(kind), namespace, name)

    @action(
        risk=Risk.CHANGE,
        needs=(*rights(DEPLOYMENT, verbs=_PATCHED), *_SCALED),
        undo="the number of replicas as it was before",
        verify="exactly so many replicas are ready",
        settles_in=600,
        command="scale <service> <replicas>",
    )
    def scale_deployment(self, namespace: Namespace, deployment: Name, replicas: Replicas) -> Deed:
        """Change how many pods a deployment runs.

        Args:
            namespace: Where it is.
            deployment: Its name.
            replicas: How many pods it should run.
        """
        return Scale(self._cluster, DEPLOYMENT, namespace, deployment, replicas)

    @action(
        risk=Risk.CHANGE,
        needs=(*rights(STATEFUL_SET, verbs=_PATCHED), *_SCALED),
        undo="the number of replicas as it was before",
        verify="exactly so many replicas are ready",
        settles_in=900,
    )
    def scale_statefulset(self, namespace: Namespace, statefulset: Name, replicas: Replicas) -> Deed:
        """Change how many pods a stateful set runs.

        Args:
            namespace: Where it is.
            statefulset: Its name.
            replicas: How many pods it should run.
        """
        return Scale(self._cluster, STATEFUL_SET, namespace, statefulset, replicas)

    @action(
        risk=Risk.CHANGE,
        needs=(*rights(DEPLOYMENT, verbs=_PATCHED), *rights(REPLICA_SET, POD, verbs=("list",))),
        undo="the pod template as it was before",
        verify="the rollout completes: all replicas are of that revision, ready and available",
        settles_in=600,
        command="rollback <service>",
    )
    def rollback_deployment(
        self, namespace: Namespace, deployment: Name, revision: Annotated[int, Field(ge=0)] = 0
    ) -> Deed:
        """Put a deployment back to an earlier revision of its own.

        Args:
            namespace: Where it is.
            deployment: Its name.
            revision: Which revision, as rollout_history numbers them; 0 for the one before.
        """
        return Rollback(self._cluster, namespace, deployment, revision)

    @action(
        risk=Risk.CHANGE,
        needs=_TEMPLATES,
        undo="the pod template as it was before",
        verify="the rollout completes: all replicas run that image, ready and available",
        settles_in=600,
    )
    def set_image(
        self,
        namespace: Namespace,
        name: Name,
        image: Annotated[str, Field(pattern=IMAGE)],
        container: AnyName = "",
        kind: WorkloadKind = "Deployment",
    ) -> Deed:
        """Run another version of the image that a workload runs: another tag or digest, never another repository.

        Args:
            namespace: Where it is.
            name: The workload's name.
            image: The whole image with its tag or digest.
            container: Which container; empty where there is but one.
            kind: Deployment, StatefulSet or DaemonSet.
        """
        return SetImage(self._cluster, kind_named(kind), namespace, name, container=container, image=image)

    @action(
        risk=Risk.CHANGE,
        needs=_TEMPLATES,
        undo="the pod template as it was before",
        verify="the rollout completes: all replicas have the new resources, ready and available",
        settles_in=600,
    )
    def set_resources(
        self,
        namespace: Namespace,
        name: Name,
        container: AnyName = "",
        cpu_request: Amount = "",
        memory_request: Amount = "",
        cpu_limit: Amount = "",
        memory_limit: Amount = "",
        kind: WorkloadKind = "Deployment",
    ) -> Deed:
        """Give a container of a workload more, or less, CPU and memory; what is not named stays.

        Args:
            namespace: Where it is.
            name: The workload's name.
            container: Which container; empty where there is but one.
            cpu_request: What it is promised, as 250m.
            memory_request: What it is promised, as 512Mi.
            cpu_limit: What it may use, as 1.
            memory_limit: What it may use, as 1Gi.
            kind: Deployment, StatefulSet or DaemonSet.
        """
        requests = {"cpu": cpu_request, "memory": memory_request}
        limits = {"cpu": cpu_limit, "memory": memory_limit}
        return SetResources(
            self._cluster, kind_named(kind), namespace, name, container=container, requests=requests, limits=limits
        )

    @action(
        risk=Risk.CHANGE,
        needs=rights(HPA, verbs=_PATCHED),
        undo="the bounds as they were before",
        verify="it runs as many replicas as it wants, within the new bounds",
        settles_in=600,
    )
    def patch_hpa(self, namespace: Namespace, hpa: Name, min_replicas: Bound, max_replicas: Bound) -> Deed:
        """Move the bounds of an autoscaler.

        Args:
            namespace: Where it is.
            hpa: Its name.
            min_replicas: The least it may run.
            max_replicas: The most it may run.
        """
        return PatchHpa(self._cluster, namespace, hpa, min_replicas, max_replicas)
