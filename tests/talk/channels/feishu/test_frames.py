"""Our frames and those of Feishu's own SDK are the same bytes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.talk.channels.feishu.frames import BrokenFrame, Frame

frames = st.builds(
    Frame,
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**31 - 1),
    st.integers(0, 1),
    st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=4),
    st.text(max_size=5),
    st.text(max_size=5),
    st.binary(max_size=300),
    st.text(max_size=5),
)


@settings(deadline=None)
@given(frames)
def test_the_sdk_reads_what_we_write_and_we_what_it_writes(frame):
    from tests.fakes.feishu_frames import Frame as Theirs

    theirs = Theirs.FromString(frame.dump())
    assert (theirs.SeqID, theirs.LogID, theirs.service, theirs.method) == (
        frame.seq,
        frame.log,
        frame.service,
        frame.method,
    )
    assert {each.key: each.value for each in theirs.headers} == frame.headers
    assert (theirs.payload, theirs.payload_type, theirs.LogIDNew) == (frame.payload, frame.kind, frame.log_new)
    assert Frame.load(theirs.SerializeToString()) == frame


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_frame_or_are_refused(raw):
    try:
        Frame.load(raw)
    except BrokenFrame:
        return


@pytest.mark.parametrize("raw", [b"\x08", b"\x42\xff\xff\xff\x7f", b"\x0b", b"\x08" + b"\xff" * 20])
def test_broken_bytes_are_refused(raw):
    with pytest.raises(BrokenFrame):
        Frame.load(raw)
