"""The workbench: what @action makes of a method."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skills import BadArguments, Catalogue, Evidence, Risk, Skill, action
from skills.change import Preview, Snapshot, Target, Verification
from skills.names import Name, Namespace


class Turn:
    """Turns a lamp, and remembers how it stood."""

    def __init__(self, lamps: dict[str, int], name: str, level: int) -> None:
        self.lamps, self.name, self.level = lamps, name, level

    @property
    def target(self) -> Target:
        return Target("lamp", self.name, "hall")

    async def preview(self) -> Preview:
        return Preview(diff=(f"{self.lamps[self.name]} -> {self.level}",))

    async def observe(self) -> Snapshot:
        return Snapshot("u", "1", 1, self.lamps[self.name])

    async def run(self, snapshot: Snapshot) -> Evidence:
        self.lamps[self.name] = self.level
        return Evidence("turned", "turn")

    async def verify(self, snapshot: Snapshot) -> Verification:
        return Verification(True, self.lamps[self.name] == self.level, "looked")

    async def undo(self, snapshot: Snapshot) -> Evidence:
        self.lamps[self.name] = int(str(snapshot.before))
        return Evidence("turned back", "turn")


class Lamps(Skill):
    def __init__(self) -> None:
        self.lamps = {"red": 1}

    @action(risk=Risk.READ)
    async def look(self, namespace: Namespace, name: Name = "red", times: int = 3) -> Evidence:
        """Look at one lamp.

        It may be dark.

        Args:
            namespace: Which hall,
                of all halls.
            name: Which lamp.
            times: How often.
        """
        return Evidence(f"{namespace} {name} {times}", "look")

    @action(risk=Risk.CHANGE, needs=("lamps:patch",), undo="the old level", verify="its level")
    def turn(self, name: Name, level: int) -> Turn:
        """Turn one lamp.

        Args:
            name: Which lamp.
            level: How bright.
        """
        return Turn(self.lamps, name, level)


class Other(Skill):
    @action(risk=Risk.READ)
    async def look(self) -> Evidence:
        """Look."""
        return Evidence("", "")


Lamps.__module__ = "skills.lamps"
Other.__module__ = "skills.other"


@pytest.fixture
def lamps() -> Catalogue:
    return Catalogue([Lamps()])


async def test_a_look_fills_defaults_in(lamps):
    assert (await lamps["lamps.look"]({"namespace": "shop"})).summary == "shop red 3"


def test_the_schema_comes_from_signature_and_docstring(lamps):
    assert lamps["look"].schema() == {
        "type": "object",
        "additionalProperties": False,
        "required": ["namespace"],
        "properties": {
            "namespace": {
                "type": "string",
                "description": "Which hall, of all halls.",
                "maxLength": 63,
                "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
            },
            "name": {
                "type": "string",
                "default": "red",
                "description": "Which lamp.",
                "maxLength": 253,
                "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$",
            },
            "times": {"type": "integer", "default": 3, "description": "How often."},
        },
    }
    assert lamps["look"].summary == "Look at one lamp."
    assert lamps["look"].description == "Look at one lamp.\n\nIt may be dark."


def test_normalising_is_canonical(lamps):
    look = lamps["look"]
    assert look.normalise({"times": "4", "namespace": " shop "}) == {"namespace": "shop", "name": "red", "times": 4}
    assert list(look.normalise({"times": 4, "namespace": "shop"})) == ["namespace", "name", "times"]


@pytest.mark.parametrize(
    ("arguments", "key", "told"),
    [
        ({}, "missing_argument", "needs the argument namespace"),
        ({"namespace": "shop", "shell": "rm"}, "unknown_argument", "no argument named shell; it takes: namespace,"),
        ({"namespace": "shop", "times": "many"}, "bad_argument", "times of lamps.look"),
        ({"namespace": "*"}, "bad_argument", "namespace of lamps.look"),
        ({"namespace": "../kube-system"}, "bad_argument", "namespace"),
        ({"namespace": "a; kubectl delete"}, "bad_argument", "namespace"),
        ({"namespace": "shop\nx"}, "bad_argument", "namespace"),
    ],
)
def test_what_is_wrong_is_told_in_one_sentence(lamps, arguments, key, told):
    with pytest.raises(BadArguments) as caught:
        lamps["look"].normalise(arguments)
    assert caught.value.key == key
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_a_change_is_shown_made_checked_and_put_back(lamps):
    turn = lamps["turn"]
    asked = turn.normalise({"name": "red", "level": 5})
    assert turn.change is not None
    assert turn.target(asked) == Target("lamp", "red", "hall")
    assert (await turn.change.preview(asked)).diff == ("1 -> 5",)
    snapshot = Snapshot.from_json((await turn.change.observe(asked)).to_json())
    await turn.change.run(asked, snapshot)
    assert (await turn.change.verify(asked, snapshot)).better
    await turn.change.undo(asked, snapshot)
    assert not (await turn.change.verify(asked, snapshot)).better


def test_a_short_name_serves_only_while_it_is_the_only_one():
    both = Catalogue([Lamps(), Other()])
    assert both["turn"].name == "lamps.turn"
    assert "look" not in both
    assert set(both) == {"lamps.look", "lamps.turn", "other.look"}
    with pytest.raises(BadArguments, match=r"no action named tun; the nearest is turn"):
        both.find("tun")


def test_a_method_that_declares_too_little_is_refused():
    with pytest.raises(TypeError, match="docstring"):

        @action(risk=Risk.READ)
        async def silent(self) -> Evidence: ...

    with pytest.raises(TypeError, match="gives a Deed"):

        @action(risk=Risk.CHANGE, needs=("a:b",), verify="x")
        async def late(self) -> Evidence:
            """Says it changes, yet is a coroutine."""

    with pytest.raises(TypeError, match="how it is verified"):

        @action(risk=Risk.CHANGE)
        def bare(self) -> Turn:
            """Declares nothing."""


def test_every_argument_is_told_of():
    class Mute(Skill):
        @action(risk=Risk.READ)
        async def look(self, name: str) -> Evidence:
            """Look."""

    Mute.__module__ = "skills.mute"
    with pytest.raises(TypeError, match="Args"):
        Catalogue([Mute()])


@given(st.dictionaries(st.text(max_size=20), st.one_of(st.none(), st.integers(), st.text(), st.lists(st.text()))))
def test_no_arguments_raise_anything_but_our_own_error(arguments):
    look = Catalogue([Lamps()])["look"]
    told = ""
    try:
        kept = look.normalise(arguments)
    except BadArguments as error:
        told = str(error)
    else:
        assert look.normalise(kept) == kept
    assert len(told.splitlines()) <= 1
