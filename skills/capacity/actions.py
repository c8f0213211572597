"""The capacity skill: its looks and its one change."""

import httpx

from skills.capacity.adding import Adding
from skills.capacity.client import PrometheusReader
from skills.capacity.cluster import Cluster
from skills.capacity.looks import Looks
from skills.capacity.reporting import Reporting
from skills.capacity.settings import CapacitySettings, KubernetesAddress, PrometheusAddress
from skills.capacity.survey import Survey
from skills.clock import Clock
from skills.skill import Skill


class Capacity(Skill):
    """Looks ahead, and asks for nodes in time."""

    def __init__(
        self,
        settings: CapacitySettings,
        clock: Clock,
        prometheus: PrometheusAddress,
        kubernetes: KubernetesAddress,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._reader = PrometheusReader(prometheus, settings, transport)
        self._cluster = Cluster(kubernetes, transport)
        self.looks = Looks(self._reader, settings, clock)
        self.reporting = Reporting(self.looks, Survey(self._reader, settings), settings)
        self.adding = Adding(self._cluster, settings)

    def parts(self) -> tuple[object, ...]:
        """What is asked, and what is done."""
        return (self.looks, self.reporting, self.adding)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._reader.close()
        await self._cluster.close()
