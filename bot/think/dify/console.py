"""Dify's console, as far as setting up needs it: providers, imports, publishing, keys."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import httpx

from bot.errors import BadInput
from bot.think.dify.nodes import PROVIDER
from bot.think.dify.settings import ConsoleSettings

API = "/console/api"
WORKSPACE = API + "/workspaces/current"


class Console:
    """Signed in as an owner of one workspace. Every refusal is BadInput with a sentence that says what to do."""

    def __init__(self, settings: ConsoleSettings, http: httpx.AsyncClient | None = None) -> None:
        self._settings = settings
        self._http = http or httpx.AsyncClient(timeout=60)

    async def sign_in(self) -> None:
        """By the admin key if there is one, else by e-mail and password."""
        chosen = self._settings
        if key := chosen.admin_key.get_secret_value():
            self._http.headers.update({"authorization": f"Bearer {key}", "x-workspace-id": chosen.workspace})
            return
        if not chosen.email:
            raise BadInput("dify_console_unnamed")
        password = chosen.password.get_secret_value()
        for sent in (base64.b64encode(password.encode()).decode(), password):
            body = {"email": chosen.email, "password": sent, "remember_me": True}
            told = await self._send("POST", API + "/login", json=body)
            if told.status_code == 200:
                self._remember(told)
                return
        raise BadInput("dify_console_login")

    def _remember(self, told: httpx.Response) -> None:
        """New servers answer with cookies, and want one of them back as a header; old ones with a token."""
        csrf = next((value for name, value in self._http.cookies.items() if name.endswith("csrf_token")), "")
        if csrf:
            self._http.headers["x-csrf-token"] = csrf
        kept = _object(told).get("data")
        if isinstance(kept, dict) and kept.get("access_token"):
            self._http.headers["authorization"] = f"Bearer {kept['access_token']}"

    async def mcp_provider(self, url: str, token: str) -> None:
        """Our MCP server, made, or brought up to date, under a name that apps can carry from workspace to workspace."""
        body = {
            "server_url": url,
            "name": "DutyBot",
            "server_identifier": PROVIDER,
            "icon": "🚨",
            "icon_type": "emoji",
            "icon_background": "#FFEAD5",
            "headers": {"Authorization": f"Bearer {token}"},
            "configuration": {"timeout": 30, "sse_read_timeout": 300},
        }
        known = await self._provider("mcp")
        if known is None:
            await self._call("POST", WORKSPACE + "/tool-provider/mcp", json=body)
        elif known:
            await self._call("PUT", WORKSPACE + "/tool-provider/mcp", json=body | {"provider_id": known})
            await self._call("GET", f"{WORKSPACE}/tool-provider/mcp/update/{known}")  # its tools, read anew

    async def api_provider(self, page: Mapping[str, Any], token: str) -> str:
        """Our OpenAPI page as custom tools, for a Dify that knows no MCP; the id that this workspace gave them."""
        credentials = {
            "auth_type": "api_key_header",
            "api_key_header": "Authorization",
            "api_key_header_prefix": "bearer",
            "api_key_value": token,
        }
        body = {
            "provider": "DutyBot",
            "schema_type": "openapi",
            "schema": json.dumps(page, ensure_ascii=False),
            "credentials": credentials,
            "icon": {"content": "🚨", "background": "#FFEAD5"},
            "labels": [],
            "privacy_policy": "",
            "custom_disclaimer": "",
        }
        if await self._provider("api"):
            body["original_provider"] = "DutyBot"
            await self._call("POST", WORKSPACE + "/tool-provider/api/update", json=body)
        else:
            await self._call("POST", WORKSPACE + "/tool-provider/api/add", json=body)
        if found := await self._provider("api"):
            return found
        raise BadInput("dify_console_refused", path="/tool-provider/api/add", why="the provider is not listed")

    async def _provider(self, kind: str) -> str | None:
        """The id of our provider; empty where it is listed without one; None where it is not listed."""
        told = await self._call("GET", WORKSPACE + "/tool-providers")
        for each in told if isinstance(told, list) else []:
            names = {each.get("server_identifier"), each.get("name")} if isinstance(each, dict) else set()
            if names & {PROVIDER, "DutyBot"} and each.get("type", kind) == kind:
                return str(each.get("id") or "")
        return None

    async def app_named(self, name: str) -> str:
        """The app that an earlier setup imported under this name; empty where there is none."""
        told = await self._call("GET", API + "/apps", params={"page": 1, "limit": 100, "name": name})
        listed = told.get("data") if isinstance(told, dict) else None
        return next((str(each["id"]) for each in listed or () if each.get("name") == name and each.get("id")), "")

    async def bring_in(self, written: str, name: str, over: str = "") -> str:
        """Import an app, over the one of this id if one is given; its id."""
        body = {"mode": "yaml-content", "yaml_content": written, "name": name} | ({"app_id": over} if over else {})
        told = await self._call("POST", API + "/apps/imports", json=body)
        if told.get("status") == "pending":
            told = await self._call("POST", f"{API}/apps/imports/{told.get('id')}/confirm", json={})
        if told.get("status") not in {"completed", "completed-with-warnings"} or not told.get("app_id"):
            raise BadInput("dify_import_failed", why=str(told.get("error") or told.get("status") or "?")[:200])
        return str(told["app_id"])

    async def configure(self, app: str, config: Mapping[str, Any]) -> None:
        """A classic agent, brought up to date: an import over it is refused, its whole configuration is not."""
        await self._call("POST", f"{API}/apps/{app}/model-config", json=dict(config))

    async def publish(self, app: str) -> None:
        """A chatflow cannot be used before."""
        body = {"marked_name": "DutyBot", "marked_comment": ""}
        await self._call("POST", f"{API}/apps/{app}/workflows/publish", json=body)

    async def key(self, app: str) -> str:
        """An API key of the app: Dify gives ten at most, so one that is there is taken again."""
        told = await self._call("GET", f"{API}/apps/{app}/api-keys")
        listed = told.get("data") if isinstance(told, dict) else None
        if known := [str(each["token"]) for each in listed or () if str(each.get("token")).startswith("app-")]:
            return known[-1]
        told = await self._call("POST", f"{API}/apps/{app}/api-keys", json={})
        return str(told.get("token") or "")

    async def _call(self, method: str, path: str, **asked: Any) -> Any:
        told = await self._send(method, path, **asked)
        if told.status_code == 401:
            raise BadInput("dify_console_login")
        if told.status_code >= 400:
            value = _object(told)
            why = str(value.get("error") or value.get("message") or f"HTTP {told.status_code}")[:200]
            key = "dify_import_failed" if "/imports" in path else "dify_console_refused"
            raise BadInput(key, why=why, path=path.removeprefix(API))
        try:
            return told.json()
        except ValueError:
            raise BadInput("dify_console_address", url=self._settings.url) from None

    async def _send(self, method: str, path: str, **asked: Any) -> httpx.Response:
        try:
            return await self._http.request(method, self._settings.url.rstrip("/") + path, **asked)
        except (httpx.TransportError, httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise BadInput("dify_console_address", url=self._settings.url) from None

    async def close(self) -> None:
        await self._http.aclose()


def _object(told: httpx.Response) -> dict[str, Any]:
    try:
        value = told.json()
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
