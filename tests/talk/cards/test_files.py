"""What goes beside a card as files."""

from bot.domain.card import Attached, Card, Code, Fold, Markdown
from bot.talk.cards.files import files_of


def test_what_is_attached_and_what_is_too_long_in_the_cards_order():
    log = Code("x" * 101, "log", "All lines")
    card = Card("x", (Markdown("m" * 500), Code("short", "log"), Attached("a.csv", "名称,1\n"), Fold("f", (log,))))
    table, long = files_of(card, 100)
    assert (table.name, table.media_type, table.content) == ("a.csv", "text/csv", "\ufeff名称,1\n".encode())
    assert (long.name, long.title, long.content) == ("log-2.txt", "All lines", b"x" * 101)


def test_text_that_is_no_unicode_is_sent_all_the_same():
    (file,) = files_of(Card("x", (Attached("a.md", "a\ud800b"),)), 100)
    assert file.content == b"a?b"
