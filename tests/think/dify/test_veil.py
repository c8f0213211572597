"""What people must not see, they do not see, however the text is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.think.dify.veil import Veil, shown_and_blocks

PARTS = [
    "<think>",
    "</think>",
    "```aiops-plan\n",
    "\n```",
    "```",
    "{}",
    "hello ",
    "<",
    "`",
    "a\n",
    '<details style="color:gray',
    "</details>",
]


def through(text, cuts=()):
    veil, shown = Veil(), ""
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        shown += veil.feed(text[start:end])
    return shown + veil.rest()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<think>secret</think>Hello", "Hello"),
        ("Hello <think>secret", "Hello "),
        ("1 < 2 and `a`", "1 < 2 and `a`"),
        ("Here.\n```aiops-plan\n{}\n```\nOk?", "Here.\n\nOk?"),
        ("```json\n{}\n```", "```json\n{}\n```"),
        ("a<thinking>b</thinking>c", "ac"),
    ],
)
def test_hides(text, shown):
    assert through(text, range(1, len(text))) == through(text) == shown


@given(st.lists(st.sampled_from(PARTS)).map("".join), st.data())
def test_cuts_do_not_matter_and_nothing_hidden_is_shown(text, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)))))
    shown = through(text, cuts)
    assert shown == through(text)
    assert "<think>" not in shown or "</think>" in text


@given(st.lists(st.sampled_from(PARTS)).map("".join))
def test_only_a_block_that_closes_is_a_plan(text):
    shown, blocks = shown_and_blocks(text)
    assert "```aiops-plan" not in shown
    assert "<think>" not in shown
    assert len(blocks) <= text.count("```aiops-plan")


def test_blocks_are_taken_out_of_what_is_shown():
    shown, blocks = shown_and_blocks('Here.\n```aiops-plan\n{"a": 1}\n```\n\n\nOk?')
    assert shown == "Here.\n\nOk?"
    assert blocks == ('{"a": 1}',)
    assert shown_and_blocks('Here.\n```aiops-plan\n{"a": 1}')[1] == ()
