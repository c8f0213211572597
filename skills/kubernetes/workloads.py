"""Changes to workloads: restart, scale, roll back, mend image and resources."""

from typing import Annotated, Literal

from pydantic import Field

from skills.action import action
from skills.change import Deed
from skills.clock import Clock
from skills.kubernetes.changes.restart_pod import RestartPod
from skills.kubernetes.changes.rollout_restart import RolloutRestart
from skills.kubernetes.changes.scale import Scale
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
from skills.names import Name, Namespace
from skills.risk import Risk

Replicas = Annotated[int, Field(ge=0, le=1000)]
_AROUND = rights(POD, PDB, verbs=("get", "list"))


class Workloads:
    """Changes to deployments, stateful sets and pods."""

    def __init__(self, cluster: Cluster, clock: Clock) -> None:
        self._cluster = cluster
        self._clock = clock

    @action(
        risk=Risk.CHANGE,
        needs=("pods/eviction:create", *_AROUND, *rights(REPLICA_SET, STATEFUL_SET, DAEMON_SET, JOB, verbs=("get",))),
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
        needs=(*rights(DEPLOYMENT, STATEFUL_SET, DAEMON_SET, verbs=("get", "list", "patch")), *_AROUND),
        undo="the pod template as it was before",
        verify="the rollout completes: all replicas are new, ready and available",
        settles_in=600,
    )
    def rollout_restart(
        self, namespace: Namespace, name: Name, kind: Literal["Deployment", "StatefulSet", "DaemonSet"] = "Deployment"
    ) -> Deed:
        """Replace all pods of a workload, a few at a time, with ones just like them.

        Args:
            namespace: Where it is.
            name: The workload's name, as order-service.
            kind: Deployment, StatefulSet or DaemonSet.
        """
        return RolloutRestart(self._cluster, self._clock, kind_named(kind), namespace, name)

    @action(
        risk=Risk.CHANGE,
        needs=(*rights(DEPLOYMENT, verbs=("get", "list", "patch")), *rights(HPA, verbs=("list",)), *_AROUND),
        undo="the number of replicas as it was before",
        verify="exactly so many replicas are ready",
        settles_in=600,
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
        needs=(*rights(STATEFUL_SET, verbs=("get", "list", "patch")), *rights(HPA, verbs=("list",)), *_AROUND),
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
