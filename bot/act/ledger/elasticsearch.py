"""The ledger in Elasticsearch too: each sealed line once, in order; what it cannot take now waits in the file."""

import asyncio
import contextlib
import hashlib
import json
from pathlib import Path
from typing import Any

import structlog

from bot.act.ledger.file import LINE, FileLedger
from bot.act.ledger.settings import LedgerSettings
from bot.domain.record import AuditRecord
from bot.errors import ODD

MOST_AT_ONCE = 500
PAUSE, LONGEST_PAUSE = 1.0, 60.0
MAPPING: dict[str, Any] = {
    "index_patterns": [],
    "data_stream": {},
    "priority": 200,
    "template": {
        "mappings": {
            "dynamic": False,
            "properties": {
                "@timestamp": {"type": "date"},
                "seq": {"type": "long"},
                "chain": {"type": "keyword"},
                "stream": {"type": "keyword"},
                "who": {"type": "keyword"},
                "did": {"type": "keyword"},
                "to": {"type": "text", "fields": {"exact": {"type": "keyword", "ignore_above": 500}}},
                "outcome": {"type": "text"},
                "leave": {"type": "keyword", "ignore_above": 500},
                "thread": {"type": "keyword"},
                "record": {"type": "keyword", "index": False, "doc_values": False},
            },
        }
    },
}
"""Of the data stream: nothing that a record says can add a field."""
LIFECYCLE: dict[str, Any] = {
    "phases": {
        "hot": {"actions": {"rollover": {"max_age": "30d", "max_primary_shard_size": "25gb"}}},
        "warm": {"min_age": "0d", "actions": {"readonly": {}}},
    }
}
"""A month to an index, and then nobody writes to it any more. Nothing is deleted: how long is kept, people decide."""
log = structlog.get_logger()


class Refused(Exception):
    """Elasticsearch did not take a line; it is sent again."""


