"""The capacity skill: its looks and its one change."""

from pathlib import Path

import httpx

from skills.capacity.adding import Adding
from skills.capacity.client import PrometheusReader
from skills.capacity.cluster import Cluster
from skills.capacity.happenings import Happenings
from skills.capacity.kept import Folder, Memory
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
        memory: Memory | None = None,
    ) -> None:
        self._reader = PrometheusReader(prometheus, settings, transport)
        self._cluster = Cluster(kubernetes, transport)
        if memory is None and settings.report_folder:
            memory = Folder(Path(settings.report_folder) / "foretold")
        happenings = Happenings(self._reader, self._cluster if self._cluster.is_known else None)
        survey = Survey(self._reader, settings, happenings)
        self.looks = Looks(self._reader, survey, settings, clock)
        self.reporting = Reporting(self.looks, survey, settings, memory)
        self.adding = Adding(self._cluster, settings, clock)

    def parts(self) -> tuple[object, ...]:
        """What is asked, and what is done."""
        return (self.looks, self.reporting, self.adding)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._reader.close()
        await self._cluster.close()
