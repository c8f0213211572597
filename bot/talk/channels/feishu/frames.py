"""The frames of Feishu's long connection: a small protobuf message, written and read without its SDK's 170 MB."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

NUMBERS = {1: "seq", 2: "log", 3: "service", 4: "method"}
TEXTS = {6: "encoding", 7: "kind", 9: "log_new"}
CONTROL = 0


class BrokenFrame(ValueError):
    """Bytes that are no frame."""


@dataclass(frozen=True, slots=True)
class Frame:
    """`method` 0 is about the connection itself, 1 brings an event."""

    seq: int = 0
    log: int = 0
    service: int = 0
    method: int = CONTROL
    headers: dict[str, str] = field(default_factory=dict)
    encoding: str = ""
    kind: str = ""
    payload: bytes = b""
    log_new: str = ""

    def dump(self) -> bytes:
        """As bytes."""
        parts = [_number(number, getattr(self, name)) for number, name in NUMBERS.items()]
        for name, value in self.headers.items():
            parts.append(_bytes(5, _bytes(1, name.encode()) + _bytes(2, value.encode())))
        parts += [_bytes(number, getattr(self, name).encode()) for number, name in TEXTS.items() if number < 8]
        parts.append(_bytes(8, self.payload))
        parts.append(_bytes(9, self.log_new.encode()))
        return b"".join(parts)

    @staticmethod
    def load(raw: bytes) -> "Frame":
        """From bytes. Raises BrokenFrame."""
        told: dict[str, Any] = {"headers": {}}
        try:
            for number, value in _fields(raw):
                if number in NUMBERS and isinstance(value, int):
                    told[NUMBERS[number]] = value
                elif number in TEXTS and isinstance(value, bytes):
                    told[TEXTS[number]] = value.decode()
                elif number == 5 and isinstance(value, bytes):
                    pair = {key: text.decode() for key, text in _fields(value) if isinstance(text, bytes)}
                    told["headers"][pair.get(1, "")] = pair.get(2, "")
                elif number == 8 and isinstance(value, bytes):
                    told["payload"] = value
        except (IndexError, UnicodeDecodeError) as error:
            raise BrokenFrame(str(error)) from error
        return Frame(**told)


def ping(service: int) -> Frame:
    """Says that we are still there."""
    return Frame(service=service, headers={"type": "ping"})


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _bytes(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _fields(raw: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(raw):
        tag, at = _read(raw, at)
        kind = tag & 7
        if kind == 0:
            value, at = _read(raw, at)
            yield tag >> 3, value
        elif kind == 2:
            length, at = _read(raw, at)
            if at + length > len(raw):
                raise BrokenFrame("cut short")
            yield tag >> 3, raw[at : at + length]
            at += length
        elif kind in {1, 5}:
            at += 8 if kind == 1 else 4
        else:
            raise BrokenFrame(f"wire type {kind}")


def _read(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = raw[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
        if shift > 63:
            raise BrokenFrame("a number without an end")
