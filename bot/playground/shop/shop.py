"""The shop as a whole: its world, its weather, its metrics and its lines, with what a fault needs to meddle with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.playground.kube.kinds import Manifest
from bot.playground.logql.streams import Entry, Stream, Wanted
from bot.playground.shop.founding import found
from bot.playground.shop.golden import Golden
from bot.playground.shop.lines import Lines
from bot.playground.shop.machines import Machines
from bot.playground.shop.metrics import Family, Metrics
from bot.playground.shop.nodes import Grounds
from bot.playground.shop.services import NAMESPACE
from bot.playground.shop.states import States
from bot.playground.shop.weather import Effect, Weather
from bot.playground.world.agenda import Clock
from bot.playground.world.lives import Life
from bot.playground.world.world import World


@dataclass(slots=True)
class Shop:
    """Everything of the pretend shop."""

    world: World
    weather: Weather
    grounds: Grounds
    states: States
    metrics: Metrics
    lines: Lines

    @classmethod
    def open(cls, clock: Clock, seed: int) -> "Shop":
        """A shop that has run for nine days."""
        heard: list[States] = []

        def listen(world: World) -> None:
            states = States(world)
            heard.append(states)
            world.cluster.listeners.append(states.hear)

        world = found(clock, seed, listen)
        weather = Weather(world)
        machines = Machines(weather)
        grounds = Grounds(machines)
        families = [*Golden(weather).families(), *machines.families(), *grounds.families(), *heard[0].families()]
        lines = Lines(weather)
        world.lines = lines.plain
        return cls(world, weather, grounds, heard[0], Metrics(world, {each.name: each for each in families}), lines)

    def serve(self, family: Family) -> None:
        """One more family of metrics."""
        self.metrics.families[family.name] = family

    def lives(self, app: str) -> list[Life]:
        """The living pods of a service."""
        return [life for life in self.weather.lives(app) if not life.over and not life.leaving]

    def deployment(self, name: str) -> Manifest:
        """A deployment of the shop."""
        manifest = self.world.cluster.find("deployments", NAMESPACE, name, "apps")
        assert manifest is not None
        return manifest

    def change(self, manifest: Manifest, how: Callable[[Manifest], None]) -> None:
        """Change a manifest as somebody would, and let the controllers see to it."""
        self.world.cluster.edit(manifest, how)
        self.world.settle()

    def set_image(self, name: str, tag: str, cause: str) -> None:
        """Roll out an image."""

        def how(manifest: Manifest) -> None:
            container = manifest["spec"]["template"]["spec"]["containers"][0]
            container["image"] = f"{container['image'].rpartition(':')[0]}:{tag}"
            manifest["metadata"].setdefault("annotations", {})["kubernetes.io/change-cause"] = cause

        self.change(self.deployment(name), how)

    def feel(self, effect: Effect) -> Effect:
        """From now on there is this effect."""
        self.weather.effects.append(effect)
        self.world.touch()
        return effect

    def end(self, effects: Sequence[Effect]) -> None:
        """The effects end now."""
        for effect in effects:
            if effect.end is None:
                effect.end = self.world.now
        self.weather.changed()


@dataclass(frozen=True, slots=True)
class ShopLogs:
    """The shop's lines as Loki's streams."""

    shop: Shop

    def streams(self, wanted: Wanted, start_ns: int, end_ns: int) -> Sequence[Stream]:
        """The wanted streams."""
        found: list[Stream] = []
        start, end = start_ns / 1e9, min(end_ns / 1e9, self.shop.world.now)
        for life in self.shop.world.kubelet.lives.values():
            if not life.runs or life.runs[0].start > end or (life.deleted or end) < start:
                continue
            told = {
                "namespace": life.namespace,
                "pod": life.name,
                "container": life.containers[0]["name"],
                "app": life.app,
                "node_name": life.node,
                "job": f"{life.namespace}/{life.app}",
                "service_name": life.app,
            }
            severities = [name for name in ("info", "warn", "error") if wanted({**told, "severity": name})]
            if not severities:
                continue
            said: dict[str, list[Entry]] = {}
            for at, severity, line in self.shop.lines.spoken(life, start, end):
                said.setdefault(severity, []).append(Entry(round(at * 1e6) * 1000, line))
            found += [Stream({**told, "severity": name}, said[name]) for name in severities if said.get(name)]
        return found
