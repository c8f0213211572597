"""How the shop came to be: nine days of history played quickly, so that the rollouts of the past are really there."""

import copy
from collections.abc import Callable

from bot.playground.kube.cluster import stamp
from bot.playground.kube.defaults import fill
from bot.playground.kube.kinds import Manifest
from bot.playground.shop import manifests
from bot.playground.shop.services import DAYS_OF_HISTORY, NAMESPACE, SERVICES
from bot.playground.world.agenda import Clock
from bot.playground.world.conduct import Conduct, Rule
from bot.playground.world.lives import Life
from bot.playground.world.world import World

_STARTUP = {
    "order-service": 11.0,
    "payment-service": 10.0,
    "gateway": 3.0,
    "cart-service": 3.0,
    "inventory-service": 3.0,
}


def found(clock: Clock, seed: int, listen: Callable[[World], None] = lambda _: None) -> World:
    """A world in which the shop has run for nine days."""
    now = clock()
    begin = now - DAYS_OF_HISTORY * 86400
    world = World.make(clock, seed, begin)
    listen(world)
    world.kubelet.startup.update(_STARTUP)
    world.kubelet.rules += [known_images(world), jobs_end]
    for manifest in manifests.ground():
        _apply(world, manifest)
    _conditions(world)
    for manifest in manifests.first():
        _apply(world, manifest)
    world.settle()
    for days, name, tag in sorted(
        ((days, service.name, tag) for service in SERVICES for days, tag in service.versions[1:]), reverse=True
    ):
        world.agenda.run(now - days * 86400 - seed % 600, world.settle)
        release(world, name, tag)
    world.agenda.run(now, world.settle)
    world.reporter.forget()
    world.watch_deadlines()
    return world


def _apply(world: World, manifest: Manifest) -> None:
    kind = world.cluster.kinds.of(manifest)
    assert kind is not None
    world.cluster.create(kind, manifest["metadata"].get("namespace", ""), fill(kind, copy.deepcopy(manifest)))


def _conditions(world: World) -> None:
    """Nodes tell since when they are as they are."""

    def told(manifest: Manifest) -> None:
        for condition in manifest["status"]["conditions"]:
            condition["lastTransitionTime"] = condition["lastHeartbeatTime"] = stamp(world.now)

    for node in list(world.cluster.every("nodes")):
        world.cluster.edit(node, told)


def release(world: World, name: str, tag: str) -> None:
    """Roll out a version of a service, as its team would."""
    deployment = world.cluster.find("deployments", NAMESPACE, name, "apps")
    assert deployment is not None
    image = next(service for service in SERVICES if service.name == name).tagged(tag)

    def change(manifest: Manifest) -> None:
        manifest["metadata"].setdefault("annotations", {})["kubernetes.io/change-cause"] = f"release {tag}"
        manifest["spec"]["template"]["spec"]["containers"][0]["image"] = image

    world.cluster.edit(deployment, change)
    world.settle()


def known_images(world: World) -> Rule:
    """The rule that an image of the shop's registry must be one that was built."""
    world.built |= {service.tagged(tag) for service in SERVICES for _, tag in service.versions}

    def rule(life: Life, _: float) -> Conduct | None:
        for container in life.containers:
            image = str(container.get("image", ""))
            if ("registry.shop.example/" in image and image not in world.built) or "does-not-exist" in image:
                why = (
                    f'Failed to pull image "{image}": rpc error: code = NotFound desc = failed to pull and unpack '
                    f'image "{image}": failed to resolve reference "{image}": {image}: not found'
                )
                return Conduct("image", message=why)
        return None

    return rule


def jobs_end(life: Life, now: float) -> Conduct | None:
    """The rule that what a job runs comes to an end; one that cleans a disk tells that it found nothing."""
    if life.owner[0] != "Job":
        return None
    return Conduct("complete", now + 3, "Completed", 0, "files 0 bytes 0")
