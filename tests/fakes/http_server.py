"""A pretend web server for fakes: a function answers, and faults can be put in its way."""

import json
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Asked:
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]
    raw: bytes = b""


@dataclass
class Fault:
    """What goes wrong with the next request."""

    kind: Literal["status", "half", "drop"]
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)


Answer = tuple[int, Any]


class HttpServer:
    """`faults` are used up, one for each request; `asked` keeps all requests."""

    def __init__(self, answer: Callable[[Asked], Answer], headers: dict[str, str] | None = None) -> None:
        self.answer = answer
        self.headers = headers or {}
        self.faults: deque[Fault] = deque()
        self.asked: list[Asked] = []
        self.url = ""

    def count(self, path: str) -> int:
        return sum(1 for one in self.asked if path in one.path)


class _Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    """A reply goes out in two writes: the second would wait 40 ms for the first to be acknowledged."""
    fake: HttpServer

    def _serve(self) -> None:
        split = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        asked = Asked(
            self.command,
            split.path,
            dict(parse_qsl(split.query)),
            _read(raw),
            {name.lower(): value for name, value in self.headers.items()},
            raw,
        )
        self.fake.asked.append(asked)
        fault = self.fake.faults.popleft() if self.fake.faults else None
        if fault and fault.kind == "drop":
            self.close_connection = True
            return
        status, body = (
            (fault.status, {"error": "fault"}) if fault and fault.kind == "status" else self.fake.answer(asked)
        )
        text = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {**self.fake.headers, **(fault.headers if fault else {})}.items():
            self.send_header(name, value)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        if fault and fault.kind == "half":
            self.wfile.write(text[: len(text) // 2])
            self.close_connection = True
        elif self.command != "HEAD":
            self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _serve

    def log_message(self, *_: object) -> None:
        pass


def _read(raw: bytes) -> Any:
    """JSON; None where there is none, or one a line."""
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return None


@contextmanager
def serve(answer: Callable[[Asked], Answer], headers: dict[str, str] | None = None) -> Iterator[HttpServer]:
    fake = HttpServer(answer, headers)
    door = type("Door", (_Door,), {"fake": fake})
    http = ThreadingHTTPServer(("127.0.0.1", 0), door)
    http.daemon_threads = True
    fake.url = f"http://127.0.0.1:{http.server_port}"
    Thread(target=http.serve_forever, daemon=True, kwargs={"poll_interval": 0.02}).start()
    try:
        yield fake
    finally:
        http.shutdown()
        http.server_close()
