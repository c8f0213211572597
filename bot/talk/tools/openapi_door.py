"""The OpenAPI door: one POST for each tool, with schemas flat enough for Dify's custom tools."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.talk.tools.counter import Counter, Tool
from bot.talk.tools.entrance import denied, read_object
from bot.talk.tools.settings import DoorSettings
from bot.talk.tools.tokens import Denied, Tokens

PATH = "/tools"
FLAT = ("type", "description", "enum", "default")


class OpenApiDoor:
    """`GET /tools/openapi.json` says what there is; `POST /tools/NAME` does it."""

    def __init__(self, counter: Counter, tokens: Tokens, settings: DoorSettings) -> None:
        self._counter = counter
        self._tokens = tokens
        self._settings = settings

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route(f"{PATH}/openapi.json", self._tell, methods=["GET"]),
            Route(f"{PATH}/{{name}}", self._call, methods=["POST"]),
        ]

    async def _tell(self, request: Request) -> Response:
        try:
            await self._tokens.enter(request, "openapi")
        except Denied as error:
            return denied(error)
        return JSONResponse(describe(self._counter.tools(), self._settings.public_url))

    async def _call(self, request: Request) -> Response:
        name = request.path_params["name"]
        tool = self._counter.tool(name)
        try:
            caller = await self._tokens.enter(request, "openapi", tool.scope if tool else None)
            arguments = await read_object(request, self._settings.most_bytes)
        except Denied as error:
            return denied(error)
        reply = await self._counter.call(name, arguments, caller)
        if reply.ok:
            return JSONResponse({"result": reply.text})
        return JSONResponse({"error": reply.text}, 422 if tool else 400)


def describe(tools: Sequence[Tool], url: str) -> dict[str, Any]:
    """The OpenAPI 3.1 page of these tools."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "DutyBot", "version": "1", "description": "Looks at the cluster, and proposes changes."},
        "servers": [{"url": url.rstrip("/")}],
        "security": [{"bearer": []}],
        "paths": {f"{PATH}/{tool.name}": {"post": _operation(tool)} for tool in tools},
        "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
    }


def _operation(tool: Tool) -> dict[str, Any]:
    said = {"content": {"application/json": {"schema": {"type": "object"}}}}
    body = {"application/json": {"schema": flat(tool.schema)}}
    return {
        "operationId": tool.name,
        "summary": tool.description.split("\n")[0][:120],
        "description": tool.description[:4000],
        "requestBody": {"required": True, "content": body},
        "responses": {
            "200": {"description": "What was found, in words.", **said},
            **{status: {"description": why, **said} for status, why in REFUSALS.items()},
        },
    }


REFUSALS = {
    "401": "No token, or one that may not do this.",
    "413": "Too long.",
    "422": "Not understood: the text says what to correct.",
    "429": "Too many calls.",
}


def flat(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Dify's custom tools lose what is nested: lists and objects are asked for as JSON text."""
    fields, required = {}, []
    for name, field in schema.get("properties", {}).items():
        plain = _plain(field)
        shown = name
        if plain.get("type") in {"array", "object"}:
            shown = f"{name}_json" if name == "steps" else name
            told = plain.get("description", "")
            plain = {"type": "string", "description": f"{told} JSON text.{STEPS if name == 'steps' else ''}".strip()}
        fields[shown] = {key: plain[key] for key in FLAT if key in plain}
        if name in schema.get("required", []):
            required.append(shown)
    return {"type": "object", "properties": fields, "required": required}


STEPS = ' A list such as [{"action": "…", "arguments": {…}, "why": "…"}]; the actions are in the description.'


def _plain(field: Mapping[str, Any]) -> dict[str, Any]:
    options = [each for each in field.get("anyOf", []) if each.get("type") != "null"]
    merged = {**options[0], **field} if options else dict(field)
    merged.pop("anyOf", None)
    merged.setdefault("type", "string")
    return merged
