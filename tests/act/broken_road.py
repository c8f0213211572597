"""A road to an API server, over a real socket, on which the answer to a change is lost."""

import asyncio
from contextlib import asynccontextmanager

import httpx

LONG = 3600


class Road:
    """Passes on what it gets. `breaks`, for the next change, once:

    `answer`: it is made, and the connection ends without a word; `request`: it never arrives, and the connection ends;
    `silence`: it is made, and nothing is ever said; `late`: it is made after its caller has given it up;
    `gibberish`: it is made, and what is said of it is no JSON; `504`: it is made, and a balancer says that it was slow.
    """

    def __init__(self, pass_on, breaks=""):
        self.pass_on, self.breaks, self.url = pass_on, breaks, ""
        self.changes, self.lates, self.open = [], [], set()

    async def serve(self, reader, writer):
        self.open.add(asyncio.current_task())
        try:
            while head := await self.head(reader):
                method, path, headers, body = head
                await self.one(writer, method, path, headers, body)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            """The caller, or the road, has gone."""
        finally:
            writer.close()
            self.open.discard(asyncio.current_task())

    async def head(self, reader):
        line = await reader.readline()
        if not line:
            return None
        method, path, _ = line.decode().split(" ", 2)
        headers = {}
        while (line := (await reader.readline()).decode().strip()) != "":
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        return method, path, headers, body

    async def one(self, writer, method, path, headers, body):
        kept = {name: headers[name] for name in ("content-type", "accept") if name in headers}
        request = httpx.Request(method, f"http://api{path}", headers=kept, content=body)
        change = method != "GET" and "dryRun" not in path and b'"dryRun"' not in body
        breaks, self.breaks = (self.breaks, "") if change else ("", self.breaks)
        if breaks == "request":
            raise ConnectionError
        if breaks == "late":
            self.lates.append(request)
            await asyncio.sleep(LONG)
        answer = await self.pass_on(request)
        if change:
            self.changes.append((method, path.partition("?")[0], answer.status_code))
        if breaks == "answer":
            raise ConnectionError
        if breaks == "silence":
            await asyncio.sleep(LONG)
        status, said = answer.status_code, answer.content
        if breaks in {"504", "gibberish"}:
            status, said = (504 if breaks == "504" else 200), b"<html>upstream</html>"
        writer.write(
            f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {len(said)}\r\n\r\n".encode()
        )
        writer.write(said)
        await writer.drain()

    async def let_the_late_arrive(self):
        for request in self.lates:
            answer = await self.pass_on(request)
            self.changes.append((request.method, request.url.path, answer.status_code))
        self.lates.clear()


@asynccontextmanager
async def road_to(pass_on, breaks=""):
    road = Road(pass_on, breaks)
    server = await asyncio.start_server(road.serve, "127.0.0.1", 0)
    road.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield road
    finally:
        server.close()
        for each in list(road.open):
            each.cancel()
        await asyncio.gather(*road.open, return_exceptions=True)
