"""Bytes to events, wherever they are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.think.dify import frames
from bot.think.dify.frames import Frames, TooLong


def test_a_bare_ping_is_no_event_and_breaks_none():
    heard = Frames().feed(b'event: ping\n\ndata: {"a":1}\n\nevent: ping\n\n: comment\n\ndata:{"b":2}\r\n\r\n')
    assert heard == [b'{"a":1}', b'{"b":2}']


def test_lines_of_one_event_are_joined():
    assert Frames().feed(b"data: a\ndata: b\n\n") == [b"a\nb"]


def test_an_event_without_its_blank_line_is_not_whole():
    assert Frames().feed(b'data: {"a":1}\n') == []


@given(st.lists(st.text(st.characters(exclude_characters="\n\r", codec="utf-8"), min_size=1)), st.data())
def test_cuts_do_not_matter(texts, data):
    whole = b"".join(b"data: " + text.encode() + b"\n\nevent: ping\n\n" for text in texts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)))))
    heard, cutter = [], Frames()
    for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True):
        heard += cutter.feed(whole[start:end])
    assert heard == Frames().feed(whole) == [text.encode() for text in texts]


def test_an_event_that_does_not_end_is_given_up(monkeypatch):
    monkeypatch.setattr(frames, "MOST_BYTES", 100)
    cutter = Frames()
    cutter.feed(b"data: " + b"x" * 80)
    with pytest.raises(TooLong):
        cutter.feed(b"x" * 80)
