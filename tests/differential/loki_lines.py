"""Lines made for comparing: JSON, logfmt, plain text with stacks, and lines that no parser can read."""

import json
import math
import time
from collections.abc import Iterator

from bot.playground.logql import Entry, Stream
from bot.playground.logql.streams import KeptStreams

BEGIN = (int(time.time()) // 86400 - 20) * 86400
"""Midnight, some days ago: Loki is asked only about the last year."""
END = BEGIN + 1800

Line = tuple[float, str, dict[str, str]]


def streams() -> Iterator[tuple[dict[str, str], list[Line]]]:
    """All streams: labels, and lines with their times and further labels."""
    for number, pod in enumerate(("cart-1", "cart-2")):
        yield _named("cart", pod, "info"), [_line(_access(n, number), n, number) for n in range(300)]
    for number, pod in enumerate(("order-1", "order-2")):
        yield _named("order", pod, "info"), [_line(_logfmt(n, number), n, 5 + number) for n in range(400)]
        yield _named("order", pod, "error"), [_line(_stack(n), n * 7, 9 + number) for n in range(40)]
    yield _named("strange", "strange-1", "info"), _strange()
    yield _named("user", "user-1", "warn"), [_line(_mixed(n), n * 3, 13) for n in range(120)]


def _strange() -> list[Line]:
    lines = (
        '{"a":"","b":null,"c":{},"d":[],"e":1.50,"f":1e3,"g":"x\\ny","h-i.j":"k","1z":0,"A b":1,"n":{"m-o":{"p":1}}}',
        'a= b="" c="x\\"y" d="z" e f=1 =g h==2 "quoted"=3 k.l-m=4',
        '{"app":"inner","a":"1","a":"2"}',
        'a=1 a=2 bad" x=5',
        "",
        "   ",
        '{"_entry":"packed line","pod":"p1","level":"warn","count":3}',
        '["a", 1]',
        'msg="no end',
        "t=1.5h d=-3s s=12KiB b=1,5",
    )
    return [(BEGIN + 100.0 + place, text, {}) for place, text in enumerate(lines)]


def _named(app: str, pod: str, severity: str) -> dict[str, str]:
    return {"app": app, "service_name": app, "namespace": "shop", "pod": pod, "container": app, "severity": severity}


def _line(text: str, place: int, shift: int) -> Line:
    more = {"trace": f"t{place % 11}"} if place % 4 == 0 else {}
    return BEGIN + place * 4.5 + shift / 16, text, more


def _access(n: int, number: int) -> str:
    told = {
        "level": "error" if n % 9 == 0 else "info",
        "status": 500 if n % 9 == 0 else 200,
        "took": round(12.5 + 10 * math.sin(n), 3),
        "path": f"/cart/{n % 5}",
        "ok": n % 9 != 0,
        "user": {"id": n % 7, "name": "李雷" if n % 2 else "Han Meimei", "tags": ["a", "b"]},
        "none": None,
        "pod": f"inner-{number}",
    }
    return json.dumps(told, ensure_ascii=False)


def _logfmt(n: int, number: int) -> str:
    wait = f"{n % 13 * 7.5:g}ms" if n % 13 else "1.5s"
    return (
        f'ts={n} level={"warn" if n % 6 == 0 else "info"} msg="order number {n % 10} served" '
        f"status={200 + 300 * (n % 17 == 0)} "
        f"duration={wait} size={n % 8}KB items={n % 5} empty= number={number}"
    )


def _stack(n: int) -> str:
    if n % 3 == 0:
        return (
            f"2023-11-15 00:00:{n:02d} ERROR [pool-{n}] java.sql.SQLException: Connection is not available, "
            f"request timed out after 30{n}ms\n\tat zaxxer.hikari.pool.HikariPool.getConnection(HikariPool.java:179)"
        )
    if n % 3 == 1:
        return f"panic: runtime error: index out of range [{n}] with length {n}\n\ngoroutine {n} [running]:"
    return f'10.0.0.{n} - - [15/Nov/2023] "GET /orders/{n} HTTP/1.1" 503 {n * 11} "-" "curl/8"'


def _mixed(n: int) -> str:
    return (
        f'{{"level":"warn","value":"{n}"}}',
        "no structure at all " + "x" * (n % 5),
        '{"broken": ',
        f"value={n} text=plain",
    )[n % 4]


def push(server) -> None:
    """All of it into a real Loki."""
    server.push_streams(
        (labels, [(at, text, more) if more else (at, text) for at, text, more in lines]) for labels, lines in streams()
    )


def kept() -> KeptStreams:
    """All of it as a source for our own engine; Loki adds the level that it detects, here that of the label."""
    return KeptStreams(
        [
            Stream(
                labels,
                [
                    Entry(round(at * 1e9), text, {**more, "detected_level": labels["severity"]})
                    for at, text, more in lines
                ],
            )
            for labels, lines in streams()
        ]
    )
