"""The model as a librarian: puts what was found in order, and names the lines of a ticket that tell cause and fix.

It answers with numbers alone, so it can neither add a word to the library nor carry one out of it.
"""

import asyncio
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import httpx
from pydantic import BaseModel, Field, ValidationError

from bot.errors import ODD, BrainAway
from bot.redaction import mask
from bot.think.agent.settings import ModelSettings
from bot.think.agent.speaking import chat_of
from bot.think.agent.troubles import of_api
from knowledge import Document, Passage
from knowledge.cases import Part, lines_of
from knowledge.trust import visible

if TYPE_CHECKING:
    from langchain_openai import ChatOpenAI

PROMPTS = Path(__file__).parents[2] / "prompts" / "library"
LETTERS = 500
"""Of one entry."""
MOST_LETTERS = 16_000
"""Of a ticket."""
_OBJECT = re.compile(r"\{[^{}]*\}")
Told = TypeVar("Told", bound=BaseModel)


class Order(BaseModel):
    """Numbers of entries, best first."""

    order: list[int] = Field(max_length=100)


class Lines(BaseModel):
    """Numbers of lines, by part."""

    symptom: list[int] = Field(default_factory=list, max_length=200)
    cause: list[int] = Field(default_factory=list, max_length=200)
    fix: list[int] = Field(default_factory=list, max_length=200)


class Librarian:
    """Asks the model of MODEL_*. Raises BrainAway or BrainRefused when it does not answer, or not as asked."""

    def __init__(self, settings: ModelSettings) -> None:
        self._settings = settings
        self._model: ChatOpenAI | None = None

    async def order(self, question: str, found: Sequence[Passage]) -> tuple[int, ...]:
        """Places in `found`, best first; those that do not help are left out."""
        entries = [
            f"[{number}] {_line(passage.title, 200)}\n{_line(passage.text, LETTERS)}"
            for number, passage in enumerate(found, 1)
        ]
        told = await self._ask("order", f"Question: {_line(question, 2000)}\n\n" + "\n\n".join(entries))
        numbers = _read(told, Order).order
        return tuple(dict.fromkeys(number - 1 for number in numbers if 0 < number <= len(found)))

    async def read(self, document: Document) -> dict[Part, list[int]]:
        """Which lines tell what; empty where it told nothing that can be used."""
        lines = "\n".join(f"{number}: {mask(line)}" for number, line in enumerate(lines_of(document), 1))
        told = await self._ask("case", f"Ticket: {_line(document.title, 300)}\n\n{lines[:MOST_LETTERS]}")
        named = _read(told, Lines)
        return {"symptom": named.symptom, "cause": named.cause, "fix": named.fix}

    async def _ask(self, prompt: str, material: str) -> str:
        import openai

        try:
            async with asyncio.timeout(self._settings.seconds):
                reply = await self._chat().ainvoke([("system", _prompt(prompt)), ("human", material)])
        except TimeoutError as error:
            raise BrainAway("model_silent", url=self._settings.url) from error
        except (openai.OpenAIError, httpx.TransportError, *ODD) as error:
            raise of_api(error, self._settings.url) from error
        return reply.text

    def _chat(self) -> "ChatOpenAI":
        if self._model is None:
            self._model = chat_of(self._settings, temperature=0, streaming=True)
        return self._model


def _line(text: str, most: int) -> str:
    return mask(" ".join(visible(text).split())[:most])


def _read(text: str, kind: type[Told]) -> Told:
    """The last object in the answer that is what was asked for: models think aloud before it."""
    for found in reversed(_OBJECT.findall(text)):
        try:
            return kind.model_validate_json(found)
        except ValidationError:
            continue
    raise BrainAway("model_empty")


@cache
def _prompt(name: str) -> str:
    return (PROMPTS / f"{name}.md").read_text(encoding="utf-8")