class ElasticsearchLedger:
    """A file ledger whose lines are also sent on. The file is what makes a record safe; the rest follows in order."""

    def __init__(self, file: FileLedger, client: Any, stream: str) -> None:
        """`client`: the official AsyncElasticsearch."""
        self._file = file
        self._client = client
        self._stream = stream
        self._mark = file.path.with_name(file.path.name + ".sent")
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def append(self, record: AuditRecord) -> None:
        """Safe when it returns; sent on soon."""
        await self._file.append(record)
        self._news.set()
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._follow())

    @property
    def path(self) -> Path:
        return self._file.path

    async def prepare(self) -> None:
        """The lifecycle and the template of the stream, where there are none: what an administrator made stays.

        Raises what the client raises where our key may not make them; then the administrator does.
        """
        settings = {"index.lifecycle.name": self._stream} if await self._has_lifecycle() else {}
        if await self._client.indices.exists_index_template(name=self._stream):
            return
        whole = MAPPING | {"index_patterns": [self._stream], "template": MAPPING["template"] | {"settings": settings}}
        await self._client.indices.put_index_template(name=self._stream, **whole)

    async def _has_lifecycle(self) -> bool:
        """Made if it is missing; False: this server knows of none."""
        from elasticsearch import ApiError, AuthorizationException, NotFoundError

        try:
            await self._client.ilm.get_lifecycle(name=self._stream)
        except NotFoundError:
            await self._client.ilm.put_lifecycle(name=self._stream, policy=LIFECYCLE)
        except AuthorizationException:
            raise
        except ApiError as error:
            if error.status_code in {400, 405, 410}:
                return False
            raise
        return True

    async def behind(self) -> int:
        """How many lines wait in the file. Another replica may have sent some of them."""
        newest, (sent, _) = await asyncio.to_thread(lambda: (self._file.newest(), self._read_mark()))
        return max(0, newest - sent)

    async def health(self) -> str:
        """What Elasticsearch says to a bulk of nothing new; empty when it would take a record."""
        from elasticsearch import ApiError, TransportError

        try:
            asked = await self._client.security.has_privileges(
                index=[{"names": [self._stream], "privileges": ["create_doc"]}]
            )
        except ApiError as error:
            # without security there are no privileges to ask for; that it answers is what we wanted to know
            return "" if error.status_code in {400, 404, 405, 500} else f"Elasticsearch says {error.status_code}."
        except (TransportError, OSError) as error:
            return f"Elasticsearch does not answer ({error})."
        return "" if asked["has_all_requested"] else f"The key may not create documents in {self._stream}."

    async def send(self) -> int:
        """Everything not sent yet, in order. Raises Refused, or what the client raises; nothing after it is sent."""
        sent = 0
        while lines := await asyncio.to_thread(self._unsent):
            last = await self._create(lines)
            await asyncio.to_thread(self._sent, last)
            sent += len(lines)
        return sent

    async def _create(self, lines: list[tuple[int, str, str]]) -> int:
        operations: list[dict[str, Any]] = []
        for seq, chain, body in lines:
            operations += [{"create": {"_id": self.id_of(seq)}}, self._document(seq, chain, body)]
        told = await self._client.bulk(index=self._stream, operations=operations, refresh=False)
        done = lines[0][0] - 1
        for (seq, chain, _), answer in zip(lines, told["items"], strict=True):
            status = int(answer["create"]["status"])
            if status not in {200, 201} and not (status == 409 and await self._is_ours(seq, chain)):
                if done >= lines[0][0]:
                    await asyncio.to_thread(self._sent, done)
                raise Refused(f"record {seq}: status {status}, {answer['create'].get('error', {}).get('type', '')}")
            done = seq
        return done

    async def _is_ours(self, seq: int, chain: str) -> bool:
        """A replay is no fault; another record in our place is. A key that may only create cannot tell them apart."""
        from elasticsearch import AuthorizationException

        try:
            return await self._holds(seq, chain)
        except AuthorizationException:
            log.warning("a record is there already, and the key may not read which", seq=seq, stream=self._stream)
            return True

    async def _holds(self, seq: int, chain: str) -> bool:
        wanted = {"bool": {"filter": [{"ids": {"values": [self.id_of(seq)]}}]}}
        await self._client.indices.refresh(index=self._stream)
        found = await self._client.search(index=self._stream, query=wanted, size=1)
        return any(hit["_source"].get("chain") == chain for hit in found["hits"]["hits"])

    def id_of(self, seq: int) -> str:
        """The same for the same record, however often it is sent."""
        return hashlib.sha256(f"{self._stream}\n{seq}".encode()).hexdigest()

    def _document(self, seq: int, chain: str, body: str) -> dict[str, Any]:
        record = json.loads(body)
        fields = {name: record.get(name, "") for name in ("who", "did", "to", "outcome", "leave", "thread")}
        return {
            "@timestamp": record["at"],
            "stream": self._stream,
            "seq": seq,
            "chain": chain,
            **fields,
            "record": body,
        }

    def _unsent(self) -> list[tuple[int, str, str]]:
        """The next lines after the one that was sent last."""
        seen, offset = self._read_mark()
        found: list[tuple[int, str, str]] = []
        if not self._file.path.exists():
            return found
        with self._file.path.open("rb") as file:
            file.seek(offset if offset <= file.seek(0, 2) else 0)
            while len(found) < MOST_AT_ONCE and (raw := file.readline()).endswith(b"\n"):
                line = LINE.fullmatch(raw[:-1].decode("utf-8", "replace"))
                if line and int(line[1]) > seen:
                    found.append((int(line[1]), line[2], line[3]))
        return found

    def _read_mark(self) -> tuple[int, int]:
        try:
            seen, offset = self._mark.read_text(encoding="ascii").split()
            return int(seen), int(offset)
        except (OSError, ValueError):
            return 0, 0

    def _sent(self, seq: int) -> None:
        """Up to here; where in the file the next one stands."""
        seen, offset = self._read_mark()
        with self._file.path.open("rb") as file:
            file.seek(offset)
            while seen < seq and (raw := file.readline()).endswith(b"\n"):
                line = LINE.fullmatch(raw[:-1].decode("utf-8", "replace"))
                seen = int(line[1]) if line else seen
            offset = file.tell()
        fresh = Path(f"{self._mark}.new")
        fresh.write_text(f"{seq} {offset}", encoding="ascii")
        fresh.replace(self._mark)

    async def _follow(self) -> None:
        """Sends what there is, and waits for more; longer each time Elasticsearch does not take it."""
        from elasticsearch import ApiError, TransportError

        pause, prepared = PAUSE, False
        while True:
            self._news.clear()
            try:
                if not prepared:
                    await self._prepare_if_we_may()
                    prepared = True
                await self.send()
                pause = PAUSE
                await self._news.wait()
            except (Refused, ApiError, TransportError, OSError, *ODD) as error:
                why = str(error)[:200] or type(error).__name__
                log.warning("the audit trail waits for Elasticsearch", why=why, seconds=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    async def _prepare_if_we_may(self) -> None:
        """A key that may only create documents is not told off for it."""
        from elasticsearch import AuthorizationException

        with contextlib.suppress(AuthorizationException):
            await self.prepare()

    async def close(self) -> None:
        """What is not sent stays in the file, and is sent after the next start."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._client.close()


def make(file: FileLedger, chosen: LedgerSettings) -> ElasticsearchLedger:
    """From LEDGER_ELASTICSEARCH_*."""
    from elasticsearch import AsyncElasticsearch

    given: dict[str, Any] = {"request_timeout": 20}
    if key := chosen.elasticsearch_api_key.get_secret_value():
        given["api_key"] = key
    if chosen.elasticsearch_ca_file:
        given["ca_certs"] = chosen.elasticsearch_ca_file
    client = AsyncElasticsearch(chosen.elasticsearch_url, **given)
    return ElasticsearchLedger(file, client, chosen.elasticsearch_stream)
