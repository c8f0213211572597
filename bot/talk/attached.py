"""Files that people attach, fetched from the channel in which they did."""

from collections.abc import Mapping

from bot.domain.message import Attachment, Thread
from bot.talk.channels import Channel


class Attached:
    """Asks the channel of the thread."""

    def __init__(self, channels: Mapping[str, Channel]) -> None:
        self._channels = channels

    async def fetch(self, attachment: Attachment, thread: Thread) -> bytes:
        """The content. Raises ChannelError."""
        return await self._channels[thread.channel].fetch(attachment)
