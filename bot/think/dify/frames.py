"""Cuts a stream of bytes into server-sent events, wherever the network happened to cut it."""

MOST_BYTES = 8_000_000
"""Of one event. A node's outputs may be long; nothing honest is longer than this."""


class TooLong(ValueError):
    """One event does not end."""


class Frames:
    """Feed me bytes; I give the `data:` of each event that is whole.

    A bare `event: ping` has no data and gives nothing; so do comments and fields that we do not know.
    Lines end with LF or CRLF.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """The data of each event that these bytes complete, in order."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        whole: list[bytes] = []
        for raw in lines:
            line = raw.removesuffix(b"\r")
            if not line:
                if self._lines:
                    whole.append(b"\n".join(self._lines))
                self._lines, self._size = [], 0
            elif line.startswith(b"data:"):
                self._lines.append(line[5:].removeprefix(b" "))
                self._size += len(line)
        if self._size + len(self._rest) > MOST_BYTES:
            raise TooLong
        return whole
