"""What each door checks first: who calls, how much it sends, and that it is JSON."""

from typing import Any

from pydantic_core import from_json
from starlette.requests import Request
from starlette.responses import JSONResponse

from bot.talk.tools.tokens import Denied


async def read_object(request: Request, most: int) -> dict[str, Any]:
    """The JSON object of the body. Raises Denied: 413 when it is too long, 422 when it is no object."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise Denied(413, f"The request is longer than {most} bytes.")
    try:
        value = from_json(bytes(body), allow_inf_nan=False)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise Denied(422, "The body must be a JSON object.")
    return value


def denied(error: Denied) -> JSONResponse:
    """As every door says it."""
    headers = {"retry-after": str(error.after)} if error.after else {}
    if error.status == 401:
        headers["www-authenticate"] = "Bearer"
    return JSONResponse({"error": error.why}, error.status, headers)
