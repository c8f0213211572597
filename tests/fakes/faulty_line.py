"""A door on 127.0.0.1 in front of a real one: lets all through, or does to whoever calls what `fault` says."""

import asyncio
import random

FAULTS = ("down", "5xx", "hang", "drip", "garbage", "wrong type", "huge")
DRIP_SECONDS = 0.05
CHUNK = 1 << 18
NOISE = random.Random(70).randbytes(4096)


def http(status, body, kind="application/json"):
    """One whole answer."""
    head = f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


class OverHttp:
    """What a faulty HTTP server says. `wrong`: well-formed, and not of the kinds that were agreed on."""

    def __init__(self, wrong, kind="application/json", begins=b'{"data": "'):
        self.kind = kind
        self.begins = begins
        self.told = {
            "5xx": http(503, b"upstream connect error or disconnect/reset before headers", "text/plain"),
            "garbage": http(200, NOISE, kind),
            "wrong type": http(200, wrong, kind),
            "drip": http(200, begins + b"x" * 1_000_000, kind),
        }

    async def heard(self, reader, writer, data):
        """Reads the rest of one request; False: there is none."""
        while b"\r\n\r\n" not in data:
            more = await reader.read(65_536)
            if not more:
                return False
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        told = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
        while len(body) < int(told.get(b"content-length", 0)):
            body += await reader.read(65_536)
        return True

    def huge(self):
        """How an answer without end begins, and what it is made of."""
        head = f"HTTP/1.1 200 OK\r\ncontent-type: {self.kind}\r\ntransfer-encoding: chunked\r\n\r\n".encode()
        return head + b"%x\r\n%s\r\n" % (len(self.begins), self.begins), b"%x\r\n%s\r\n" % (CHUNK, b"x" * CHUNK)


class OverPostgres:
    """What a faulty PostgreSQL says."""

    told = {  # noqa: RUF012
        "5xx": b"E\x00\x00\x00\x37SFATAL\0VFATAL\0C57P03\0Mthe database is starting up\0\0",
        "garbage": NOISE,
        "wrong type": b"D\x00\x00\x00\x0e\x00\x02\x00\x00\x00\x01x\xff\xff" + b"Z\x00\x00\x00\x05I",
        "drip": b"R\x00\x10\x00\x00" + b"\0" * 1_000_000,
    }

    async def heard(self, reader, writer, data):
        if len(data) == 8 and data[4:] == b"\x04\xd2\x16\x2f":  # asks for TLS first: there is none
            writer.write(b"N")
            return await self.heard(reader, writer, await reader.read(65_536))
        return bool(data)

    def huge(self):
        return b"D\x7f\xff\xff\xff", b"x" * CHUNK


class FaultyLine:
    """One door; the same port while it is down, so that whoever waits for it finds it again."""

    def __init__(self, port, manner, most_sent=1 << 31):
        self.manner = manner
        self.fault = ""
        self.sent = 0
        """Bytes of the endless answers that were taken from us."""
        self._upstream = port
        self._most_sent = most_sent
        self._well = asyncio.Event()
        self._well.set()
        self._open = set()
        self._server = None
        self.port = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self):
        await self._listen()
        return self

    async def __aexit__(self, *_):
        await self.heal()
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _listen(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def breaks(self, fault):
        """From now on."""
        self.fault, self.sent = fault, 0
        self._well.clear()
        if fault == "down":
            self._server.close()
            for task in list(self._open):
                task.cancel()

    async def heal(self):
        fault, self.fault = self.fault, ""
        self._well.set()
        if fault == "down":
            await self._listen()

    async def _serve(self, reader, writer):
        self._open.add(asyncio.current_task())
        up = None
        try:
            data = await reader.read(65_536)
            if data and not self.fault:
                up = await asyncio.open_connection("127.0.0.1", self._upstream)
                back = asyncio.create_task(self._back(up[0], writer))
                try:
                    while data and not self.fault:
                        up[1].write(data)
                        await up[1].drain()
                        data = await reader.read(65_536)
                finally:
                    back.cancel()
            if data and self.fault:
                await self._misbehave(reader, writer, data)
        except (ConnectionError, asyncio.CancelledError, TimeoutError):
            pass
        finally:
            self._open.discard(asyncio.current_task())
            writer.transport.abort() if self.fault != "5xx" else writer.close()
            if up:
                up[1].close()

    async def _back(self, reader, writer):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def _misbehave(self, reader, writer, data):
        fault = self.fault
        if not await self.manner.heard(reader, writer, data):
            return
        if fault == "huge":
            first, more = self.manner.huge()
            writer.write(first)
            while self.sent < self._most_sent and self.fault:
                writer.write(more)
                await writer.drain()
                self.sent += len(more)
            await self._well.wait()
        elif fault == "drip":
            for place in range(len(self.manner.told["drip"])):
                writer.write(self.manner.told["drip"][place : place + 1])
                await writer.drain()
                if not self.fault:
                    return
                await asyncio.sleep(DRIP_SECONDS)
        elif fault == "hang":
            await self._well.wait()
        else:
            writer.write(self.manner.told[fault])
            await writer.drain()
            writer.write_eof()
            await reader.read()
