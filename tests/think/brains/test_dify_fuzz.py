"""Damaged streams: never a crash, never half a plan."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.plan import Plan
from bot.domain.thought import Activity, Rewrite, Words
from bot.errors import BotError, Declined
from bot.think.brains import dify
from bot.think.dify.events import read_event
from bot.think.dify.forms import read_form
from bot.think.dify.frames import Frames
from bot.think.dify.listener import Listener
from bot.think.dify.settings import DifySettings
from tests.fakes.dify_server import FIXTURES
from tests.think.brains.briefings import briefing

STREAMS = sorted(path for path in FIXTURES.glob("*.sse") if path.stat().st_size < 40_000)
WITH_PLAN = [path for path in STREAMS if "propose_plan" in path.name or "openapi_plan" in path.name]
WHOLE = {"namespace": "shop", "name": "checkout", "kind": "Deployment"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def hear(body):
    listener, frames = Listener(), Frames()
    for raw in frames.feed(body):
        if not listener.over and (event := read_event(raw)):
            for thought in listener.hear(event):
                assert isinstance(thought, Words | Rewrite | Activity)
    listener.last_words()
    return listener


async def plan_of(listener):
    brain = dify.make(settings=DifySettings(key="app-x"))
    try:
        return await brain._plan(briefing(), listener)
    except BotError as error:
        return None if error.key.startswith("dify_") else pytest.fail(f"told as {error.key}")
    finally:
        await brain.close()


def whole_or_none(plan):
    assert plan is None or isinstance(plan, Plan)
    for step in plan.steps if plan else ():
        assert set(step.arguments) == set(WHOLE)
        assert step.digest


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(STREAMS), st.data())
async def test_damaged_bytes(path, data):
    body = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 12))):
        at = data.draw(st.integers(0, len(body) - 1))
        match data.draw(st.integers(0, 2)):
            case 0:
                body[at] = data.draw(st.integers(0, 255))
            case 1:
                del body[at : at + data.draw(st.integers(1, 200))]
            case _:
                body[at:at] = data.draw(st.binary(max_size=20))
        body = body or bytearray(b"\n")
    whole_or_none(await plan_of(hear(bytes(body))))


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(STREAMS), st.data())
async def test_fields_of_any_kind_in_any_order(path, data):
    events = [json.loads(line[6:]) for line in path.read_text().splitlines() if line.startswith("data: ")]
    for _ in range(data.draw(st.integers(1, 6))):
        event = data.draw(st.sampled_from(events))
        inner = event["data"] if isinstance(event.get("data"), dict) and data.draw(st.booleans()) else event
        inner[data.draw(st.sampled_from(sorted(inner) or ["x"]))] = data.draw(JSON)
    order = data.draw(st.permutations(range(len(events)))) if data.draw(st.booleans()) else range(len(events))
    body = b"".join(b"data: " + json.dumps(events[n]).encode() + b"\n\n" for n in order)
    plan = await plan_of(hear(body))
    assert plan is None or isinstance(plan, Plan)


@pytest.mark.parametrize("path", WITH_PLAN, ids=lambda path: path.stem)
async def test_cut_anywhere_before_its_end_is_no_plan(path):
    body = path.read_bytes()
    ends = [n for n in range(len(body)) if body.startswith(b"\n\n", n)]
    for cut in ends[:-1]:
        listener = hear(body[: cut + 2])
        if listener.ended == "answered":
            assert listener.answer.strip()
        else:
            assert not listener.over


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60), st.booleans())
async def test_a_block_that_is_not_closed_is_no_plan(text, closed):
    written = '{"steps": [{"action": "rollout_restart", "namespace": "shop", "name": "checkout"}]}'
    answer = f"{text.replace('`', '').replace('<', '')}\n```aiops-plan\n{written}\n" + ("```" if closed else "")
    events = [{"event": "message", "conversation_id": "c", "answer": answer}, {"event": "message_end"}]
    plan = await plan_of(hear(b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in events)))
    assert [dict(step.arguments) for step in plan.steps] == ([WHOLE] if closed else []) if plan else not closed


FORM = {
    "form_token": "FORM-TOKEN",
    "form_content": "Go on? {{#$output.a#}}",
    "actions": [{"id": "yes", "title": "Yes"}],
    "inputs": [{"output_variable_name": "a", "type": "select", "option_source": {"value": ["x"]}}],
    "resolved_default_values": {"a": "x"},
    "expiration_time": 1_795_382_558,
}
FIELD = st.dictionaries(
    st.sampled_from(["output_variable_name", "type", "default", "option_source", "options"]),
    JSON | st.sampled_from(["a", "select", "file", {"value": ["x", "y"]}]),
)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(st.sampled_from(sorted(FORM)), JSON, max_size=3),
    st.none() | st.lists(FIELD, max_size=13),
    st.sampled_from(["Yes", "yes: x", "x", "Yes\na: x", "?", ""]) | st.text(max_size=20),
)
def test_forms_of_any_shape_are_shown_and_answered_or_left(changed, inputs, said):
    form = read_form(FORM | changed | ({"inputs": inputs} if inputs is not None else {}), "r")
    if form is None:
        return
    for language in ("zh", "en"):
        assert "FORM-TOKEN" not in form.shown(language)
    assert len(form.asks) <= 10
    reply = form.written(said)
    if reply:
        assert reply.choice in {name for name, _ in form.choices}
        try:
            filled = form.filled(reply, "Lin")
        except Declined:
            return
        assert set(filled) == {name for name, _ in form.fields}
