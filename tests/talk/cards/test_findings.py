"""What the library found, as a card: the case in its parts, who read it so, and the others that tell the same."""

from dataclasses import replace

import pytest

from bot.domain.card import Context, Markdown
from bot.talk.cards.findings import findings_card
from bot.talk.cards.words import Words
from knowledge import Document, Findings, KnownCase, Passage, Twin

DOCUMENT = Document("OPS-7 Orders failed", "The pool was full.", "https://j/OPS-7", source="jira:OPS", kind="ticket")
CASE = KnownCase("Checkout answered 502.", "The pool was full.", "We raised it.")
FOUND = Passage(DOCUMENT, "The pool was full.", 0.8, "", CASE)


def said(passage, language="en"):
    card = findings_card("pool", Findings((passage,)), Words(language))
    text = "\n".join(block.text for block in card.blocks if isinstance(block, Markdown | Context))
    return text, [link for block in card.blocks if isinstance(block, Context) for link in block.links]


def test_a_case_is_told_in_its_parts():
    text, _ = said(FOUND)
    assert "**Symptom:** Checkout answered 502." in text
    assert "**What helped:** We raised it." in text
    assert "read as a case by rules" in text


@pytest.mark.parametrize(("by", "words"), [("brain", "由模型整理成案例"), ("people", "由我们的人撰写")])
def test_who_read_it_so_is_said(by, words):
    assert words in said(replace(FOUND, case=replace(CASE, by=by)), "zh")[0]


def test_without_cause_and_fix_the_passage_itself_is_quoted():
    text, _ = said(replace(FOUND, case=KnownCase("Checkout answered 502.", "", "")))
    assert "> The pool was full." in text
    assert "by rules" not in text


def test_the_same_case_elsewhere_can_be_opened():
    twins = (Twin("OPS-8 Orders failed", "https://j/OPS-8", "jira:OPS"), Twin("OPS-9", "javascript:alert(1)", "x"))
    text, links = said(replace(FOUND, twins=twins))
    assert "seen 2 more times" in text
    assert [url for _, url in links] == ["https://j/OPS-7", "https://j/OPS-8"]
