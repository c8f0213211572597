"""Changes to what runs by the clock or has ended, and to volumes."""

from typing import Annotated

from pydantic import Field

from skills.action import action
from skills.change import Deed
from skills.kubernetes.changes.expand_pvc import ExpandPvc
from skills.kubernetes.changes.remove import DeleteEvictedPods, DeleteFailedJob
from skills.kubernetes.changes.suspend_cronjob import SuspendCronJob
from skills.kubernetes.cluster import Cluster
from skills.kubernetes.kinds import CRON_JOB, JOB, NAMESPACE, POD, PVC, STORAGE_CLASS, rights
from skills.kubernetes.quantities import QUANTITY
from skills.names import Name, Namespace
from skills.risk import Risk

_CRON_JOBS = rights(CRON_JOB, verbs=("get", "patch"))


class Batch:
    """Changes to cron jobs, jobs, dead pods and volume claims."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    @action(
        risk=Risk.CHANGE,
        needs=_CRON_JOBS,
        undo="the cron job runs again, if it did before",
        verify="the cron job is marked suspended",
        settles_in=30,
    )
    def suspend_cronjob(self, namespace: Namespace, cronjob: Name) -> Deed:
        """Stop a cron job from starting; what runs now goes on.

        Args:
            namespace: Where it is.
            cronjob: Its name.
        """
        return SuspendCronJob(self._cluster, namespace, cronjob, suspended=True)

    @action(
        risk=Risk.CHANGE,
        needs=_CRON_JOBS,
        undo="the cron job is suspended, if it was before",
        verify="the cron job is no longer marked suspended",
        settles_in=30,
    )
    def resume_cronjob(self, namespace: Namespace, cronjob: Name) -> Deed:
        """Let a suspended cron job start again.

        Args:
            namespace: Where it is.
            cronjob: Its name.
        """
        return SuspendCronJob(self._cluster, namespace, cronjob, suspended=False)

    @action(
        risk=Risk.DESTROY,
        needs=rights(JOB, verbs=("get", "list", "delete")),
        verify="the job is gone",
        settles_in=60,
    )
    def delete_failed_job(self, namespace: Namespace, job: Name) -> Deed:
        """Remove a job that has failed for good, with its pods, so that it can be started anew.

        Args:
            namespace: Where it is.
            job: Its name.
        """
        return DeleteFailedJob(self._cluster, namespace, job)

    @action(
        risk=Risk.DESTROY,
        needs=(*rights(POD, verbs=("list", "delete")), *rights(NAMESPACE, verbs=("get",))),
        verify="none of them is left",
        settles_in=60,
    )
    def delete_evicted_pods(self, namespace: Namespace) -> Deed:
        """Remove the remains of evicted pods from a namespace; nothing that runs is touched.

        Args:
            namespace: Where they are.
        """
        return DeleteEvictedPods(self._cluster, namespace)

    @action(
        risk=Risk.DESTROY,
        needs=(*rights(PVC, verbs=("get", "patch")), *rights(STORAGE_CLASS, verbs=("get",))),
        verify="the volume has the new size",
        settles_in=900,
    )
    def expand_pvc(self, namespace: Namespace, pvc: Name, size: Annotated[str, Field(pattern=QUANTITY)]) -> Deed:
        """Make a volume larger; it can never be made smaller again.

        Args:
            namespace: Where the claim is.
            pvc: The claim's name.
            size: The new size, as 20Gi.
        """
        return ExpandPvc(self._cluster, namespace, pvc, size)
