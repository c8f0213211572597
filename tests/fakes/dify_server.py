"""A Dify that replays what a real one said, over a real socket; also run by itself, for the bench.

    python tests/fakes/dify_server.py FIXTURE MARK

prints where it listens, paces the fixture as it was captured, and adds MARK to its last words; GET /v1/stamps tells
when MARK was sent to each user, by the machine's monotonic clock.
"""

import asyncio
import json
import re
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

FIXTURES = Path(__file__).parents[1] / "fixtures" / "dify"


@dataclass
class Answer:
    """What to say to one request: pieces of the body, each after a pause."""

    status: int = 200
    headers: dict = field(default_factory=lambda: {"content-type": "text/event-stream; charset=utf-8"})
    pieces: list = field(default_factory=list)
    """(seconds to wait before, bytes)"""
    cut: bool = False
    """End by breaking the connection, not by ending the body."""
    hang: float = 0.0
    """Seconds of silence before the status line."""
    mark: bytes = b""
    """Noted when it is sent."""


def replay(name, paced=False, limit=None, cut=False, piece=None):
    """A captured response. `limit`: only so many bytes of it; `piece`: in pieces of so many bytes."""
    meta = json.loads((FIXTURES / f"{name}.meta.json").read_text()) if (FIXTURES / f"{name}.meta.json").exists() else {}
    response = meta.get("response", {"status": 200, "headers": {}})
    stream = FIXTURES / f"{name}.sse"
    body = (stream if stream.exists() else FIXTURES / f"{name}.json").read_bytes()[:limit]
    kind = "text/event-stream; charset=utf-8" if stream.exists() else "application/json"
    pieces, at, then = [], 0, 0.0
    if paced:
        for seconds, size in response["chunks"]:
            pieces.append((seconds - then, body[at : at + size]))
            at, then = at + size, seconds
    elif piece:
        pieces = [(0, body[n : n + piece]) for n in range(0, len(body), piece)]
    else:
        pieces = [(0, body)]
    return Answer(response["status"], {"content-type": kind}, pieces, cut)


def marked(name, mark):
    """A captured stream, event by event at its own pace, whose last words end with a mark."""
    body = (FIXTURES / f"{name}.sse").read_bytes()
    chunks = json.loads((FIXTURES / f"{name}.meta.json").read_text())["response"]["chunks"]
    events = [event + b"\n\n" for event in body.split(b"\n\n") if event]
    said = [n for n, event in enumerate(events) if b'"event":"message"' in event and b'"answer":""' not in event]
    pieces, then, passed, place = [], 0.0, 0, 0
    for n, event in enumerate(events):
        passed += len(event)
        while place < len(chunks) - 1 and sum(size for _, size in chunks[: place + 1]) < passed:
            place += 1
        told = json.loads(event[6:]) if event.startswith(b"data: ") else {}
        if n == said[-1]:
            told["answer"] += mark
        if told.get("event") == "workflow_finished":
            told["data"]["outputs"]["answer"] += mark
        pieces.append((chunks[place][0] - then, b"data: " + json.dumps(told).encode() + b"\n\n" if told else event))
        then = chunks[place][0]
    return Answer(pieces=pieces, mark=mark.encode())


def retold(name, kind, **data):
    """A captured stream, with other data in its events of one kind."""
    events = []
    for event in (FIXTURES / f"{name}.sse").read_bytes().split(b"\n\n"):
        told = json.loads(event[6:]) if event.startswith(b"data: ") else {}
        if told.get("event") == kind:
            told["data"] |= data
        events.append(b"data: " + json.dumps(told).encode() if told else event)
    return Answer(pieces=[(0, b"\n\n".join(events))])


def plain(status, body=b"", content_type="text/html", **headers):
    """An answer that is no stream."""
    raw = json.dumps(body).encode() if isinstance(body, dict) else body
    if isinstance(body, dict):
        content_type = "application/json"
    return Answer(
        status, {"content-type": content_type, **{k.replace("_", "-"): v for k, v in headers.items()}}, [(0, raw)]
    )


class DifyServer:
    """Answers each request with the next answer queued for its path (a regular expression), the last one for ever."""

    def __init__(self):
        self.requests = []
        self._routes = []
        self._server = None
        self._connections = set()
        self.stamps = {}
        self.open = 0
        self.most_open = 0

    def on(self, path, *answers, method=None):
        self._routes.insert(0, (method, re.compile(path), list(answers)))
        return self

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    async def start(self, port=0):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, backlog=1024)
        return self

    async def stop(self):
        self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def __aenter__(self):
        return await self.start()

    async def __aexit__(self, *_):
        await self.stop()

    def _answer(self, method, path):
        for wanted, pattern, answers in self._routes:
            if pattern.search(path) and wanted in {None, method}:
                return answers.pop(0) if len(answers) > 1 else answers[0]
        if path.endswith("/stop"):
            return plain(200, {"result": "success"})
        return plain(404, {"code": "not_found", "message": "no such path", "status": 404})

    async def _serve(self, reader, writer):
        self._connections.add(asyncio.current_task())
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(asyncio.current_task())
            writer.close()

    async def _one(self, reader, writer):
        line = (await reader.readline()).decode()
        if not line:
            return False
        method, target, _ = line.split()
        headers = {}
        while (raw := (await reader.readline()).decode().strip()) != "":
            name, _, value = raw.partition(":")
            headers[name.lower()] = value.strip()
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        try:
            sent = json.loads(body) if body else None
        except ValueError:
            sent = body
        parts = urlsplit(target)
        self.requests.append(
            {"method": method, "path": parts.path, "query": parts.query, "headers": headers, "json": sent}
        )
        answer = self._answer(method, parts.path)
        if parts.path == "/v1/stamps":
            answer = plain(200, self.stamps)
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            return await self._say(writer, answer, sent.get("user", "") if isinstance(sent, dict) else "")
        finally:
            self.open -= 1

    async def _say(self, writer, answer, user):
        if answer.hang:
            await asyncio.sleep(answer.hang)
        head = {**answer.headers, "transfer-encoding": "chunked"}
        lines = [f"HTTP/1.1 {answer.status} X", *(f"{name}: {value}" for name, value in head.items())]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n")
        for seconds, piece in answer.pieces:
            if seconds > 0:
                await writer.drain()
                await asyncio.sleep(seconds)
            if answer.mark and answer.mark in piece:
                self.stamps.setdefault(user, time.monotonic())
            if piece:
                writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        await writer.drain()
        if answer.cut:
            writer.transport.abort()
            return False
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True


async def main(name, mark):
    server = DifyServer().on("/chat-messages$", marked(name, mark))
    await server.start()
    print(server.url, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3]))
