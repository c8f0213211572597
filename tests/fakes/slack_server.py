"""A Slack over real sockets: Web API with its rules, Socket Mode, signed HTTP, uploads; refuses what Slack refuses."""

import asyncio
import hashlib
import hmac
import json
import time
import uuid
from collections import defaultdict
from urllib.parse import urlencode

from aiohttp import WSMsgType, web

from tests.fakes.slack_rules import wrong, wrong_chunks, wrong_view

SECRET = "shhh"
PEOPLE = {
    "U1": {"name": "lin", "locale": "zh-CN", "tz": "Asia/Shanghai", "email": "lin@example.com"},
    "U2": {"name": "chen", "locale": "en-US", "tz": "Europe/Berlin", "email": "chen@example.com"},
    "U3": {"name": "guest", "locale": "en-US", "tz": "UTC", "email": "guest@example.com"},
}


class SlackServer:
    """`trouble[method]` is a list of (status, body, headers) to answer with first."""

    def __init__(self):
        self.calls = []
        self.messages = {}
        """By (channel, ts): the newest state of each message."""
        self.whispers = []
        self.views = []
        self.homes = {}
        """By user: the blocks of the Home tab."""
        self.prompts = []
        self.streams = {}
        """By (channel, ts): `text`, `tasks` and `title` as a reader sees them, and whether it is `open`."""
        self.sessions = {}
        """By (channel, thread): the status that it shows."""
        self.files = []
        self.trouble = defaultdict(list)
        self.groups = {"S1": ["U2"]}
        self.slow = {}
        self.scopes = ""
        self.manifest = {}
        self.late = []
        """Envelopes that were not acknowledged within three seconds."""
        self.opened = 0
        self._sockets = []
        self._acks = {}
        self._number = 0

    async def __aenter__(self):
        app = web.Application(client_max_size=2**24)
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_get("/link", self._link)
        app.router.add_post("/upload/{id}", self._upload)
        app.router.add_get("/files-pri/{name}", self._file)
        self._runner = web.AppRunner(app, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self._port = site._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}/api/"
        return self

    async def __aexit__(self, *_):
        for socket in list(self._sockets):
            await socket.close()
        await self._runner.cleanup()

    def called(self, method):
        return [told for name, told in self.calls if name == method]

    async def drop(self):
        """The socket breaks."""
        for socket in list(self._sockets):
            await socket.close()

    async def push(self, kind, payload, retry=None, timeout=3.0):
        """Send an envelope; returns (seconds until acknowledged, payload of the answer), or (None, None)."""
        until = time.monotonic() + 10
        while not self._sockets and time.monotonic() < until:
            await asyncio.sleep(0.02)
        envelope = {"type": kind, "envelope_id": uuid.uuid4().hex, "payload": payload}
        envelope["accepts_response_payload"] = kind != "events_api"
        if retry is not None:
            envelope |= {"retry_attempt": retry, "retry_reason": "timeout"}
        waiter = asyncio.get_running_loop().create_future()
        self._acks[envelope["envelope_id"]] = waiter
        began = time.monotonic()
        await self._sockets[-1].send_str(json.dumps(envelope))
        try:
            told = await asyncio.wait_for(waiter, timeout)
        except TimeoutError:
            self.late.append(envelope)
            return None, None
        return time.monotonic() - began, told

    async def _link(self, request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str(json.dumps({"type": "hello", "num_connections": 1}))
        self._sockets.append(socket)
        async for message in socket:
            if message.type == WSMsgType.TEXT:
                told = json.loads(message.data)
                waiter = self._acks.get(told.get("envelope_id"))
                if waiter and not waiter.done():
                    waiter.set_result(told.get("payload"))
        self._sockets.remove(socket)
        return socket

    async def _upload(self, request):
        self.files[-1]["content"] = await request.read()
        return web.Response(text="OK")

    async def _file(self, request):
        """A file that somebody attached: to who has no right to it, a page to sign in."""
        if request.headers.get("authorization") != "Bearer xoxb-1" or request.match_info["name"] == "secret.log":
            return web.Response(text="<html>sign in</html>", content_type="text/html")
        return web.Response(body=b"x" * 16_000_000 if request.match_info["name"] == "huge.log" else b"ERROR no memory")

    async def _api(self, request):
        method = request.match_info["method"]
        told = await request.json() if "json" in request.headers.get("content-type", "") else dict(await request.post())
        told = {**dict(request.query), **told}
        self.calls.append((method, told))
        if self.slow.get(method):
            await asyncio.sleep(self.slow[method])
        if self.trouble[method]:
            status, body, headers = self.trouble[method].pop(0)
            return web.json_response(body, status=status, headers=headers)
        answer = getattr(self, f"_{method.replace('.', '_')}", None)
        body = answer(told) if answer else {"ok": False, "error": "unknown_method"}
        return web.json_response({"ok": True, **body}, headers={"x-oauth-scopes": self.scopes} if self.scopes else {})

    def _auth_test(self, told):
        return {"team_id": "T1", "user_id": "UBOT", "bot_id": "BBOT", "team": "t", "user": "bot", "url": "http://x/"}

    def _bots_info(self, told):
        assert told["bot"] == "BBOT"
        return {"bot": {"id": "BBOT", "app_id": "A1"}}

    def _apps_manifest_export(self, told):
        assert told["app_id"] == "A1"
        return {"manifest": self.manifest}

    def _apps_connections_open(self, told):
        self.opened += 1
        return {"url": f"ws://127.0.0.1:{self._port}/link"}

    def _users_info(self, told):
        known = PEOPLE.get(told["user"])
        if known is None:
            return {"ok": False, "error": "user_not_found"}
        profile = {"display_name": known["name"], "email": known["email"]}
        return {"user": {"id": told["user"], "locale": known["locale"], "tz": known["tz"], "profile": profile}}

    def _usergroups_users_list(self, told):
        return {"users": self.groups.get(told["usergroup"], [])}

    def _chat_postMessage(self, told):
        if refused := self._refusal(told):
            return refused
        self._number += 1
        ts = f"1700000000.{self._number:06d}"
        self.messages[told["channel"], ts] = {**told, "ts": ts, "user": "UBOT"}
        return {"ts": ts, "channel": told["channel"]}

    def _chat_update(self, told):
        if (told["channel"], told["ts"]) not in self.messages:
            return {"ok": False, "error": "message_not_found"}
        if self.streams.get((told["channel"], told["ts"]), {}).get("open"):
            return {"ok": False, "error": "streaming_state_conflict"}
        if refused := self._refusal(told):
            return refused
        self.messages[told["channel"], told["ts"]] |= told
        return {"ts": told["ts"], "channel": told["channel"]}

    def _chat_postEphemeral(self, told):
        if refused := self._refusal(told):
            return refused
        self.whispers.append(told)
        return {"message_ts": "1.1"}

    def _conversations_replies(self, told):
        found = [each for (place, _), each in self.messages.items() if place == told["channel"]]
        return {"messages": [each for each in found if told["ts"] in {each["ts"], each.get("thread_ts")}]}

    def _conversations_history(self, told):
        return {"messages": [each for (place, _), each in self.messages.items() if place == told["channel"]]}

    def _views_publish(self, told):
        if found := wrong_view(told["view"]) + wrong(told["view"]["blocks"]):
            return {"ok": False, "error": "invalid_arguments", "response_metadata": {"messages": found}}
        self.homes[told["user_id"]] = told["view"]["blocks"]
        return {"view": {"id": "V9"}}

    def _assistant_threads_setSuggestedPrompts(self, told):
        assert 0 < len(told["prompts"]) <= 4
        self.prompts.append(told)
        return {}

    def _agents_sessions_setStatus(self, told):
        assert told["status"] in {"processing", "active", "suspended", "closed"}
        self.sessions[told["channel_id"], told.get("thread_ts")] = told["status"]
        return {}

    def _chat_startStream(self, told):
        if not told.get("recipient_user_id") or not told.get("recipient_team_id") or not told.get("thread_ts"):
            return {"ok": False, "error": "missing_recipient_user_id"}
        if found := wrong_chunks(told.get("chunks", [])):
            return {"ok": False, "error": "invalid_chunks", "errors": found}
        self._number += 1
        ts = f"1700000000.{self._number:06d}"
        kept = {"channel": told["channel"], "thread_ts": told["thread_ts"], "ts": ts, "blocks": [], "text": ""}
        kept["user"] = "UBOT"
        self.messages[told["channel"], ts] = kept
        self.streams[told["channel"], ts] = {"text": "", "tasks": {}, "title": "", "open": True}
        self._flow(told)
        return {"ts": ts, "channel": told["channel"]}

    def _chat_appendStream(self, told):
        stream = self.streams.get((told["channel"], told["ts"]))
        if stream is None or not stream["open"]:
            return {"ok": False, "error": "message_not_in_streaming_state"}
        if found := wrong_chunks(told["chunks"]):
            return {"ok": False, "error": "invalid_chunks", "errors": found}
        self._flow(told)
        return {"ts": told["ts"]}

    def _chat_stopStream(self, told):
        stream = self.streams.get((told["channel"], told["ts"]))
        if stream is None or not stream["open"]:
            return {"ok": False, "error": "message_not_in_streaming_state"}
        stream["open"] = False
        root = self.messages[told["channel"], told["ts"]]["thread_ts"]
        self.sessions[told["channel"], root] = told.get("session_status", "active")
        return {"ts": told["ts"]}

    def _flow(self, told):
        stream = self.streams[told["channel"], told.get("ts") or f"1700000000.{self._number:06d}"]
        for chunk in told["chunks"]:
            match chunk["type"]:
                case "markdown_text":
                    stream["text"] += chunk["text"]
                case "plan_update":
                    stream["title"] = chunk["title"]
                case "task_update":
                    stream["tasks"][chunk["id"]] = chunk["status"]

    def _views_open(self, told):
        if found := wrong_view(told["view"]):
            return {"ok": False, "error": "invalid_arguments", "response_metadata": {"messages": found}}
        self.views.append(told["view"])
        return {"view": {"id": "V1"}}

    def _files_getUploadURLExternal(self, told):
        self.files.append({"id": f"F{len(self.files)}", **told})
        file = self.files[-1]["id"]
        return {"upload_url": f"http://127.0.0.1:{self._port}/upload/{file}", "file_id": file}

    def _files_completeUploadExternal(self, told):
        self.files[-1]["done"] = told
        files = told["files"] if isinstance(told["files"], list) else json.loads(told["files"])
        return {"files": files}

    def _refusal(self, told):
        found = wrong(told["blocks"], told.get("text", ""))
        return {"ok": False, "error": "invalid_blocks", "errors": found} if found else None


def said(text, user="U1", channel="C1", ts=None, kind="app_mention", **more):
    """An event of somebody who writes."""
    event = {"type": kind, "user": user, "text": text, "ts": ts or f"{time.time():.6f}", "channel": channel, **more}
    return {
        "type": "event_callback",
        "team_id": "T1",
        "api_app_id": "A1",
        "event_id": f"Ev{uuid.uuid4().hex}",
        "event": event,
    }


def clicked(message, button, user="U2", at=None):
    """A click on a button of a message as the fake keeps it."""
    root = message.get("thread_ts")
    action = {"type": "button", "block_id": "b", "action_ts": at or f"{time.time():.6f}"}
    return {
        "type": "block_actions",
        "team": {"id": "T1"},
        "user": {"id": user, "team_id": "T1"},
        "api_app_id": "A1",
        "trigger_id": uuid.uuid4().hex,
        "container": {"type": "message", "message_ts": message["ts"], "channel_id": message["channel"]},
        "channel": {"id": message["channel"]},
        "message": {"ts": message["ts"], **({"thread_ts": root} if root else {})},
        "actions": [action | {"action_id": button["action_id"], "value": button["value"]}],
    }


def submitted(view, user="U2", **values):
    """A form that was filled in."""
    state = {name: {"value": {"type": "plain_text_input", "value": value}} for name, value in values.items()}
    kept = {"private_metadata": view["private_metadata"], "callback_id": view["callback_id"], "type": "modal"}
    return {
        "type": "view_submission",
        "team": {"id": "T1"},
        "user": {"id": user, "team_id": "T1"},
        "view": {**kept, "id": "V1", "state": {"values": state}},
    }


def command(name, text="", user="U1", channel="C1"):
    """A slash command."""
    mark = uuid.uuid4().hex
    return {
        "command": name,
        "text": text,
        "team_id": "T1",
        "channel_id": channel,
        "user_id": user,
        "trigger_id": mark,
        "response_url": "http://127.0.0.1:9/",
    }


def buttons(message):
    """All that can be clicked; of "helpful or not" each half as a button of its own."""
    found = []
    for block in message["blocks"]:
        if block["type"] == "actions":
            found += block["elements"]
        if block["type"] == "context_actions":
            for each in block["elements"]:
                found += [
                    each[side] | {"action_id": each["action_id"]} for side in ("positive_button", "negative_button")
                ]
    return found


def clicked_at_home(blocks, button, user="U2"):
    """A click on a button of the Home tab."""
    told = clicked({"ts": "", "channel": "", "blocks": blocks}, button, user)
    container = {"type": "view", "view_id": "V9"}
    return {k: v for k, v in told.items() if k not in {"message", "channel"}} | {
        "container": container,
        "view": {"type": "home", "id": "V9"},
    }


def signed(body, secret=SECRET, at=None):
    """Body and headers of a request over HTTP; a dict is sent as JSON, or as a form when it is not an event."""
    event = body.get("type") in {"event_callback", "url_verification"}
    command = "command" in body
    raw = json.dumps(body) if event else urlencode(body if command else {"payload": json.dumps(body)})
    stamp = str(int(at or time.time()))
    mark = hmac.new(secret.encode(), f"v0:{stamp}:{raw}".encode(), hashlib.sha256).hexdigest()
    kind = "application/json" if event else "application/x-www-form-urlencoded"
    headers = {"x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={mark}", "content-type": kind}
    return raw, headers
