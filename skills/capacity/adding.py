"""The one change of the capacity skill: nodes are added before they are missed."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from skills.action import action
from skills.capacity import nodes
from skills.capacity.cluster import Cluster, own_namespace
from skills.capacity.in_time import InTime
from skills.capacity.settings import CapacitySettings
from skills.change import Deed
from skills.clock import Clock
from skills.errors import BadArguments
from skills.risk import Risk


class Adding:
    """Makes room, in the way that the settings name."""

    def __init__(self, cluster: Cluster, settings: CapacitySettings, clock: Clock) -> None:
        self._clock = clock
        self._cluster = cluster
        self._settings = settings

    @action(
        risk=Risk.CHANGE,
        needs=(
            "nodes:list",
            "apps/deployments:get",
            "apps/deployments:create",
            "apps/deployments:patch",
            "apps/deployments:delete",
            "scheduling.k8s.io/priorityclasses:get",
            "scheduling.k8s.io/priorityclasses:create",
            "podtemplates:create",
            "podtemplates:delete",
            "autoscaling.x-k8s.io/provisioningrequests:get",
            "autoscaling.x-k8s.io/provisioningrequests:create",
            "autoscaling.x-k8s.io/provisioningrequests:delete",
            "cluster.x-k8s.io/machinedeployments:get",
            "cluster.x-k8s.io/machinedeployments:patch",
            "karpenter.sh/nodepools:get",
            "karpenter.sh/nodepools:patch",
        ),
        undo="Placeholder pods, request, limits or machines are put back as they were; idle nodes then go.",
        verify="The new room is held on ready nodes, by the time that it is wanted.",
        settles_in=1800,
    )
    def add_nodes(self, count: Annotated[int, Field(ge=1, le=1000)], by: AwareDatetime | None = None) -> Deed:
        """Add nodes to the cluster, through its autoscaler, Cluster API or Karpenter as configured.

        Take the number from forecast_capacity with target cluster; it also tells by when.

        Args:
            count: How many more.
            by: By when they are wanted, as 2026-11-20T10:00:00+08:00; what comes later has not helped.
        """
        if count > self._settings.most_nodes:
            raise BadArguments("too_many_nodes", count=count, most=self._settings.most_nodes)
        settings = self._settings
        if not settings.namespace:
            settings = settings.model_copy(update={"namespace": own_namespace()})
        deed = nodes.deed(self._cluster, settings, count)
        return deed if by is None else InTime(deed, by, self._clock)
