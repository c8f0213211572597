"""What can be asked of the library of past incidents and runbooks."""

from collections.abc import Sequence
from typing import Annotated, Protocol

from pydantic import Field

from skills.action import action
from skills.errors import Unreachable
from skills.evidence import Evidence, Table
from skills.risk import Risk
from skills.skill import Skill
from skills.words import counted, told

LINE = 280
"""Letters of one quoted line; a brain is shown no longer ones."""
LINES = 4
"""Of one entry."""


class Found(Protocol):
    """One entry of the library."""

    @property
    def title(self) -> str: ...

    @property
    def url(self) -> str: ...

    @property
    def source(self) -> str: ...

    @property
    def text(self) -> str: ...

    @property
    def standing(self) -> str:
        """Whether our people vouch for it, and since when it stands there."""
        ...


class Search(Protocol):
    """Where entries are found; None while there is no library, or it does not answer."""

    async def __call__(self, question: str, most: int, service: str, alert: str) -> Sequence[Found] | None: ...


class Knowledge(Skill):
    """Looks things up; nothing in the library is ever changed by a brain."""

    def __init__(self, search: Search | None = None) -> None:
        self._search = search

    @action(risk=Risk.READ, command="kb <question>")
    async def search_kb(
        self,
        question: Annotated[str, Field(min_length=1, max_length=2000)],
        service: Annotated[str, Field(max_length=253)] = "",
        alert: Annotated[str, Field(max_length=253)] = "",
        most: Annotated[int, Field(ge=1, le=10)] = 5,
    ) -> Evidence:
        """Search past incidents, tickets and runbooks, in Chinese or English, whichever language they are in.

        Args:
            question: What is looked for, in plain words.
            service: The service it is about, where it is known.
            alert: The name of the alert it is about, where it is known.
            most: How many entries.
        """
        found = await self._search(question, most, service, alert) if self._search else None
        if found is None:
            raise Unreachable("no_library")
        rows = tuple((each.title, each.source, each.standing, each.url) for each in found)
        return Evidence(
            summary=_summary([each.title for each in found]),
            query=f"search_kb {question}",
            url=found[0].url if found and found[0].url.startswith(("http://", "https://")) else None,
            table=Table(("entry", "source", "standing", "link"), rows) if rows else None,
            lines=tuple(line for number, each in enumerate(found, 1) for line in _quoted(number, each.text)),
        )


def _summary(titles: Sequence[str]) -> str:
    if not titles:
        return told("Nothing in the library fits.", "知识库里没有合适的内容。")
    names = "; ".join(title[:100] for title in titles[:3])
    many = len(titles)
    return told(
        f"{counted(many, 'past case or page', 'past cases or pages')}: {names}", f"{many} 条历史案例或文档：{names}"
    )


def _quoted(number: int, text: str) -> list[str]:
    """The beginning of an entry in short lines, each marked as what it is."""
    plain = " ".join(text.split())
    room = LINE - 6
    return [f"{number} > {plain[at : at + room]}" for at in range(0, min(len(plain), LINES * room), room)]
