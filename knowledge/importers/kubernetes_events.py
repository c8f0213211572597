"""Warnings that Kubernetes gave, gathered: one document for each thing, reason and day, not one for each event."""

import json
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from knowledge.errors import BadSource
from knowledge.importers import JSON, Batch
from knowledge.importers.settings import KubernetesEventsSettings
from knowledge.passage import Document
from knowledge.wire import Wire

LIVE = True
ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
PAGE = 500
MOST_MESSAGES = 5
_POD_SUFFIX = re.compile(r"(?:-[a-f0-9]{6,10})?-[a-z0-9]{5}$|-\d+$")


@dataclass(frozen=True, slots=True)
class Gathered:
    """All events of one workload for one reason on one day. `counts` by uid: an event seen again counts once."""

    namespace: str
    kind: str
    name: str
    reason: str
    day: str
    counts: tuple[tuple[str, int], ...] = ()
    messages: tuple[str, ...] = ()
    first: str = ""
    last: str = ""

    @property
    def key(self) -> str:
        return "/".join((self.day, self.namespace, self.kind, self.name, self.reason))

    def with_event(self, uid: str, count: int, message: str, when: str) -> "Gathered":
        counts = dict(self.counts)
        counts[uid] = max(count, counts.get(uid, 0))
        known = self.messages if message in self.messages else (*self.messages, message)[:MOST_MESSAGES]
        return replace(
            self,
            counts=tuple(counts.items()),
            messages=known,
            first=min(filter(None, (self.first, when)), default=""),
            last=max(self.last, when),
        )

    def document(self, url: str) -> Document:
        times = sum(count for _, count in self.counts)
        quoted = "\n".join(f"- {' '.join(message.split())[:500]}" for message in self.messages)
        return Document(
            title=f"{self.reason}: {self.kind} {self.namespace}/{self.name}",
            text=f"{self.day}: {times} times, from {self.first} to {self.last}.\n\n{quoted}",
            url=url,
            key=self.key,
            kind="event",
            updated=_moment(self.last),
            services=(self.name,),
            namespaces=(self.namespace,) if self.namespace else (),
        )


