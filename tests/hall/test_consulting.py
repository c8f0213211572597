"""/kb shows in a thread what everybody may see; what only the asker may see is theirs alone, on every way in."""

from datetime import UTC, datetime

import pytest

from bot.domain.card import Card
from bot.domain.message import Message, Person, Thread
from bot.hall.consulting import Consulting
from bot.think.shelf import LibraryShelf
from knowledge import Document, KnowledgeSettings, Library

NOW = datetime(2026, 9, 1, tzinfo=UTC)
OPEN = Document("Orders failed", "The connection pool was exhausted. We raised it.", "https://t/1", key="1")
HIDDEN = Document(
    "Payroll pool", "The connection pool of payroll was exhausted.", "https://t/2", key="2", acl="payroll"
)
JIRA = Document("Board pool", "The connection pool of the board was exhausted.", "https://t/3", key="3", acl="jira:B:9")
THEIRS = Document("Their pool", "The connection pool of the others was exhausted.", "https://t/4", key="4", tenant="T2")
ASKED = "connection pool exhausted"
LIN = Person("U1", "Lin", "slack", "T1")
CHEN = Person("U2", "Chen", "slack", "T1", frozenset({"payroll"}))
ZHAO = Person("U3", "Zhao", "slack", "T1", frozenset({"board"}))
QIAN = Person("U4", "Qian", "slack", "T2", frozenset({"oncall"}))
SEEN = {LIN: {"1"}, CHEN: {"1", "2"}, ZHAO: {"1", "3"}, QIAN: {"1", "4"}}


class Rules:
    def roles(self, person):
        return person.roles

    def reads(self, person):
        return frozenset({"jira:B:*"} if "board" in person.roles else ())


class Wall:
    """Where cards hang: for all in the thread, and for one person."""

    def __init__(self) -> None:
        self.shown: list[Card] = []
        self.whispered: list[tuple[str, Card]] = []

    async def show(self, _slot: str, _thread: Thread, card: Card) -> None:
        self.shown.append(card)

    async def whisper(self, _thread: Thread, person: Person, card: Card) -> None:
        self.whispered.append((person.id, card))


@pytest.fixture
async def shelf(tmp_path):
    settings = KnowledgeSettings(folder=tmp_path / "library", embeddings="none", database="")
    library = await Library.open(settings)
    await library.add([OPEN, HIDDEN, JIRA, THEIRS])
    await library.close()
    shelf = LibraryShelf(settings)
    shelf.rights = Rules()
    yield shelf
    await shelf.close()


def links(*cards: Card) -> set[str]:
    return {each.key for each in (OPEN, HIDDEN, JIRA, THEIRS) if any(each.url in str(card) for card in cards)}


def asks(person: Person, alone: bool) -> Message:
    return Message("m1", Thread("slack", "1", "C1", person.workspace), person, f"/kb {ASKED}", NOW, alone=alone)


@pytest.mark.parametrize("person", SEEN, ids=lambda person: person.name)
async def test_with_others_around_only_the_asker_is_told_what_is_theirs(shelf, person):
    wall = Wall()
    await Consulting(shelf, wall).consult(asks(person, alone=False))
    assert links(*wall.shown) == SEEN[person] & {"1", "4"}, "what all people of the workspace may see"
    hidden = SEEN[person] & {"2", "3"}
    assert [who for who, _ in wall.whispered] == ([person.id] if hidden else [])
    assert links(*(card for _, card in wall.whispered)) == hidden
    assert all("not everybody may see it" in str(card) for _, card in wall.whispered)
    assert "not everybody may see it" not in str(wall.shown)
    assert all(card.title == f"For you alone: {ASKED}" for _, card in wall.whispered)


@pytest.mark.parametrize("person", SEEN, ids=lambda person: person.name)
async def test_in_a_conversation_with_us_alone_all_stands_on_one_card(shelf, person):
    wall = Wall()
    await Consulting(shelf, wall).consult(asks(person, alone=True))
    assert links(*wall.shown) == SEEN[person]
    assert not wall.whispered


@pytest.mark.parametrize("person", SEEN, ids=lambda person: person.name)
@pytest.mark.parametrize("alone", [True, False])
async def test_a_brain_reads_with_the_rights_of_those_who_read_its_answer(shelf, person, alone):
    with shelf.read_as(person, alone):
        asked = {each.url[-1] for each in await shelf.asked(ASKED, 10, "", "")}
        briefed = {each.document.key for each in await shelf.search(ASKED, 10)}
    assert asked == briefed == (SEEN[person] if alone else SEEN[person] & {"1", "4"})
    assert {each.document.key for each in await shelf.search(ASKED, 10)} == {"1"}, "nobody in particular asks"


async def test_what_is_hidden_takes_nobody_elses_place(shelf):
    found = await shelf.look_up(ASKED, LIN, alone=False, most=1)
    assert [each.document.key for each in found.passages] == ["1"]
    assert not {each.document.key for each in found.near} & {"2", "3", "4"}
