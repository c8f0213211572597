"""Events that Feishu may send, with anything in any of their places: acknowledged, whatever they are."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.message import Person
from bot.talk.channels.feishu.ears import FeishuEars
from tests.fakes.feishu_server import clicked, said

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)
CLICK = {"a": "approve", "t": "a1", "d": "digest", "k": "k1"}
RIGHT = (said("hello"), said("hi", root="om_1"), clicked(CLICK), clicked({"a": "up", "t": "m"}))


class Around:
    """People, places and ears, as far as an event asks."""

    heard = 0

    async def of(self, user, workspace):
        return Person(user, user, "feishu", workspace)

    async def joined(self, thread):
        return True

    join = uploaded = file = call = joined

    async def hear(self, event):
        self.heard += 1


@st.composite
def odd(draw):
    """One of them, with another value somewhere in it, or without it."""

    def changed(value, depth):
        if not isinstance(value, dict) or not value or (depth and draw(st.integers(0, 3)) == 0):
            return draw(JSON)
        key = draw(st.sampled_from(sorted(value)))
        if draw(st.integers(0, 5)) == 0:
            return {name: each for name, each in value.items() if name != key}
        return {**value, key: changed(value[key], depth + 1)}

    return {**draw(st.sampled_from(RIGHT)), "event": changed(draw(st.sampled_from(RIGHT))["event"], 0)}


async def _ears():
    around = Around()
    ears = FeishuEars(around, around, around)
    ears.bot, ears.ears = "ou_bot", around
    return ears, around


async def test_what_is_right_is_heard():
    ears, around = await _ears()
    for each in (said("hello"), said("hi", root="om_1"), clicked(CLICK)):
        await ears.answer(each)
    assert around.heard == 3


@settings(max_examples=400, suppress_health_check=list(HealthCheck))
@given(odd())
async def test_nothing_odd_is_sent_again(body):
    ears, _ = await _ears()
    answer = await ears.answer(body)
    assert answer is None or isinstance(answer, dict)