class KubernetesEvents:
    """Lists what the cluster still remembers (an hour, as a rule), adds it to what we gathered before."""

    def __init__(self, wire: Wire, namespaces: tuple[str, ...] = (), cluster: str = "cluster") -> None:
        self.source = f"kubernetes:{cluster}"
        self._wire = wire
        self._namespaces = namespaces

    async def close(self) -> None:
        await self._wire.close()

    async def batches(self, cursor: JSON) -> AsyncIterator[Batch]:
        """The cursor holds today's and yesterday's gatherings, so that counts go on growing in the same document."""
        gathered = _remembered(cursor)
        for namespace in self._namespaces or ("",):
            async for events in self._listed(namespace):
                yield self._batch(gathered, events)

    def _batch(self, gathered: dict[str, Gathered], events: Iterable[Mapping[str, Any]]) -> Batch:
        touched = dict[str, Gathered]()
        for event in events:
            found = _read(event)
            if found is None:
                continue
            blank, uid, count, message, when = found
            grown = gathered.get(blank.key, blank).with_event(uid, count, message, when)
            if grown != gathered.get(blank.key):
                gathered[blank.key] = touched[blank.key] = grown
        return Batch(tuple(one.document(self._url(one)) for one in touched.values()), cursor=_kept(gathered))

    def _url(self, one: Gathered) -> str:
        where = f"/namespaces/{one.namespace}" if one.namespace else ""
        return f"{self._wire.url}/api/v1{where}/events"

    async def _listed(self, namespace: str) -> AsyncIterator[list[dict[str, Any]]]:
        path = f"/api/v1/namespaces/{namespace}/events" if namespace else "/api/v1/events"
        token, again = "", 0
        while True:
            asked = {"limit": PAGE, "fieldSelector": "type=Warning"} | ({"continue": token} if token else {})
            page = await self._wire.json("GET", path, params=asked, absent=(410,))
            if page is None:  # the list grew too old while we read it: begin anew, what we have counts once
                again += 1
                if again > 3:
                    return
                token = ""
                continue
            yield page.get("items") or []
            token = (page.get("metadata") or {}).get("continue") or ""
            if not token:
                return

    async def follow(self, cursor: JSON, seconds: int = 300) -> AsyncIterator[Batch]:
        """As `batches`, then what happens while we watch. An early end is no error: the next run lists again."""
        gathered = _remembered(cursor)
        async for batch in self.batches(cursor):
            gathered = _remembered(batch.cursor)
            yield batch
        seconds = max(1, seconds // max(1, len(self._namespaces)))
        for namespace in self._namespaces or ("",):
            path = f"/api/v1/namespaces/{namespace}/events" if namespace else "/api/v1/events"
            params = {"watch": "1", "timeoutSeconds": seconds, "fieldSelector": "type=Warning"}
            async for line in self._wire.lines(path, params=params, seconds=seconds + 30):
                told = _json(line)
                if told.get("type") == "ERROR":
                    return
                if told.get("type") in {"ADDED", "MODIFIED"}:
                    yield self._batch(gathered, [told.get("object") or {}])

    async def census(self) -> frozenset[str] | None:
        """The cluster forgets within the hour; we remember."""
        return None


def _read(event: Mapping[str, Any]) -> tuple[Gathered, str, int, str, str] | None:
    """core/v1 and events.k8s.io/v1 alike."""
    about = event.get("involvedObject") or event.get("regarding") or {}
    series = event.get("series") or {}
    metadata = event.get("metadata") or {}
    when = str(
        series.get("lastObservedTime")
        or event.get("lastTimestamp")
        or event.get("deprecatedLastTimestamp")
        or event.get("eventTime")
        or metadata.get("creationTimestamp")
        or ""
    )
    uid = str(metadata.get("uid") or f"{metadata.get('namespace')}/{metadata.get('name')}")
    if event.get("type") != "Warning" or not about.get("kind") or not when:
        return None
    name = str(about.get("name") or "")
    workload = _POD_SUFFIX.sub("", name) if about["kind"] == "Pod" else name
    blank = Gathered(
        str(about.get("namespace") or ""),
        str(about["kind"]),
        workload or name,
        str(event.get("reason") or "?"),
        when[:10],
    )
    count = int(series.get("count") or event.get("count") or event.get("deprecatedCount") or 1)
    return blank, uid, count, str(event.get("message") or event.get("note") or ""), when


def _remembered(cursor: JSON) -> dict[str, Gathered]:
    rows: Any = cursor.get("gathered") if isinstance(cursor, dict) else None
    found = dict[str, Gathered]()
    for namespace, kind, name, reason, day, counts, messages, first, last in rows or ():
        pairs = tuple((uid, count) for uid, count in counts)
        one = Gathered(namespace, kind, name, reason, day, pairs, tuple(messages), first, last)
        found[one.key] = one
    return found


def _kept(gathered: Mapping[str, Gathered]) -> JSON:
    """Only the last two days that had events: older ones can't grow any more."""
    days = sorted({one.day for one in gathered.values()})[-2:]
    rows: list[JSON] = [
        [g.namespace, g.kind, g.name, g.reason, g.day, [[u, c] for u, c in g.counts], list(g.messages), g.first, g.last]
        for g in gathered.values()
        if g.day in days
    ]
    return {"gathered": rows}


def _json(line: str) -> dict[str, Any]:
    try:
        told = json.loads(line)
    except ValueError:
        return {"type": "ERROR"}  # a line that was cut off: the watch is over
    return told if isinstance(told, dict) else {}


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return None


def make(options: Mapping[str, str]) -> KubernetesEvents:
    """Options: url, project (namespaces), cluster (its name)."""
    settings = KubernetesEventsSettings()
    url = options.get("url") or settings.url
    token, ca = settings.token.get_secret_value(), settings.ca_file
    if not url:
        if not (ACCOUNT / "token").exists():
            why = "we run in no cluster, and KUBERNETES_EVENTS_URL is not set"
            raise BadSource("import_bad_source", source="Kubernetes", why=why)
        url, token, ca = "https://kubernetes.default.svc", (ACCOUNT / "token").read_text(), str(ACCOUNT / "ca.crt")
    headers = {"Authorization": f"Bearer {token.strip()}"} if token else {}
    wire = Wire("Kubernetes", url, headers=headers, **_trusting(ca))
    wanted = options.get("project") or settings.namespaces
    names = tuple(name.strip() for name in wanted.split(",") if name.strip())
    return KubernetesEvents(wire, names, options.get("cluster", "cluster"))


def _trusting(ca: str) -> dict[str, Any]:
    import ssl

    return {"verify": ssl.create_default_context(cafile=ca)} if ca else {}
