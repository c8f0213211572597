"""The shop as real servers see it: metrics for a Prometheus to scrape, lines pushed to a Loki."""

import asyncio
import math
from collections.abc import Callable, Mapping

import httpx
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.playground.promql.frames import is_stale
from bot.playground.shop.metrics import Metrics
from bot.playground.shop.shop import ShopLogs

LOOK_BACK = 60.0
PUSH_EVERY = 2.0
MOST_BEHIND = 30.0
"""Seconds of lines that are pushed at most after Loki was away."""
ESCAPED = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})
log = structlog.get_logger()


def exposed(metrics: Metrics, now: float) -> str:
    """Every series with its newest value, in Prometheus' text format; what has ended is left out."""
    told = []
    for family in metrics.families.values():
        if not family.name.islower():
            continue  # ALERTS belongs to whoever evaluates the rules
        if family.kind in {"counter", "gauge"}:
            told.append(f"# TYPE {family.name} {family.kind}")
        series = metrics.select(lambda _: True, family.name, int((now - LOOK_BACK) * 1000), int(now * 1000))
        there = [each for each in series if not is_stale(each.values[-1:])[0]]
        told += [f"{family.name}{_labels(each.labels)} {_number(float(each.values[-1]))}" for each in there]
    return "\n".join(told) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    pairs = ",".join(f'{name}="{value.translate(ESCAPED)}"' for name, value in labels.items() if name != "__name__")
    return f"{{{pairs}}}" if pairs else ""


def _number(value: float) -> str:
    return "NaN" if math.isnan(value) else f"{value:.12g}"


def scraped(metrics: Metrics, now: Callable[[], float], advance: Callable[[], None]) -> Starlette:
    """`/metrics`, to be scraped with honor_labels: the series bring the labels of their own targets."""

    async def tell(_request: Request) -> Response:
        advance()
        return PlainTextResponse(exposed(metrics, now()), media_type="text/plain; version=0.0.4")

    return Starlette(routes=[Route("/metrics", tell)])


async def push(lines: ShopLogs, url: str, now: Callable[[], float]) -> None:
    """What the shop says from now on, to Loki, until cancelled; while Loki is away the oldest is let go."""
    sent = now()
    async with httpx.AsyncClient(timeout=10) as client:
        while True:
            await asyncio.sleep(PUSH_EVERY)
            until = now()
            try:
                await _push(client, url, lines, max(sent, until - MOST_BEHIND), until)
                sent = until
            except httpx.HTTPError as error:
                log.warning("the shop's lines wait for Loki", why=str(error))


async def _push(client: httpx.AsyncClient, url: str, lines: ShopLogs, since: float, until: float) -> None:
    streams = [
        {"stream": dict(each.labels), "values": [[str(entry.at), entry.line] for entry in each.entries]}
        for each in lines.streams(lambda _: True, int(since * 1e9), int(until * 1e9))
    ]
    if streams:
        (await client.post(f"{url}/loki/api/v1/push", json={"streams": streams})).raise_for_status()
