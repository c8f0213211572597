"""Files on their way to Dify, and pictures on their way back: bounded, and never from another address than Dify's."""

import asyncio
from dataclasses import replace
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit

from bot.database.files import Files, KeptFile
from bot.domain.case import Case
from bot.domain.message import Attachment, Language
from bot.domain.plan import Plan
from bot.domain.thought import Activity
from bot.errors import BotError
from bot.redaction import mask
from bot.think.dify.client import Client
from bot.think.dify.offers import Offered
from bot.think.means import Means
from bot.think.sentences import say

MOST_BYTES = 10_000_000
MOST_TEXT = 200_000
"""Bytes of the end of a text: more than a model reads."""
MOST_FILES = 10
UPLOAD_SECONDS = 120.0
MOST_PICTURES = 4
PICTURES = {"image/png", "image/jpeg", "image/webp", "image/gif"}
DOCUMENTS = {".pdf", ".html", ".xlsx", ".xls", ".docx", ".csv", ".eml", ".msg", ".pptx", ".xml", ".epub"}
TEXTS = {
    ".txt",
    ".md",
    ".log",
    ".json",
    ".yaml",
    ".yml",
    ".conf",
    ".ini",
    ".toml",
    ".sh",
    ".py",
    ".go",
    ".java",
    ".sql",
}

Sent = dict[str, str]
"""A file as Dify wants it named in a turn."""


class Carrier:
    """Brings what people attach to Dify, and what Dify drew to people."""

    def __init__(self, client: Client, means: Means | None) -> None:
        self._client = client
        self._offered = Offered(client)
        self._fetch = means.fetch if means else None
        self._files = Files(means.database) if means and means.database else None

    async def carried(self, case: Case, user: str) -> tuple[list[Sent], list[Activity]]:
        """The files of the question, uploaded; and what to tell of each."""
        if not case.attachments or case.seen or self._fetch is None:
            return [], []
        sent: list[Sent] = []
        told: list[Activity] = []
        for number, each in enumerate(case.attachments[:MOST_FILES]):
            name = each.name[:100]
            try:
                sent.append(await self._carry(each, case, user, len(sent)))
                told.append(Activity(f"file-{number}", name, "done"))
            except BotError as error:
                told.append(Activity(f"file-{number}", name, "failed", say(error, case.language)))
        return sent, told

    async def _carry(self, file: Attachment, case: Case, user: str, before: int) -> Sent:
        assert self._fetch
        offers, kind = await self._offered.offers(), kind_of(file)
        if kind not in offers.kinds or before >= offers.most_files:
            raise BotError("dify_takes_no_file", name=file.name[:100])
        content = await self._fetch(file, case.thread)
        name, media_type = PurePath(file.name).name[:150] or "file", file.media_type or "application/octet-stream"
        if is_text(file):
            content = (await asyncio.to_thread(mask, content[-MOST_TEXT:].decode("utf-8", "replace"))).encode()
            name, media_type = (name if name.endswith((".txt", ".md")) else f"{name}.txt"), "text/plain"
        asked: dict[str, Any] = {"data": {"user": user}, "files": {"file": (name, content, media_type)}}
        told = await self._client.call("POST", "/files/upload", within=UPLOAD_SECONDS, **asked)
        kept = str(told.get("id") or "") if isinstance(told, dict) else ""
        return {"type": kind, "transfer_method": "local_file", "upload_file_id": kept}

    async def brought(self, plan: Plan, found: dict[str, str], others: int, language: Language) -> Plan:
        """With the pictures of the answer, kept for the channels to show; their addresses at Dify live for minutes.

        `others`, which are no pictures, and what cannot be had are counted in the small print.
        """
        kept = []
        for url in list(found.values())[:MOST_PICTURES]:
            path = urlsplit(url)
            if self._files is None or not path.path.startswith("/files/") or ".." in path.path:
                continue
            try:
                content, media_type = await self._client.picture(f"{path.path}?{path.query}", MOST_BYTES)
            except BotError:
                continue
            if media_type in PICTURES and content:
                kept.append(await self._files.keep(KeptFile("picture", media_type, content)))
        if left := others + len(found) - len(kept):
            plan = replace(plan, sources=(*plan.sources, say(BotError("dify_files_left", count=left), language)))
        return replace(plan, pictures=tuple(dict.fromkeys(kept))) if kept else plan


def is_text(file: Attachment) -> bool:
    """Whether it can be read, and so masked."""
    return PurePath(file.name.lower()).suffix in TEXTS or (
        file.media_type.startswith("text/") and PurePath(file.name.lower()).suffix not in DOCUMENTS
    )


def kind_of(file: Attachment) -> str:
    """What Dify calls a file of this kind."""
    kind = file.media_type.partition("/")[0]
    return kind if kind in {"image", "audio", "video"} else "document"
