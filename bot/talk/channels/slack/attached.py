"""Files that people attach in Slack: fetched with our token, from Slack's own hosts alone."""

from typing import Any
from urllib.parse import urlsplit

from bot.errors import ChannelError
from bot.talk.channels.slack.faults import faults

MOST_BYTES = 15_000_000


async def fetched(web: Any, url: str, name: str) -> bytes:
    """The content. Raises ChannelError."""
    parts, home = urlsplit(url), urlsplit(str(web.base_url))
    ours = parts.scheme == "https" and (parts.hostname or "").endswith(".slack.com")
    if not ours and (parts.scheme, parts.netloc) != (home.scheme, home.netloc):
        raise ChannelError("file_not_had", name=name, why="it is not kept by Slack")
    headers = {"authorization": f"Bearer {web.token}"}
    try:
        async with web.session.get(url, headers=headers, allow_redirects=False) as response:
            kind = response.headers.get("content-type", "")
            if response.status != 200 or (kind.startswith("text/html") and not name.endswith((".html", ".htm"))):
                raise ChannelError("file_not_had", name=name, why="Slack gives it to nobody without files:read")
            body = bytearray()
            async for chunk in response.content.iter_chunked(65_536):
                body += chunk
                if len(body) > MOST_BYTES:
                    raise ChannelError("file_not_had", name=name, why=f"it is over {MOST_BYTES // 1_000_000} MB")
            return bytes(body)
    except faults() as error:
        raise ChannelError("file_not_had", name=name, why=type(error).__name__) from error
