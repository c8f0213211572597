"""What skills say of what they saw, in the reader's language: each sentence is written twice, side by side."""

from contextvars import ContextVar
from typing import Literal

readers_language: ContextVar[str] = ContextVar("readers_language", default="")


def told(english: str, chinese: str) -> str:
    """The one that the reader reads."""
    return chinese if readers_language.get() == "zh" else english


def readers() -> Literal["", "en", "zh"]:
    """The language of who reads now; empty where nobody in particular does."""
    language = readers_language.get()
    return "zh" if language == "zh" else "en" if language == "en" else ""


def counted(number: int, thing: str, things: str = "") -> str:
    """1 alert, 2 alerts."""
    return f"{number} {thing if number == 1 else things or thing + 's'}"
