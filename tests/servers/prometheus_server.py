"""A real Prometheus for tests: empty or over a backfill, written to at any time in the past, with rules and scrapes."""

import json
import shutil
import struct
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import httpx

from tests.servers import programs
from tests.servers.process import LOCAL, Process, answers, free_port, new_folder

Points = Iterable[tuple[float, float]]
"""Samples: (unix seconds, value)."""

Metric = tuple[Mapping[str, str], Points]
"""One series: its labels, `__name__` among them, and its samples."""


class PrometheusServer:
    """A running Prometheus. `url` is what DutyBot's PROMETHEUS_URL would be."""

    def __init__(
        self,
        *,
        backfill: str | Path | None = None,
        rules: str | None = None,
        scrape: Mapping[str, Sequence[str]] | None = None,
        alertmanager: str | None = None,
        interval: str = "1s",
    ) -> None:
        """Starts it.

        Args:
            backfill: OpenMetrics text, or a file of it, made into blocks before the start; newest sample > 2 h old.
            rules: A rule file's text.
            scrape: Job name -> targets as host:port, or host:port/path.
            alertmanager: host:port of the Alertmanager that gets the alerts.
            interval: How often to scrape and to evaluate the rules.
        """
        self.folder = new_folder("prometheus")
        self._made_blocks(backfill)
        self.configure(rules=rules, scrape=scrape, alertmanager=alertmanager, interval=interval, reload=False)
        port = free_port()
        self.url = f"http://{LOCAL}:{port}"
        self.client = httpx.Client(base_url=self.url, trust_env=False, timeout=30)
        self.process = Process(
            "prometheus",
            [
                programs.find("prometheus"),
                f"--config.file={self.folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={self.folder / 'blocks'}",
                "--storage.tsdb.retention.time=10y",
                f"--web.listen-address={LOCAL}:{port}",
                "--rules.alert.resend-delay=1s",
                "--web.enable-lifecycle",
                "--web.enable-admin-api",
                "--web.enable-remote-write-receiver",
            ],
            self.folder,
        )
        try:
            self.process.wait(answers(f"{self.url}/-/ready"))
        except BaseException:
            self.stop()
            raise

    def _made_blocks(self, backfill: str | Path | None) -> None:
        blocks = self.folder / "blocks"
        blocks.mkdir()
        if backfill is None:
            return
        text = backfill
        if isinstance(backfill, str):
            text = self.folder / "backfill.txt"
            text.write_text(backfill)
        make = [programs.find("promtool"), "tsdb", "create-blocks-from", "openmetrics"]
        days = "--max-block-duration=24h"  # it reads all of the text again for each block
        subprocess.run([*make, days, str(text), str(blocks)], check=True, capture_output=True)

    def configure(
        self,
        *,
        rules: str | None = None,
        scrape: Mapping[str, Sequence[str]] | None = None,
        alertmanager: str | None = None,
        interval: str = "1s",
        reload: bool = True,
    ) -> None:
        """Replaces the whole configuration (JSON is YAML), by default while it runs."""
        jobs = [
            {
                "job_name": job,
                "metrics_path": "/" + (targets[0].partition("/")[2] or "metrics"),
                "static_configs": [{"targets": [target.partition("/")[0] for target in targets]}],
            }
            for job, targets in (scrape or {}).items()
        ]
        told: dict[str, object] = {
            "global": {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": interval},
            "storage": {"tsdb": {"out_of_order_time_window": "3650d"}},
            "scrape_configs": jobs,
        }
        if rules:
            (self.folder / "rules.yml").write_text(rules)
            told["rule_files"] = ["rules.yml"]
        if alertmanager:
            told["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]}
        (self.folder / "prometheus.yml").write_text(json.dumps(told, indent=1))
        if reload:
            self.client.post("/-/reload").raise_for_status()

    def write(self, metrics: Iterable[Metric]) -> None:
        """Adds samples of any time, past or present; they can be asked for when this returns."""
        for labels, points in metrics:
            samples = list(points)
            for start in range(0, len(samples), 10_000):
                body = _write_request(labels, samples[start : start + 10_000])
                headers = {"Content-Encoding": "snappy", "X-Prometheus-Remote-Write-Version": "0.1.0"}
                self.client.post("/api/v1/write", content=_snappy(body), headers=headers).raise_for_status()

    def ask(self, query: str, at: float | None = None) -> list[dict[str, object]]:
        """The answer to an instant query, as the API gives it."""
        params = {"query": query} | ({} if at is None else {"time": str(at)})
        answer = self.client.get("/api/v1/query", params=params).raise_for_status().json()
        result: list[dict[str, object]] = answer["data"]["result"]
        return result

    def forget(self) -> None:
        """Deletes every series, so that the next test starts from nothing."""
        self.client.post("/api/v1/admin/tsdb/delete_series", params={"match[]": '{__name__=~".+"}'}).raise_for_status()

    def stop(self) -> None:
        self.process.stop()
        self.client.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def openmetrics(metrics: Iterable[Metric]) -> str:
    """The text that a backfill is made of."""
    families: dict[str, list[str]] = {}
    for labels, points in metrics:
        name = labels["__name__"]
        inside = ",".join(f"{key}={json.dumps(value)}" for key, value in labels.items() if key != "__name__")
        families.setdefault(name, []).extend(f"{name}{{{inside}}} {value!r} {at:.3f}" for at, value in points)
    return "\n".join(line for lines in families.values() for line in lines) + "\n# EOF\n"


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _field(number: int, body: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(body)) + body


def _write_request(labels: Mapping[str, str], points: Points) -> bytes:
    """A remote-write request of one series, in protocol buffers: labels are field 1, samples field 2."""
    series = b"".join(
        _field(1, _field(1, key.encode()) + _field(2, value.encode())) for key, value in sorted(labels.items())
    )
    for at, value in points:
        millis = round(at * 1000) & 0xFFFF_FFFF_FFFF_FFFF
        series += _field(2, b"\x09" + struct.pack("<d", value) + b"\x10" + _varint(millis))
    return _field(1, series)


def _snappy(body: bytes) -> bytes:
    """A snappy block that holds the bytes as they are: one literal after another, nothing compressed."""
    out = bytearray(_varint(len(body)))
    for start in range(0, len(body), 65_536):
        piece = body[start : start + 65_536]
        out += b"\xf4" + struct.pack("<H", len(piece) - 1) + piece
    return bytes(out)
