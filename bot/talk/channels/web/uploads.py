"""Files that people attach on the page: brought one by one, kept, and named in the message that follows."""

import mimetypes
import re
from pathlib import PurePath
from urllib.parse import unquote

from starlette.requests import Request

from bot.database.files import Files, KeptFile
from bot.domain.message import Attachment
from bot.errors import ChannelError
from bot.talk.refused import Refused

MOST_BYTES = 4_000_000
PICTURES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif", b"RIFF": "image/webp"}


class Uploads:
    """In by a post, out as the attachment of a message."""

    def __init__(self, files: Files) -> None:
        self._files = files

    async def take(self, request: Request) -> Attachment:
        """The body of a post, kept. A picture is what looks like one, whatever it is called. Raises Refused."""
        content = bytearray()
        async for chunk in request.stream():
            content += chunk
            if len(content) > MOST_BYTES:
                raise Refused(413, "web_file_too_large", {"connection": "close"}, most=MOST_BYTES // 1_000_000)
        if not content:
            raise Refused(422, "web_file_empty")
        told = unquote(request.headers.get("x-file-name", ""))[:400]
        name = re.sub(r"[^\w.()+ -]", "_", PurePath(told.replace("\\", "/")).name).strip(". ")[:120] or "file"
        guess = mimetypes.guess_type(name)[0] or "application/octet-stream"
        seen = next((kind for start, kind in PICTURES.items() if content.startswith(start)), "")
        kind = seen or ("application/octet-stream" if guess.startswith("image/") else guess)
        return Attachment(name, kind, await self._files.keep(KeptFile(name, kind, bytes(content))))

    async def named(self, ids: list[str]) -> tuple[Attachment, ...]:
        """What a message names. Raises Refused when a file is gone."""
        found = []
        for each in ids:
            kept = await self._files.of(each)
            if kept is None:
                raise Refused(422, "web_file_gone")
            found.append(Attachment(kept.name, kept.media_type, each))
        return tuple(found)

    async def content(self, attachment: Attachment) -> bytes:
        """For the brain. Raises ChannelError."""
        kept = await self._files.of(attachment.url)
        if kept is None:
            raise ChannelError("file_not_had", name=attachment.name, why="it is no longer kept")
        return kept.content
