"""A Feishu over real sockets: token, messages, pictures, people, and the long connection with the SDK's own frames."""

import asyncio
import base64
import hashlib
import json
import time
import uuid
from collections import defaultdict

from aiohttp import WSMsgType, web
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from bot.talk.channels.feishu.scopes import CALLBACKS, EVENTS, SCOPES
from tests.fakes.feishu_frames import Frame
from tests.fakes.feishu_rules import walk, wrong

KEY, TOKEN = "an-encrypt-key", "a-verification-token"
PEOPLE = {
    "ou_lin": {"name": "林", "email": "lin@example.com", "department_ids": ["od-1"]},
    "ou_chen": {"name": "陈", "email": "chen@example.com", "department_ids": ["od-sre"]},
    "ou_zhao": {"name": "赵", "email": "zhao@example.com", "department_ids": ["od-sre"]},
}


class FeishuServer:
    """`trouble[path end]` is a list of (status, body, headers) to answer with first."""

    def __init__(self):
        self.calls = []
        self.messages = {}
        self.cards = {}
        """Entities: by id their `content` as a reader sees it, `streaming`, the last `sequence`, and all `updates`."""
        self.commands = []
        """The panel of slash commands."""
        self.urgent = []
        self.groups = {}
        """Members of group chats and user groups, by id."""
        self.scopes = [{"scope_name": name, "grant_status": 1} for name in SCOPES]
        self.app = {
            "event": {"subscription_type": "websocket", "subscribed_events": list(EVENTS)},
            "callback_info": {"callback_type": "websocket", "subscribed_callbacks": list(CALLBACKS)},
        }
        self.trouble = defaultdict(list)
        self.tokens = 0
        self.slow = {}
        self.opened = 0
        self.pings = 0
        self.token = ""
        self._names = {}
        self._sockets = []
        self._waiters = {}

    async def __aenter__(self):
        app = web.Application(client_max_size=2**24)
        app.router.add_post("/callback/ws/endpoint", self._endpoint)
        app.router.add_get("/ws", self._link)
        app.router.add_route("*", "/open-apis/{tail:.*}", self._api)
        self._runner = web.AppRunner(app, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self._port = site._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        return self

    async def __aexit__(self, *_):
        await self.drop()
        await self._runner.cleanup()

    async def drop(self):
        for socket in list(self._sockets):
            await socket.close()

    def called(self, end):
        return [told for path, told in self.calls if path.endswith(end)]

    async def push(self, body, split=1, timeout=3.0):
        """Send an event; returns (code, answer), or (None, None) when none came in time."""
        until = time.monotonic() + max(10, timeout)
        while not self._sockets and time.monotonic() < until:
            await asyncio.sleep(0.02)
        name, raw = uuid.uuid4().hex, json.dumps(body, ensure_ascii=False).encode()
        waiter = self._waiters[name] = asyncio.get_running_loop().create_future()
        step = -(-len(raw) // split)
        for place in range(split):
            frame = Frame()
            frame.method, frame.service, frame.SeqID, frame.LogID = 1, 7, 2**40, 1
            headers = {"type": "event", "message_id": name, "sum": str(split), "seq": str(place), "trace_id": "t"}
            for key, value in headers.items():
                header = frame.headers.add()
                header.key, header.value = key, value
            frame.payload = raw[place * step : (place + 1) * step]
            await self._sockets[-1].send_bytes(frame.SerializeToString())
        try:
            told = await asyncio.wait_for(waiter, timeout)
        except TimeoutError:
            return None, None
        return told["code"], json.loads(base64.b64decode(told["data"])) if told.get("data") else None

    async def _endpoint(self, request):
        self.opened += 1
        told = await request.json()
        if told["AppSecret"] != "secret":
            return web.json_response({"code": 10003, "msg": "invalid app"})
        url = f"ws://127.0.0.1:{self._port}/ws?device_id=d&service_id=7"
        return web.json_response({"code": 0, "data": {"URL": url, "ClientConfig": {"PingInterval": 1}}})

    async def _link(self, request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets.append(socket)
        async for message in socket:
            if message.type == WSMsgType.BINARY:
                frame = Frame()
                frame.ParseFromString(message.data)
                headers = {header.key: header.value for header in frame.headers}
                self.pings += headers["type"] == "ping"
                waiter = self._waiters.pop(headers.get("message_id"), None)
                if waiter and not waiter.done():
                    assert (frame.SeqID, frame.service, frame.method) == (2**40, 7, 1)
                    assert "biz_rt" in headers
                    waiter.set_result(json.loads(frame.payload))
        self._sockets.remove(socket)
        return socket

    async def _api(self, request):
        path = request.path.removeprefix("/open-apis")
        kind = request.headers.get("content-type", "")
        if "json" in kind:
            told = await request.json()
        else:
            form = await request.post() if "multipart" in kind else {}
            told = {key: value if isinstance(value, str) else value.file.read() for key, value in form.items()}
        self.calls.append((path, {**request.query, **told}))
        if path.endswith("tenant_access_token/internal"):
            self.tokens += 1
            self.token = f"t-{self.tokens}"
            return web.json_response({"code": 0, "tenant_access_token": self.token, "expire": 7200})
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return web.json_response({"code": 99991663, "msg": "token expired"}, status=400)
        for end, seconds in self.slow.items():
            if path.startswith(end):
                await asyncio.sleep(seconds)
        for end, waiting in self.trouble.items():
            if path.endswith(end) and waiting:
                status, body, headers = waiting.pop(0)
                return web.json_response(body, status=status, headers=headers)
        if "/resources/" in path:
            gone = path.endswith("gone")
            return web.json_response({"code": 234003}, status=400) if gone else web.Response(body=b"ERROR no memory")
        return web.json_response(
            {"code": 0, "msg": "ok", **self._answer(request.method, path, {**request.query, **told})}
        )

    def _answer(self, method, path, told):
        if path == "/bot/v3/info":
            return {"bot": {"open_id": "ou_bot", "app_name": "aiops"}}
        if path == "/contact/v3/users/find_by_department":
            inside = [name for name, each in sorted(PEOPLE.items()) if told["department_id"] in each["department_ids"]]
            start = int(told.get("page_token") or 0)
            more = {"has_more": start + 1 < len(inside), "page_token": str(start + 1)}
            return {"data": {"items": [{"open_id": name} for name in inside[start : start + 1]], **more}}
        if path.startswith("/contact/v3/users/"):
            user = PEOPLE.get(path.rpartition("/")[2])
            return {"data": {"user": user}} if user else {"code": 41050, "msg": "no authority"}
        if path == "/im/v1/images":
            return {"data": {"image_key": f"img_{len(self.called('/im/v1/images'))}"}}
        if path == "/im/v1/files":
            return {"data": {"file_key": "file_1"}}
        if answer := self._elsewhere(method, path, told):
            return answer
        if told.get("msg_type") == "interactive" and json.loads(told["content"]).get("type") == "card":
            card = self.cards[json.loads(told["content"])["data"]["card_id"]]
            return self._sent(path, told | {"content": card["content"], "card": card})
        found = wrong(told["content"]) if told.get("msg_type", "interactive") == "interactive" else []
        if found:
            return {"code": 230099, "msg": str(found)}
        if method == "PATCH":
            name = path.rpartition("/")[2]
            if name not in self.messages:
                return {"code": 230011, "msg": "the message was withdrawn"}
            assert "card" not in self.messages[name], "an entity is updated as one"
            self.messages[name] |= told
            return {}
        return self._sent(path, told)

    def _sent(self, path, told):
        if told.get("uuid") in self._names:
            return {"data": {"message_id": self._names[told["uuid"]], "chat_id": "oc_1"}}
        name = f"om_{len(self.messages) + 100}"
        root = path.split("/")[-2] if path.endswith("/reply") else ""
        self.messages[name] = {**told, "id": name, "root": root}
        self._names[told.get("uuid") or name] = name
        return {"data": {"message_id": name, "chat_id": told.get("receive_id", "oc_1")}}

    def _elsewhere(self, method, path, told):
        """What is no message: entities, the panel, groups, the app itself."""
        if path.startswith("/cardkit/"):
            return self._entity(method, path, told)
        if path == "/application/v7/app_slash_commands":
            if method == "GET":
                return {"data": {"items": self.commands, "has_more": False}}
            assert set(told) == {"command", "description"}
            self.commands.append(told)
            return {"data": {"app_slash_command": told}}
        if path == "/application/v6/scopes":
            return {"data": {"scopes": self.scopes}}
        if path.startswith("/application/v6/applications/"):
            return {"data": {"app": self.app}}
        if path.endswith("/urgent_app"):
            assert told["user_id_type"] == "open_id"
            self.urgent.append((path.split("/")[-2], told["user_id_list"]))
            return {"data": {"invalid_user_id_list": []}}
        if path.endswith(("/members", "/member/simplelist")):
            members = [{"member_id": each} for each in self.groups.get(path.split("/")[4], [])]
            start = int(told.get("page_token") or 0)
            kind = "items" if path.endswith("/members") else "memberlist"
            more = start + 2 < len(members)
            page = {"has_more": more, "page_token": str(start + 2) if more else ""}
            return {"data": {kind: members[start : start + 2], **page}}
        return None

    def _entity(self, method, path, told):
        parts = path.split("/")
        if path.endswith("/cards"):
            assert told["type"] == "card_json"
            if found := wrong(told["data"]):
                return {"code": 200621, "msg": str(found)}
            name = f"card_{len(self.cards) + 1}"
            streaming = json.loads(told["data"])["config"].get("streaming_mode", False)
            self.cards[name] = {"content": told["data"], "streaming": streaming, "sequence": 0, "updates": []}
            return {"data": {"card_id": name}}
        card = self.cards.get(parts[4])
        if card is None:
            return {"code": 300302, "msg": "no such card"}
        if told["sequence"] <= card["sequence"]:
            return {"code": 300317, "msg": "sequence number compare failed"}
        card["sequence"] = told["sequence"]
        card["updates"].append(parts[-1] if len(parts) > 5 else "whole")
        if path.endswith("/settings"):
            card["streaming"] = json.loads(told["settings"])["config"]["streaming_mode"]
        elif path.endswith("/content"):
            if not card["streaming"]:
                return {"code": 300309, "msg": "streaming mode is closed"}
            whole = json.loads(card["content"])
            (element,) = [e for e in walk(whole["body"]["elements"]) if e.get("element_id") == parts[-2]]
            element["content"] = told["content"]
            card["content"] = json.dumps(whole, ensure_ascii=False)
        else:
            if found := wrong(told["card"]["data"]):
                return {"code": 200621, "msg": str(found)}
            card["content"] = told["card"]["data"]
        for message in self.messages.values():
            if message.get("card") is card:
                message["content"] = card["content"]
        return {"data": {}}


def _event(kind, event):
    header = {
        "event_id": uuid.uuid4().hex,
        "event_type": kind,
        "create_time": str(int(time.time() * 1000)),
        "token": TOKEN,
        "app_id": "cli_x",
        "tenant_key": "tk",
    }
    return {"schema": "2.0", "header": header, "event": event}


def said(text, user="ou_lin", message=None, root=None, chat="oc_1", chat_type="group", named=True, **more):
    """An event of somebody who writes."""
    bot = {"key": "@_user_1", "id": {"open_id": "ou_bot"}, "name": "aiops", "tenant_key": "tk"}
    told = {
        "message_id": message or f"om_{uuid.uuid4().hex[:8]}",
        "create_time": str(int(time.time() * 1000)),
        "chat_id": chat,
        "chat_type": chat_type,
        "message_type": "text",
        "content": json.dumps({"text": ("@_user_1 " if named else "") + text}),
        "mentions": [bot] if named else [],
        **({"root_id": root, "parent_id": root} if root else {}),
        **more,
    }
    sender = {"sender_id": {"open_id": user, "union_id": "on_x"}, "sender_type": "user", "tenant_key": "tk"}
    return _event("im.message.receive_v1", {"sender": sender, "message": told})


def clicked(value, user="ou_chen", message="om_100", chat="oc_1", **form):
    """A click on one of our buttons."""
    action = {"tag": "button", "value": value, **({"form_value": form} if form else {})}
    event = {
        "operator": {"open_id": user, "union_id": "on_x", "tenant_key": "tk"},
        "token": "c-1",
        "action": action,
        "host": "im_message",
        "context": {"open_message_id": message, "open_chat_id": chat},
    }
    return _event("card.action.trigger", event)


def sealed(body, key=KEY, at=None, nonce=None):
    """Body and headers of a request to the webhook."""
    padder = PKCS7(128).padder()
    padded = padder.update(json.dumps(body).encode()) + padder.finalize()
    start = uuid.uuid4().bytes
    cipher = Cipher(algorithms.AES(hashlib.sha256(key.encode()).digest()), modes.CBC(start)).encryptor()
    raw = json.dumps({"encrypt": base64.b64encode(start + cipher.update(padded) + cipher.finalize()).decode()})
    stamp, nonce = str(int(at or time.time())), nonce or uuid.uuid4().hex
    mark = hashlib.sha256(f"{stamp}{nonce}{key}{raw}".encode()).hexdigest()
    headers = {"X-Lark-Request-Timestamp": stamp, "X-Lark-Request-Nonce": nonce, "X-Lark-Signature": mark}
    return raw, {**headers, "content-type": "application/json"}
