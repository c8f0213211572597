"""What skills say of what they saw, in the reader's language: each sentence is written twice, side by side."""

from contextvars import ContextVar

readers_language: ContextVar[str] = ContextVar("readers_language", default="en")


def told(english: str, chinese: str) -> str:
    """The one that the reader reads."""
    return chinese if readers_language.get() == "zh" else english


def counted(number: int, thing: str, things: str = "") -> str:
    """1 alert, 2 alerts."""
    return f"{number} {thing if number == 1 else things or thing + 's'}"
