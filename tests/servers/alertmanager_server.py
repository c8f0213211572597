"""A real Alertmanager for tests: quick to group, tells one webhook, takes alerts and silences."""

import json
import shutil
from collections.abc import Mapping, Sequence

import httpx

from tests.servers import programs
from tests.servers.process import LOCAL, Process, answers, free_port, new_folder


class AlertmanagerServer:
    """A running Alertmanager; `address` is host:port, as Prometheus wants it."""

    def __init__(
        self,
        *,
        webhook: str | None = None,
        group_by: Sequence[str] = ("alertname",),
        secret: str | None = None,
        group_wait: str = "1s",
    ) -> None:
        """Starts it.

        Args:
            webhook: The URL told of each group of alerts, firing and resolved.
            group_by: Labels that alerts of one group have in common.
            secret: A bearer token to send to the webhook.
            group_wait: How long a new group waits for more alerts.
        """
        self.folder = new_folder("alertmanager")
        self.configure(webhook=webhook, group_by=group_by, secret=secret, group_wait=group_wait, reload=False)
        self.address = f"{LOCAL}:{free_port()}"
        self.url = f"http://{self.address}"
        self.client = httpx.Client(base_url=self.url, trust_env=False, timeout=10)
        self.process = Process(
            "alertmanager",
            [
                programs.find("alertmanager"),
                f"--config.file={self.folder / 'alertmanager.yml'}",
                f"--storage.path={self.folder / 'kept'}",
                f"--web.listen-address={self.address}",
                "--cluster.listen-address=",
            ],
            self.folder,
        )
        try:
            self.process.wait(answers(f"{self.url}/-/ready"))
        except BaseException:
            self.stop()
            raise

    def configure(
        self,
        *,
        webhook: str | None,
        group_by: Sequence[str] = ("alertname",),
        secret: str | None = None,
        group_wait: str = "1s",
        reload: bool = True,
    ) -> None:
        """Replaces the configuration (JSON is YAML), by default while it runs."""
        receiver: dict[str, object] = {"name": "bot"}
        if webhook:
            hook: dict[str, object] = {"url": webhook, "send_resolved": True}
            if secret:
                hook["http_config"] = {"authorization": {"type": "Bearer", "credentials": secret}}
            receiver["webhook_configs"] = [hook]
        route = {
            "receiver": "bot",
            "group_by": list(group_by),
            "group_wait": group_wait,
            "group_interval": "5s",
            "repeat_interval": "1h",
        }
        (self.folder / "alertmanager.yml").write_text(json.dumps({"route": route, "receivers": [receiver]}, indent=1))
        if reload:
            self.client.post("/-/reload").raise_for_status()

    def fire(self, *alerts: Mapping[str, object]) -> None:
        """Posts alerts as Prometheus would: each a mapping with labels, annotations, startsAt, endsAt."""
        self.client.post("/api/v2/alerts", json=list(alerts)).raise_for_status()

    def alerts(self) -> list[dict[str, object]]:
        listed: list[dict[str, object]] = self.client.get("/api/v2/alerts").raise_for_status().json()
        return listed

    def stop(self) -> None:
        self.process.stop()
        self.client.close()
        shutil.rmtree(self.folder, ignore_errors=True)
