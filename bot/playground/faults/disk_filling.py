"""A volume that fills: postgres keeps its write-ahead log because a replication slot is no longer read."""

from dataclasses import dataclass, field

from bot.playground.kube.kinds import Manifest
from bot.playground.shop.nodes import Spill
from bot.playground.shop.phrases import of_fault
from bot.playground.shop.services import NAMESPACE
from bot.playground.shop.shop import Shop
from bot.playground.shop.weather import Effect

CLAIM = "data-postgres-0"


@dataclass(slots=True)
class DiskFilling:
    """The volume of postgres is nearly full and fills further."""

    name: str = "disk_filling"
    alert: str = "PersistentVolumeFillingUp"
    story: str = "The volume of postgres fills up: its write-ahead log is kept and grows."
    repair: str = "clean the disk of postgres, or expand the claim data-postgres-0"
    effects: list[Effect] = field(default_factory=list)
    spills: list[Spill] = field(default_factory=list)

    def start(self, shop: Shop) -> None:
        """The log begins to grow; a good part of it is there already."""
        self.spills = [Spill(CLAIM, shop.world.now - 3600, 1.4e6, at_once=6.5 * 2**30)]
        shop.grounds.volumes += self.spills
        effect = Effect(
            lambda life: life.app == "postgres", shop.world.now, lines=of_fault("disk_filling"), line_level="warn"
        )
        self.effects = [shop.feel(effect)]
        shop.world.agenda.after(10, lambda: self._look(shop))

    def stop(self, shop: Shop) -> None:
        """The log is cleaned away."""
        for spill in self.spills:
            spill.end = spill.end or shop.world.now
        shop.end(self.effects)

    def _look(self, shop: Shop) -> None:
        """A job that cleans the disk and has ended well heals it."""
        if self.effects and self.effects[0].end is not None:
            return
        for job in shop.world.cluster.every("jobs", "batch", NAMESPACE):
            if (
                _cleans(job)
                and job.get("status", {}).get("succeeded")
                and job["metadata"]["uid"] not in self._old(shop)
            ):
                self.stop(shop)
                return
        shop.world.agenda.after(5, lambda: self._look(shop))

    def _old(self, shop: Shop) -> set[str]:
        """Jobs that had ended before the trouble began."""
        return {life.owner[1] for life in shop.world.kubelet.lives.values() if life.created < self.effects[0].start}


def _cleans(job: Manifest) -> bool:
    """Whether the job is one that cleans this disk."""
    text = f"{job['metadata'].get('name', '')} {job['metadata'].get('labels', {})}".lower()
    spec = job["spec"]["template"]["spec"]
    claims = {each.get("persistentVolumeClaim", {}).get("claimName") for each in spec.get("volumes", ())}
    return "clean" in text and (CLAIM in claims or "postgres" in text)


def make() -> DiskFilling:
    """The fault."""
    return DiskFilling()
