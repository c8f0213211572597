"""Raw bytes for every HTTP door: requests that are right, and what becomes of them when each part may be wrong."""

import base64
import gzip
import hashlib
import hmac
import json
import random
import time
from dataclasses import dataclass
from uuid import uuid4

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from tests.fakes.feishu_server import said

TOKEN = "a-token-of-sixteen-letters"
BEARER = {"authorization": f"Bearer {TOKEN}"}
ALERT = {"status": "firing", "labels": {"alertname": "A"}, "startsAt": "2026-11-22T12:00:00Z"}
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
TALKS = {**BEARER, "accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-06-18"}
HEARD = said("hello")
SAID = {**HEARD, "header": {**HEARD["header"], "token": "v"}}
RETRIEVAL = {"knowledge_id": "k", "query": "pool", "retrieval_setting": {"top_k": 2, "score_threshold": 0.1}}


@dataclass(frozen=True)
class Door:
    """One address, and a body that it takes."""

    method: str
    path: str
    headers: dict
    body: object = None

    def raw(self):
        return b"" if self.body is None else json.dumps(self.body).encode()


DOORS = (
    *(
        Door("GET", path, {})
        for path in ("/", "/healthz", "/readyz", "/metrics", "/web/me", "/web/threads", "/web/events")
    ),
    Door("POST", "/web/me", {}, {"seat": "asker", "language": "en"}),
    Door("POST", "/web/messages", {"x-csrf-token": "x"}, {"key": "k", "text": "/help"}),
    Door("POST", "/web/decisions", {"x-csrf-token": "x"}, {"key": "k", "approval_id": "a", "granted": True}),
    Door("POST", "/alerts/alertmanager", BEARER, {"version": "4", "alerts": [ALERT]}),
    Door("POST", "/alerts/grafana", BEARER, {"alerts": [ALERT], "receiver": None}),
    Door("POST", "/slack/events", {}, {"type": "event_callback", "event": {"type": "app_mention"}}),
    Door("POST", "/feishu/events", {}, SAID),
    Door("POST", "/mcp", TALKS, CALL),
    Door("GET", "/tools/openapi.json", BEARER),
    Door("POST", "/tools/search_kb", BEARER, {"query": "pool"}),
    Door("POST", "/tools/propose_plan", BEARER, {"title": "T", "steps_json": "[]"}),
    Door("POST", "/knowledge/retrieval", BEARER, RETRIEVAL),
)


def by_slack(raw):
    """As Slack signs whatever it sends."""
    stamp = str(int(time.time()))
    mark = hmac.new(b"shhh", b"v0:" + stamp.encode() + b":" + raw, hashlib.sha256).hexdigest()
    return raw, {"x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={mark}"}


def by_feishu(raw):
    """As Feishu seals whatever it sends."""
    padder = PKCS7(128).padder()
    cipher = Cipher(algorithms.AES(hashlib.sha256(b"k").digest()), modes.CBC(b"0" * 16)).encryptor()
    told = b"0" * 16 + cipher.update(padder.update(raw) + padder.finalize()) + cipher.finalize()
    body, stamp, nonce = (
        json.dumps({"encrypt": base64.b64encode(told).decode()}).encode(),
        str(int(time.time())),
        uuid4().hex,
    )
    mark = hashlib.sha256(f"{stamp}{nonce}k".encode() + body).hexdigest()
    return body, {"x-lark-request-timestamp": stamp, "x-lark-request-nonce": nonce, "x-lark-signature": mark}


SIGNERS = {"/slack/events": by_slack, "/feishu/events": by_feishu}
BOMB = gzip.compress(b"0" * 20_000_000)
DEEP = {b"[" * 200_000, b'{"a":' * 100_000, b"[" * 2000 + b"]" * 2000, b'{"alerts":' + b"[" * 60_000}
STRANGE = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 200,
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\x04\0\0\0\0\0",
    b"GET / HTTP/9.9\r\n\r\n",
    b"\0" * 5000,
    b"GET\r\n\r\n",
    b"GET / HTTP/1.1\nhost: x\n\n",
    b"\r\n" * 4000,
    b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
    b"CONNECT 169.254.169.254:80 HTTP/1.1\r\nhost: x\r\n\r\n",
    b"GET http://169.254.169.254/latest HTTP/1.1\r\nhost: 169.254.169.254\r\n\r\n",
    b"GET /%00%ff%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nhost: localhost\r\n\r\n",
    b"GET /\xff\xfe\xc3\x28 HTTP/1.1\r\nhost: localhost\r\n\r\n",
)


