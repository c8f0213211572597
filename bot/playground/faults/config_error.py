"""A configuration that is not there: user-service was changed to read a ConfigMap that nobody made."""

from dataclasses import dataclass, field

from bot.playground.kube.kinds import Manifest
from bot.playground.shop.services import NAMESPACE
from bot.playground.shop.shop import Shop
from bot.playground.world.conduct import Conduct, Rule
from bot.playground.world.lives import Life

MISSING = "user-service-flags"


@dataclass(slots=True)
class ConfigError:
    """New pods of user-service cannot be started; the old ones go on serving."""

    name: str = "config_error"
    alert: str = "KubePodConfigError"
    story: str = "user-service was changed to read the ConfigMap user-service-flags, which is not there."
    repair: str = "roll user-service back, or make the ConfigMap user-service-flags"
    rules: list[Rule] = field(default_factory=list)

    def start(self, shop: Shop) -> None:
        """Change it."""

        def rule(life: Life, _: float) -> Conduct | None:
            wanted = [each.get("configMapRef", {}).get("name") for each in life.containers[0].get("envFrom", ())]
            gone = [name for name in wanted if name and not shop.world.cluster.find("configmaps", life.namespace, name)]
            return Conduct("config", message=f'configmap "{gone[0]}" not found') if gone else None

        def how(manifest: Manifest) -> None:
            container = manifest["spec"]["template"]["spec"]["containers"][0]
            container["envFrom"] = [*container.get("envFrom", ()), {"configMapRef": {"name": MISSING}}]
            manifest["metadata"].setdefault("annotations", {})["kubernetes.io/change-cause"] = "read feature flags"

        self.rules = [rule]
        shop.world.kubelet.rules.insert(0, rule)
        shop.change(shop.deployment("user-service"), how)

    def stop(self, shop: Shop) -> None:
        """Go back."""

        def how(manifest: Manifest) -> None:
            container = manifest["spec"]["template"]["spec"]["containers"][0]
            kept = [each for each in container["envFrom"] if each.get("configMapRef", {}).get("name") != MISSING]
            container["envFrom"] = kept

        shop.change(shop.deployment("user-service"), how)
        for rule in self.rules:
            shop.world.kubelet.rules.remove(rule)
        self.rules = []
        if shop.world.cluster.find("configmaps", NAMESPACE, MISSING):
            shop.world.cluster.delete(shop.world.cluster.kind("configmaps"), NAMESPACE, MISSING)


def make() -> ConfigError:
    """The fault."""
    return ConfigError()
