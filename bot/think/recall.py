"""What the library holds that may fit what is looked into: asked for by its words, its names and its alert."""

from dataclasses import dataclass

from bot.domain.report import Past
from bot.redaction import mask
from bot.think.diagnosis.sight import Ask
from bot.think.shelf import LibraryShelf
from knowledge import Passage

MOST = 3
MOST_NAMES = 5
NAMES = ("service", "deployment", "workload")


@dataclass(frozen=True, slots=True)
class Recall:
    """Past cases for a diagnosis. Nothing where there is no library, or it is slow."""

    shelf: LibraryShelf

    async def __call__(self, ask: Ask) -> tuple[Past, ...]:
        """The few that are nearest, in their own words."""
        first = ask.alerts[0] if ask.alerts else None
        question = f"{first.name} {first.summary}" if first else ask.text
        if not question.strip():
            return ()
        spaces = _named(ask, "namespace")
        found = await self.shelf.search(
            mask(question),
            MOST,
            services=_named(ask, *NAMES)[:MOST_NAMES],
            namespace=spaces[0] if len(spaces) == 1 else None,
            alert=first.name if first else None,
        )
        return tuple(_past(each) for each in found)


def _named(ask: Ask, *labels: str) -> tuple[str, ...]:
    found = (alert.labels.get(label, "") for alert in ask.alerts for label in labels)
    return tuple(dict.fromkeys(name for name in found if name))


def _past(passage: Passage) -> Past:
    return Past(passage.title, passage.text, passage.url, passage.source, passage.document.key)
