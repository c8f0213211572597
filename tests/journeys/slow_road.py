"""A road to the API server on which writes can be held up: to kill the bot at the worst moment."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx


class SlowRoad:
    """Passes everything on to the API server; writes wait while `closed`, before or after they were passed on."""

    def __init__(self, kube):
        self.client = httpx.Client(base_url=kube.url, verify=str(kube.ca), headers=kube.client.headers, timeout=30)
        self.cert = kube.client
        self.open = threading.Event()
        self.open.set()
        self.after = False
        self.arrived = threading.Event()
        self.writes = []
        road = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.pass_on()

            do_PATCH = do_POST = do_PUT = do_DELETE = do_GET

            def pass_on(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                write = self.command != "GET" and "dryRun=All" not in self.path
                if write and not road.after:
                    road.arrived.set()
                    road.open.wait(60)
                headers = {"content-type": self.headers.get("content-type") or "application/json"}
                answer = road.cert.request(self.command, self.path, content=body or None, headers=headers)
                if write:
                    road.writes.append((self.command, self.path, answer.status_code))
                    road.arrived.set()
                    road.open.wait(60)
                try:
                    self.send_response(answer.status_code)
                    self.send_header("content-type", answer.headers.get("content-type", "application/json"))
                    self.send_header("content-length", str(len(answer.content)))
                    self.end_headers()
                    self.wfile.write(answer.content)
                except OSError:
                    self.close_connection = True

            def log_message(self, *args):
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self, *, after):
        """From now on writes are held up: before the API server has them, or after."""
        self.after = after
        self.arrived.clear()
        self.open.clear()

    def stop(self):
        self.open.set()
        self.server.shutdown()
