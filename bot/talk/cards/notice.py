"""One sentence, as a card."""

from bot.domain.card import Card, Markdown, Severity
from bot.talk.cards.words import Words


def notice_card(text: str, words: Words, severity: Severity = "info") -> Card:
    """For whispers and for what needs no more than a sentence."""
    return Card(words("notice_title"), (Markdown(text),), severity, text[:200], language=words.language)
