"""The small languages of the playground, by their laws: pairs, patches, selectors, patterns."""

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.playground.kube.patches import json_patch, merge_patch, strategic_patch
from bot.playground.kube.selectors import by_labels
from bot.playground.kube.status import ApiError
from bot.playground.logql import BadLogQuery, parse_log_query
from bot.playground.logql.parsers import logfmt_pairs
from bot.playground.promql import BadQuery, parse
from bot.playground.regexes import BadPattern, compile_whole

pytestmark = pytest.mark.slow

FEW = settings(max_examples=40, deadline=None)
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner),
    max_leaves=8,
)
MANIFESTS = st.dictionaries(NAMES, JSON)


@FEW
@given(st.dictionaries(NAMES, st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1)))
def test_pairs_that_were_written_are_read(pairs):
    line = " ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in pairs.items())
    assert dict(logfmt_pairs(line)) == pairs


@FEW
@given(st.text())
def test_any_line_can_be_read_for_pairs(line):
    for name, _ in logfmt_pairs(line):
        assert name


@FEW
@given(MANIFESTS, MANIFESTS)
def test_a_merge_patch_twice_is_as_once(target, patch):
    once = merge_patch(target, patch)
    assert merge_patch(once, patch) == once
    assert strategic_patch(once, {}) == once


@FEW
@given(MANIFESTS, NAMES, JSON)
def test_what_was_added_can_be_removed(target, name, value):
    target.pop(name, None)
    added = json_patch(target, [{"op": "add", "path": f"/{name}", "value": value}])
    assert added[name] == value
    assert json_patch(added, [{"op": "remove", "path": f"/{name}"}]) == target


@FEW
@given(st.dictionaries(NAMES, NAMES), NAMES, NAMES)
def test_a_selector_and_its_opposite_part_the_world(labels, name, value):
    manifest = {"metadata": {"labels": labels}}
    assert by_labels(f"{name}={value}")(manifest) is not by_labels(f"{name}!={value}")(manifest)
    assert by_labels(f"{name} in ({value})")(manifest) is not by_labels(f"{name} notin ({value})")(manifest)
    assert by_labels(name)(manifest) is not by_labels(f"!{name}")(manifest)


@FEW
@given(st.text())
def test_any_text_is_read_or_refused(text):
    for read, refusal in ((parse, BadQuery), (parse_log_query, BadLogQuery), (by_labels, ApiError)):
        with contextlib.suppress(refusal):
            assert read(text) is not None


@pytest.mark.parametrize("pattern", ["(?=a)", "(?<!a)b", r"(a)\1", "(", "a**"])
def test_what_go_does_not_know_is_refused(pattern):
    with pytest.raises(BadPattern):
        compile_whole(pattern)


@pytest.mark.parametrize(
    ("pattern", "text"), [("(?i)ab", "AB"), ("a.b", "a\nb"), ("(?P<x>a)|b", "b"), ("[[:alpha:]]+", "xyz")]
)
def test_what_go_knows_is_matched_whole(pattern, text):
    assert compile_whole(pattern).fullmatch(text)
