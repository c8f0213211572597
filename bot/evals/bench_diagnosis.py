"""Times the way from an alert to its full report: a product of its own is told of alerts, one after the other."""

import asyncio
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime

from bot.evals import JSON, CaseScore, EvalOptions, EvalReport
from bot.evals._wire import call, read_text
from bot.evals.bench_turn import started
from skills.loki.settings import LokiSettings
from skills.prometheus.settings import PrometheusSettings

MOST_SECONDS = 5.0
MOST_LOG_BYTES = 2_000_000
MANY = 20
PATIENCE = 60.0
SHOP = (
    *("shop/order-service", "shop/user-service", "shop/cart-service", "shop/inventory-service"),
    *("shop/notification-service", "shop/storefront", "shop/payment-service", "shop/postgres"),
)
NAMES = ("HighLatency", "KubePodCrashLooping", "HighErrorRate", "KubePodNotReady")


class DiagnosisBench:
    """Over the servers of the environment, if they are set up; else over the pretend shop's, by HTTP too."""

    name = "bench_diagnosis"

    async def run(self, options: EvalOptions) -> EvalReport:
        """`--set targets=namespace/workload,…` says what the alerts are about; `--limit` how many there are."""
        targets = tuple(filter(None, options.settings.get("targets", "").split(",")))
        real = bool({"url"} & PrometheusSettings().model_fields_set & LokiSettings().model_fields_set)
        if real and not targets:
            why = "the servers are real: say what alerts are about with --set targets=namespace/workload"
            return EvalReport(self.name, (CaseScore("webhook to report", None, why),))
        with tempfile.TemporaryDirectory() as folder:
            async with started(_product(folder) if real else _shop(), 0) as (told, _, _):
                url = told.split()[0]
                seen = [await _one(url, targets or SHOP, place) for place in range(options.limit or MANY)]
        seconds = sorted(each[0] for each in seen)
        figures: dict[str, JSON] = {
            "servers": "real" if real else "playground",
            "reports": len(seen),
            "p50_seconds": round(statistics.median(seconds), 3),
            "p95_seconds": round(seconds[min(len(seconds) - 1, int(0.95 * len(seconds)))], 3),
            "most_log_bytes_of_a_report": max(int(each[1]) for each in seen),
            "tokens": 0,  # the product that was started has no brain that could use any
        }
        return EvalReport(self.name, _scores(figures), figures)


def make() -> DiagnosisBench:
    """It has nothing to set."""
    return DiagnosisBench()


def _scores(figures: dict[str, JSON]) -> tuple[CaseScore, ...]:
    slow, logs = float(str(figures["p95_seconds"])), int(str(figures["most_log_bytes_of_a_report"]))
    return (
        CaseScore("webhook to report, p95", slow <= MOST_SECONDS, f"{slow} s; wanted {MOST_SECONDS}"),
        CaseScore("bytes of logs", logs <= MOST_LOG_BYTES, f"{logs}; wanted {MOST_LOG_BYTES}"),
    )


def _product(folder: str) -> list[str]:
    chosen = {
        "DUTYBOT_BRAINS": "scripted",
        "DUTYBOT_CHANNELS": "web",
        "DUTYBOT_SKILLS": "prometheus,loki,kubernetes",
        "DUTYBOT_ALERTS": "alertmanager",
        "ALERTS_OPEN": "true",
        "DUTYBOT_DATABASE_URL": f"sqlite:///{folder}/bench.sqlite",
        "DUTYBOT_LEDGER_PATH": f"{folder}/audit.jsonl",
        "DUTYBOT_LOG_LEVEL": "warning",
    }
    settings = [f"{name}={value}" for name, value in chosen.items()]
    return ["/usr/bin/env", *settings, sys.executable, "-u", "-m", "bot", "run", "--port", "0"]


def _shop() -> list[str]:
    return [sys.executable, "-u", "-m", "bot", "demo", "--no-browser", "--port", "0"]


async def _one(url: str, targets: tuple[str, ...], place: int) -> tuple[float, float]:
    """Seconds from the webhook until the incident's card has its report, and bytes of logs read for it."""
    space, _, name = targets[place % len(targets)].partition("/")
    mark = f"{NAMES[place % len(NAMES)]}{place}"
    alert = {
        "status": "firing",
        "labels": {"alertname": mark, "namespace": space, "deployment": name, "service": name, "severity": "warning"},
        "annotations": {"summary": f"{mark} of {name}"},
        "startsAt": datetime.fromtimestamp(time.time() - 300, UTC).isoformat(),
        "endsAt": "0001-01-01T00:00:00Z",
    }
    before = await _number(url, "dutybot_diagnosis_log_bytes_total")
    took = await _told(url, alert)
    logs = await _number(url, "dutybot_diagnosis_log_bytes_total") - before
    # what has ended takes in no more alerts: the next one is an incident of its own
    await _told(url, {**alert, "status": "resolved", "endsAt": datetime.now(UTC).isoformat()})
    return took, logs


async def _told(url: str, alert: Mapping[str, object]) -> float:
    """Seconds from the webhook until all that comes of it stands on its cards."""
    looks = 'dutybot_events_total{kind="Look",outcome="handled"}'
    before, begun = await _number(url, looks), time.monotonic()
    await call(url, "POST", "/alerts/alertmanager", {"version": "4", "alerts": [alert]})
    async with asyncio.timeout(PATIENCE):
        while True:
            if await _number(url, looks) > before:
                break
            await asyncio.sleep(0.02)
    return time.monotonic() - begun


async def _number(url: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", await read_text(url, "/metrics"), re.MULTILINE)
    return float(found[1]) if found else 0.0
