"""A crash at start: notification-service ends with a stack trace, because its provider's key was changed."""

from dataclasses import dataclass, field

from bot.playground.kube.kinds import Manifest
from bot.playground.shop.shop import Shop
from bot.playground.world.conduct import Conduct, Rule
from bot.playground.world.lives import Life

WRONG = "smtp://mail.shop.svc:2525x"
_LAST = (
    "Traceback (most recent call last):\n"
    '  File "/app/main.py", line 41, in <module>\n'
    '    mail = Mail(config["MAIL_URL"])\n'
    '  File "/app/mail.py", line 17, in __init__\n'
    "    self.port = int(url.port)\n"
    "ValueError: Port could not be cast to integer value as '2525x'"
)


@dataclass(slots=True)
class CrashLoop:
    """notification-service cannot start with its new setting MAIL_URL."""

    name: str = "crashloop"
    alert: str = "KubePodCrashLooping"
    story: str = "notification-service crashes at start since its setting MAIL_URL was changed."
    repair: str = "roll notification-service back, or mend MAIL_URL"
    rules: list[Rule] = field(default_factory=list)

    def start(self, shop: Shop) -> None:
        """Change the setting."""

        def rule(life: Life, now: float) -> Conduct | None:
            wrong = any(each.get("value") == WRONG for each in life.containers[0].get("env", ()))
            return Conduct("exit", now + 3, "Error", 1, _LAST) if wrong else None

        def how(manifest: Manifest) -> None:
            container = manifest["spec"]["template"]["spec"]["containers"][0]
            container["env"] = [*container.get("env", ()), {"name": "MAIL_URL", "value": WRONG}]
            manifest["metadata"].setdefault("annotations", {})["kubernetes.io/change-cause"] = "new mail provider"

        self.rules = [rule]
        shop.world.kubelet.rules.insert(0, rule)
        shop.change(shop.deployment("notification-service"), how)

    def stop(self, shop: Shop) -> None:
        """Change it back."""

        def how(manifest: Manifest) -> None:
            container = manifest["spec"]["template"]["spec"]["containers"][0]
            container["env"] = [each for each in container["env"] if each["name"] != "MAIL_URL"]

        shop.change(shop.deployment("notification-service"), how)
        for rule in self.rules:
            shop.world.kubelet.rules.remove(rule)
        self.rules = []


def make() -> CrashLoop:
    """The fault."""
    return CrashLoop()
