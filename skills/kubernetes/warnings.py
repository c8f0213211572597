"""Warning events of the whole cluster as they come: listed once, then watched, and taken up again where we were."""

import json
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from skills.http import Params
from skills.kubernetes.cluster import Cluster, Thing, path_of
from skills.kubernetes.kinds import EVENT

FIELDS = "type=Warning"
MOST = 500
SECONDS = 240
GONE = 410


class Warnings:
    """Where we are in the stream of events. Every call may raise a SkillError; ask again later, nothing is lost."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self.version = ""
        """Up to where events are known; empty: they must be listed first."""

    async def listed(self) -> list[Thing]:
        """All that the cluster still remembers; from there on it is watched."""
        found: list[Thing] = []
        params: dict[str, Any] = {"fieldSelector": FIELDS, "limit": MOST}
        while True:
            page = await self._cluster.http.read_json(path_of(EVENT, ""), params)
            found += page.get("items") or []
            meta = page.get("metadata") or {}
            if not meta.get("continue"):
                self.version = str(meta.get("resourceVersion") or "")
                return found
            params["continue"] = meta["continue"]

    async def follow(self) -> AsyncGenerator[Thing]:
        """What is new, until the server ends the answer; after that, follow again."""
        params: Params = {
            "watch": "true",
            "fieldSelector": FIELDS,
            "resourceVersion": self.version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": SECONDS,
        }
        async for line in self._cluster.http.lines(path_of(EVENT, ""), params):
            told = _read(line)
            thing = told.get("object") or {}
            if told.get("type") == "ERROR":
                # too much has happened since: list anew
                self.version = "" if thing.get("code") == GONE else self.version
                return
            self.version = str((thing.get("metadata") or {}).get("resourceVersion") or self.version)
            if told.get("type") in ("ADDED", "MODIFIED"):
                yield thing


def _read(line: str) -> Mapping[str, Any]:
    try:
        told = json.loads(line)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
