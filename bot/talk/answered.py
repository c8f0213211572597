"""What a chat platform answered: it may lie about kinds, and leave out what it promises."""

from collections.abc import Mapping
from typing import Any

from bot.errors import ChannelError
from skills.shapes import Shape, agrees


class Answered(dict[str, Any]):
    """Reading what is not there is the platform's fault, and told as such."""

    def __init__(self, told: Any, fields: Mapping[str, Shape], key: str) -> None:
        """`fields`: of which kinds they are where they are there. Raises ChannelError with `key` where they are not."""
        self._key = key
        if not agrees(told, dict(fields)):
            raise ChannelError(key, why="it answered with other kinds than it promises")
        super().__init__(told)

    def __missing__(self, name: str) -> Any:
        raise ChannelError(self._key, why=f"its answer has no {name}")
