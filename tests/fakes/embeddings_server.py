"""A pretend OpenAI embeddings server: a vector of the words of each text, so that like texts are near. Can be busy."""

import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

WIDTH = 64


class EmbeddingsServer:
    """`busy` replies 429 so often before it works; `broken` replies something else entirely."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.busy = 0
        self.broken = ""
        self.width = WIDTH
        self.url = ""

    def reply(self, asked: dict[str, Any]) -> tuple[int, str]:
        if self.busy:
            self.busy -= 1
            return 429, "{}"
        if self.broken:
            return 200, self.broken
        texts = asked["input"]
        self.asked.append(texts)
        rows = [{"index": i, "embedding": self._vector(text)} for i, text in enumerate(texts)]
        return 200, json.dumps({"data": rows[::-1], "model": asked["model"]})

    def _vector(self, text: str) -> list[float]:
        vector = [0.001] * self.width
        for word in text.lower().split():
            vector[zlib.crc32(word.encode()) % self.width] += 1.0
        return vector


@contextmanager
def embeddings_server() -> Iterator[EmbeddingsServer]:
    server = EmbeddingsServer()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status, text = server.reply(json.loads(body))
            self.send_response(status)
            self.send_header("retry-after", "0")
            self.send_header("content-length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.url = f"http://127.0.0.1:{http.server_port}/v1"
    thread = Thread(target=http.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
