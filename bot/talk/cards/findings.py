"""What the library found, as a card: every entry with its source, its age, and whether our people vouch for it."""

from bot.domain.card import Block, Button, Buttons, Card, Context, Divider, Markdown, plain
from bot.domain.message import PressKind
from bot.talk.cards.words import Words
from knowledge import Findings, KnownCase, Passage
from knowledge.trust import instructs, visible

SHOWN = 5
NEAR = 2
LETTERS = 360
PART = 240
"""Letters of a case's symptom, cause or fix."""
WEB = ("http://", "https://")


def findings_card(question: str, found: Findings, words: Words, titled: str = "kb_title") -> Card:
    """Those that fit; where nothing does, that is said, and what is nearest stands below it."""
    shown = found.passages[:SHOWN] or found.near[:NEAR]
    blocks: list[Block] = []
    if found.nothing_fits:
        blocks.append(Markdown(words("kb_nothing" if shown else "kb_nothing_at_all")))
    for number, passage in enumerate(shown, 1):
        blocks += [Divider()] if blocks else []
        blocks += _entry(number, passage, words)
    notes = [words(f"kb_gap_{gap}") for gap in found.gaps]
    notes.append(words("kb_small", count=len(shown), seconds=f"{found.seconds:.2f}"))
    blocks.append(Context(" ".join(notes)))
    title = words(titled, question=question[:120])
    summary = shown[0].title[:200] if shown and not found.nothing_fits else words("kb_nothing_at_all")
    return Card(title, tuple(blocks), "info", summary, language=words.language)


def _entry(number: int, passage: Passage, words: Words) -> list[Block]:
    text = " ".join(visible(passage.text).split())
    quoted = text if len(text) <= LETTERS else f"{text[:LETTERS]} …"
    heading = f" — {plain(visible(passage.heading)[:120])}" if passage.heading else ""
    about = [words("kb_verified") if passage.document.verified else words("kb_unverified"), passage.source]
    about += [f"{passage.updated:%Y-%m-%d}"] if passage.updated else []
    about += [words("kb_restricted")] if passage.document.acl else []
    if instructs(passage.text):
        about.append(words("kb_instructs"))
    opened: tuple[tuple[str, str], ...] = ((words("kb_open"), passage.url),) if passage.url.startswith(WEB) else ()
    target = passage.document.id
    voices = (
        Button(words("button_this_was_it"), PressKind.THIS_WAS_IT, target),
        Button(words("button_not_this"), PressKind.NOT_THIS, target),
    )
    opened += tuple((visible(each.title)[:80], each.url) for each in passage.twins if each.url.startswith(WEB))
    told = _case(passage.case, words) if passage.case else ""
    about += [words("kb_twins", count=len(passage.twins))] if passage.twins else []
    about += [words(f"kb_read_by_{passage.case.by}")] if passage.case and told else []
    return [
        Markdown(f"**{number}. {plain(visible(passage.title)[:200])}**{heading}\n\n{told or '> ' + plain(quoted)}"),
        Context(" · ".join(about), opened),
        Buttons(voices),
    ]


def _case(case: KnownCase, words: Words) -> str:
    """Symptom, cause and fix, each quoted; empty where neither cause nor fix is told: then the passage says more."""
    if not (case.cause or case.fix):
        return ""
    parts = (("kb_symptom", case.symptom), ("kb_cause", case.cause), ("kb_fix", case.fix))
    return "\n>\n".join(f"> **{words(key)}** {plain(_short(text))}" for key, text in parts if text)


def _short(text: str) -> str:
    line = " ".join(visible(text).split())
    return line if len(line) <= PART else f"{line[:PART]} …"