class Fuzz:
    """Draws one request after another; the same seed draws the same."""

    def __init__(self, seed, seat):
        """`seat`: the headers of somebody who sits at the page."""
        self.chance = random.Random(seed)
        self.seat = seat

    def draw(self):
        if self.chance.random() < 0.05:
            return self.chance.choice(STRANGE)
        door = self.chance.choice(DOORS)
        headers = {"host": "localhost", "connection": "close", **door.headers}
        body, how = self.body(door.raw()), self.chance.randrange(8)
        if door.path.startswith("/web"):
            headers |= self.seat
        if door.path in SIGNERS and self.chance.random() < 0.8:
            body, signed = SIGNERS[door.path](body)
            headers |= signed
        if door.body is not None:
            headers["content-type"] = self.chance.choice(
                ["application/json"] * 4 + ["text/plain", "multipart/form-data; boundary=b"]
            )
        if how == 0:
            headers |= self.hostile()
        lines = [f"{self.method(door.method)} {self.path(door.path)} HTTP/1.1".encode("utf-8", "surrogateescape")]
        lines += [f"{name}: {value}".encode("utf-8", "surrogateescape") for name, value in headers.items()]
        return self.framed(b"\r\n".join(lines), body, how)

    def framed(self, head, body, how):
        """With a length that is right, or wrong, or told twice, or in chunks that do not add up."""
        match how:
            case 1:
                wrong = self.chance.choice(
                    ["-5", "1e9", "99999999999999999999", "5, 6", "0x10", " ", str(len(body) + 9), "²"]
                )
                return head + f"\r\ncontent-length: {wrong}\r\n\r\n".encode() + body
            case 2:
                sizes = self.chance.choice([b"fffffffffffffffff", b"-1", b"zz", b"5;a=b", b"%x" % len(body), b"0"])
                return head + b"\r\ntransfer-encoding: chunked\r\n\r\n" + sizes + b"\r\n" + body + b"\r\n0\r\n\r\n"
            case 3:
                both = b"\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n"
                return head + both + b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"
            case 4:
                return self.flipped(head + b"\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
            case 5:
                whole = head + b"\r\ncontent-length: %d\r\n\r\n" % len(body) + body
                return whole[: self.chance.randrange(1, len(whole))]
            case _:
                return head + b"\r\ncontent-length: %d\r\n\r\n" % len(body) + body

    def flipped(self, raw):
        kept = bytearray(raw)
        for _ in range(self.chance.randrange(1, 12)):
            kept[self.chance.randrange(len(kept))] = self.chance.randrange(256)
        return bytes(kept)

    def method(self, method):
        return (
            method
            if self.chance.random() < 0.9
            else self.chance.choice(["PUT", "TRACE", "OPTIONS", "get", "A" * 300, "é"])
        )

    def path(self, path):
        more = ["?a=%ff", "/..%2f..", "?" + "q=1&" * 900, "#x", "%00", ";x", "?lang=\udcff"]
        return path if self.chance.random() < 0.85 else path + self.chance.choice(more)

    def hostile(self):
        return self.chance.choice([
            {"x-long": "a" * self.chance.choice([20_000, 40_000, 200_000])},
            {f"x-{number}": "v" for number in range(1500)},
            {"cookie": "dutybot=" + "x" * 4000 + "; a=\udcff"},
            {"content-encoding": "gzip"},
            {"host": "evil.example\udcfe"},
            {"authorization": "Bearer \udcc3("},
            {"authorization": "Basic " + "=" * 90},
            {"x-slack-request-timestamp": "²³" * 20},
            {"x-lark-request-timestamp": "١٢٣"},
            {"upgrade": "websocket", "connection": "upgrade", "sec-websocket-key": "x"},
            {"expect": "100-continue"},
            {"mcp-session-id": "x" * 3000, "last-event-id": "-1"},
            {"accept-language": "zh;q=1e999,en;q=nan,\udcff"},
            {"origin": "null", "sec-fetch-site": "cross-site"},
            {"": "no name"},
        ])  # fmt: skip

    def body(self, right):
        match self.chance.randrange(9):
            case 0:
                return self.chance.choice(sorted(DEEP))
            case 1:
                return BOMB
            case 2:
                return self.chance.randbytes(self.chance.randrange(3000))
            case 3:
                return right.replace(b'"', b'"\xff\xfe', 3)
            case 4 if right:
                return self.flipped(right)
            case 5:
                return self.chance.choice(
                    [b"null", b"7", b'"x"', b"[]", b"{}", b"NaN", b'{"a":1e999}', b"\xef\xbb\xbf{}", b" " * 300_000]
                )
            case 6:
                return json.dumps(self.strange(json.loads(right))).encode() if right else b""
            case _:
                return right

    def strange(self, value):
        """The same, with something else in one of its places."""
        if isinstance(value, dict) and value and self.chance.random() < 0.8:
            key = self.chance.choice(sorted(value))
            return {**value, key: self.strange(value[key])}
        odd = [
            None,
            7,
            -1,
            1.5,
            True,
            "",
            "x" * 50_000,
            "\ud800",
            "\0",
            [],
            {},
            [[]],
            {"a": None},
            10**400,
            "2026-13-45T99:99:99Z",
        ]
        return self.chance.choice(odd)
