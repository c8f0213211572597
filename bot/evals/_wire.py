"""A client thin enough not to be what is measured: sends one request, and notes when words arrive."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

Head = dict[str, str]


async def request(
    url: str, method: str, path: str, body: Mapping[str, object] | None = None, headers: Mapping[str, str] | None = None
) -> tuple[int, Head, bytes, asyncio.StreamReader, asyncio.StreamWriter]:
    """Status, headers, the whole body if its length is told (else nothing yet), and the open line."""
    where = urlsplit(url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port, limit=2**20)
    sent = json.dumps(body).encode() if body is not None else b""
    lines = [f"{method} {path} HTTP/1.1", f"host: {where.netloc}", f"content-length: {len(sent)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    lines += ["content-type: application/json"] if sent else []
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + sent)
    first, *rest = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
    told = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    whole = await reader.readexactly(int(told["content-length"])) if "content-length" in told else b""
    return int(first.split()[1]), told, whole, reader, writer


async def call(
    url: str, method: str, path: str, body: Mapping[str, object] | None = None, headers: Mapping[str, str] | None = None
) -> tuple[Head, dict[str, object]]:
    """A request whose answer is one JSON object. Raises RuntimeError when it was refused."""
    status, told, whole, reader, writer = await request(url, method, path, body, headers)
    while told.get("transfer-encoding") == "chunked" and (size := int(await reader.readline(), 16)):
        whole += (await reader.readexactly(size + 2))[:-2]
    writer.close()
    if status >= 300:
        raise RuntimeError(f"{method} {path}: {status} {whole[:200].decode('utf-8', 'replace')}")
    return told, json.loads(whole) if whole else {}


async def read_text(url: str, path: str) -> str:
    """A page as it stands."""
    status, told, whole, reader, writer = await request(url, "GET", path)
    while told.get("transfer-encoding") == "chunked" and (size := int(await reader.readline(), 16)):
        whole += (await reader.readexactly(size + 2))[:-2]
    writer.close()
    return whole.decode("utf-8", "replace") if status < 300 else ""


async def heard(reader: asyncio.StreamReader, marks: Sequence[bytes], seconds: float) -> list[float]:
    """When each mark was first seen in what comes, by the monotonic clock; returns at the last one."""
    times: list[float] = [0.0] * len(marks)
    tail, longest = b"", max(map(len, marks))
    async with asyncio.timeout(seconds):
        while not all(times):
            chunk = await reader.read(2**16)
            if not chunk:
                raise RuntimeError("the line ended early")
            now, seen = time.monotonic(), tail + chunk
            for place, mark in enumerate(marks):
                if not times[place] and mark in seen:
                    times[place] = now
            tail = seen[-longest:]
    return times
