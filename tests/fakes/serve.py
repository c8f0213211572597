"""One of the pretend chat platforms as a program of its own: `python -m tests.fakes.serve slack|feishu`.

It prints its address; `/stamps` tells each call with its time, and each message as it is shown now.
"""

import asyncio
import json
import sys
import time

from aiohttp import web

from tests.fakes.feishu_server import FeishuServer
from tests.fakes.slack_server import SlackServer


async def serve(name):
    platform = {"slack": SlackServer, "feishu": FeishuServer}[name]()
    stamps = []

    class Stamped(list):
        def append(self, call):
            what, told = call
            text = json.dumps(told.get("blocks") or told.get("content") or "", ensure_ascii=False)
            stamps.append({"at": time.monotonic(), "call": what, "place": told.get("channel", ""), "text": text[:600]})

    async with platform as server:
        server.calls = Stamped()

        async def told(_):
            shown = [
                json.dumps(e.get("blocks") or e.get("content"), ensure_ascii=False) for e in server.messages.values()
            ]
            return web.json_response({"stamps": stamps, "shown": shown})

        app = web.Application()
        app.router.add_get("/stamps", told)
        runner = web.AppRunner(app, shutdown_timeout=0.5)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = site._server.sockets[0].getsockname()[1]
        print(json.dumps({"url": server.url, "stamps": f"http://127.0.0.1:{port}/stamps"}), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
