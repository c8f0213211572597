"""What of a card goes beside it as a file: what is attached, and text that is too long to stand in it."""

from dataclasses import dataclass

from bot.domain.card import Attached, Card, Code, Fold


@dataclass(frozen=True, slots=True)
class TextFile:
    """As a channel uploads it."""

    name: str
    title: str
    content: bytes
    media_type: str = "text/plain"


def files_of(card: Card, inline: int) -> list[TextFile]:
    """All of them in the card's order. `inline`: so many letters of a log stand in the card itself."""
    inside = [each for block in card.blocks for each in (block.blocks if isinstance(block, Fold) else (block,))]
    found = []
    for block in inside:
        if isinstance(block, Attached):
            found.append(_named(block))
        elif isinstance(block, Code) and len(block.text) > inline:
            name = f"{block.language or 'log'}-{len(found) + 1}.txt"
            found.append(TextFile(name, block.caption[:150], block.text.encode(errors="replace")))
    return found


def _named(block: Attached) -> TextFile:
    """Spreadsheets read UTF-8 only if it says so at its head."""
    table = block.name.endswith(".csv")
    content = block.text.encode("utf-8-sig" if table else "utf-8", errors="replace")
    return TextFile(block.name, block.name, content, "text/csv" if table else "text/plain")
