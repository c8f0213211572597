"""The least that could stand between a person and Dify: what the bench of a turn is measured against.

Run by itself: `python -m bot.evals._relay DIFY_URL` prints where it listens.
"""

import asyncio
import sys
from collections.abc import AsyncIterator

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route


def make_app(dify: str) -> Starlette:
    """Hands on every byte as it comes."""
    http = httpx.AsyncClient(limits=httpx.Limits(max_connections=None), timeout=60)

    async def relay(request: Request) -> Response:
        asked = await request.body()

        async def hand_on() -> AsyncIterator[bytes]:
            async with http.stream("POST", f"{dify}/chat-messages", content=asked) as response:
                async for chunk in response.aiter_raw():
                    yield chunk

        return StreamingResponse(hand_on(), media_type="text/event-stream")

    return Starlette(routes=[Route("/", relay, methods=["POST"])])


async def main(dify: str) -> None:
    """Serve until killed."""
    server = uvicorn.Server(uvicorn.Config(make_app(dify), port=0, log_level="error", access_log=False, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    sys.stdout.write(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await serving


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
