"""The playground: the pretend shop served over HTTP, with faults to choose and alerts that are posted."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.playground import alertmanager_api, loki_api, prometheus_api
from bot.playground.alarm_rules import RULES
from bot.playground.alarms import Alarms, iso, told
from bot.playground.bundle import Bundle
from bot.playground.faults import Fault, all_faults
from bot.playground.forms import number
from bot.playground.kube import api as kubernetes_api
from bot.playground.serving import Serving, away
from bot.playground.shop.shop import Shop, ShopLogs
from bot.playground.world.agenda import Clock, FastClock

RULE_SECONDS = 10.0


class Playground:
    """A pretend cluster behind real addresses. Use it with `async with`.

    The clock gives Unix seconds, and may run faster than the wall. Alerts are posted to `alert_url`
    as Alertmanager does.
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        clock: Clock | None = None,
        alert_url: str = "",
        alert_headers: dict[str, str] | None = None,
        ports: tuple[int, int, int, int] = (0, 0, 0, 0),
        host: str = "127.0.0.1",
        tick: float = 0.5,
        bundle: Bundle | None = None,
    ) -> None:
        import time

        self.clock: Clock = clock or (FastClock(time.time()) if bundle is None else lambda: bundle.now)
        self.seed, self.ports, self.host, self.tick, self.bundle = seed, ports, host, tick, bundle
        self.alert_url, self.alert_headers = alert_url, dict(alert_headers or {})
        self.serving = Serving()
        self.faults: dict[str, Fault] = {}
        self.broken: list[str] = []
        self.prometheus_url = self.loki_url = self.kubernetes_url = self.alertmanager_url = ""
        self._shop: Shop | None = None
        self._alarms: Alarms | None = None
        self._beat: asyncio.Task[None] | None = None

    @classmethod
    def from_bundle(cls, path: Path | str) -> Self:
        """A playground that serves one kept case: its time stands still, and what the case lacks answers 503."""
        return cls(bundle=Bundle.read(Path(path)))

    @property
    def shop(self) -> Shop:
        """The shop behind it; a kept case has none."""
        assert self._shop is not None, "a kept case has no shop"
        return self._shop

    @property
    def alarms(self) -> Alarms:
        """The alerts behind it."""
        assert self._alarms is not None, "a kept case has no alerts of its own"
        return self._alarms

    @property
    def story(self) -> str:
        """What is going on, and what would heal it."""
        if not self.broken:
            return "All is well in the shop."
        return " ".join(f"{self.faults[name].story} To heal it: {self.faults[name].repair}." for name in self.broken)

    async def __aenter__(self) -> Self:
        if self.bundle is not None:
            await self._serve_bundle(self.bundle)
            return self
        self._shop = shop = await asyncio.to_thread(Shop.open, self.clock, self.seed)
        self.faults = all_faults()
        self._alarms = alarms = Alarms(shop.metrics, lambda: shop.world.now)
        alarms.revised = shop.world.touch
        shop.serve(alarms.family())
        shop.world.agenda.after(RULE_SECONDS, self._rules)
        advance = shop.world.advance
        behind = kubernetes_api.Behind(
            shop.world.cluster, advance, shop.world.settle, shop.world.remove, shop.world.logs
        )
        series = prometheus_api.PrometheusBehind(
            shop.metrics,
            self.clock,
            advance,
            self._told_rules,
            self._told_alerts,
            self._targets,
            {each.name: (each.kind, each.help) for each in shop.metrics.families.values()},
        )
        lines = loki_api.LokiBehind(ShopLogs(shop), self.clock, advance)
        await self._start(
            prometheus_api.application(series),
            loki_api.application(lines),
            kubernetes_api.application(behind),
            alertmanager_api.application(alarms),
        )
        self._beat = asyncio.create_task(self._live())
        return self

    async def _serve_bundle(self, bundle: Bundle) -> None:
        series, lines, objects = bundle.prometheus(), bundle.loki(), bundle.kubernetes()
        await self._start(
            prometheus_api.application(series) if series else away("no metrics were kept in this case"),
            loki_api.application(lines) if lines else away("no logs were kept in this case"),
            kubernetes_api.application(objects) if objects else away("no objects were kept in this case"),
            away("no Alertmanager was kept in this case"),
        )

    async def _start(self, prometheus: Starlette, loki: Starlette, kubernetes: Starlette, alerts: Starlette) -> None:
        for application in (prometheus, loki, kubernetes, alerts):
            application.router.routes.insert(
                0, Route("/playground/faults", self._control, methods=["GET", "POST", "DELETE"])
            )
        self.prometheus_url = await self.serving.start(prometheus, self.ports[0], self.host)
        self.loki_url = await self.serving.start(loki, self.ports[1], self.host)
        self.kubernetes_url = await self.serving.start(kubernetes, self.ports[2], self.host)
        self.alertmanager_url = await self.serving.start(alerts, self.ports[3], self.host)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._beat is not None:
            self._beat.cancel()
            with suppress(asyncio.CancelledError):
                await self._beat
        await self.serving.stop()

    async def break_(self, name: str) -> Fault:
        """A fault begins."""
        fault = self._fault(name)
        if name not in self.broken:
            self.shop.world.advance()
            fault.start(self.shop)
            self.broken.append(name)
        return fault

    async def mend(self, name: str) -> Fault:
        """A fault ends, and what it broke is put back."""
        fault = self._fault(name)
        if name in self.broken:
            self.shop.world.advance()
            fault.stop(self.shop)
            self.broken.remove(name)
        return fault

    def _fault(self, name: str) -> Fault:
        if name not in self.faults:
            raise KeyError(f"there is no fault {name!r}; there are: {', '.join(sorted(self.faults))}")
        return self.faults[name]

    async def _live(self) -> None:
        """Time passes even when nobody asks; alerts are posted."""
        async with httpx.AsyncClient(timeout=10, headers=self.alert_headers) as client:
            while True:
                self.shop.world.advance()
                for message in self.alarms.webhook(self.alertmanager_url):
                    if self.alert_url:
                        with suppress(httpx.HTTPError):
                            await client.post(self.alert_url, json=message)
                await asyncio.sleep(self.tick)

    def _rules(self) -> None:
        self.alarms.evaluate()
        behind = self.clock() - self.shop.world.now  # after the machine slept, the past is caught up in large steps
        self.shop.world.agenda.after(max(RULE_SECONDS, behind / 60), self._rules)

    async def _control(self, request: Request) -> Response:
        """See, begin and end faults over HTTP."""
        if self.bundle is not None:
            return JSONResponse({"error": "a kept case has no faults to choose"}, 404)
        if request.method != "GET":
            body = await request.json() if await request.body() else {}
            name = str(body.get("fault") or request.query_params.get("fault", ""))
            try:
                await (self.break_(name) if request.method == "POST" else self.mend(name))
            except KeyError as wrong:
                return JSONResponse({"error": wrong.args[0]}, 404)
        told = {
            name: {"active": name in self.broken, "alert": fault.alert, "story": fault.story, "repair": fault.repair}
            for name, fault in self.faults.items()
        }
        return JSONResponse({"faults": told, "story": self.story, "now": self.shop.world.now})

    def _told_rules(self) -> Any:
        rules = []
        for rule in RULES:
            active = [alarm for alarm in self.alarms.active.values() if alarm.rule is rule]
            state = "firing" if any(alarm.fired for alarm in active) else "pending" if active else "inactive"
            rules.append(
                {
                    "name": rule.name,
                    "query": rule.expression,
                    "duration": rule.wait,
                    "state": state,
                    "health": "ok",
                    "type": "alerting",
                    "labels": {"severity": rule.severity},
                    "annotations": dict(rule.annotations),
                    "alerts": [alert for alert in self._told_alerts() if alert["labels"]["alertname"] == rule.name],
                    "lastEvaluation": iso(self.shop.world.now),
                    "evaluationTime": 0.001,
                    "keepFiringFor": 0,
                }
            )
        return [{"name": "shop", "file": "shop.yaml", "interval": RULE_SECONDS, "rules": rules}]

    def _told_alerts(self) -> Any:
        found = []
        for alarm in self.alarms.active.values():
            one = told(alarm, self.prometheus_url)
            found.append(
                {
                    "labels": one["labels"],
                    "annotations": one["annotations"],
                    "state": "firing" if alarm.fired else "pending",
                    "activeAt": iso(alarm.since),
                    "value": number(alarm.value),
                }
            )
        return found

    def _targets(self) -> Any:
        return [
            {
                "labels": {key: value for key, value in line.labels.items() if key != "__name__"},
                "discoveredLabels": {},
                "scrapePool": line.labels["job"],
                "health": "up",
                "lastError": "",
                "scrapeUrl": f"http://{line.labels['instance']}/metrics",
                "scrapeInterval": "15s",
                "lastScrape": iso(self.shop.world.now),
            }
            for line in self.shop.metrics.lines("up")
            if line.died is None
        ]


Wait = Callable[[], bool]
