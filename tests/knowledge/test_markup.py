"""Markup of the sources: nothing that a reader needs is lost, and nothing can break us."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.markup import adf_to_markdown, html_to_markdown, storage_to_markdown, wiki_to_markdown


def adf(*content: dict[str, Any]) -> dict[str, Any]:
    return {"type": "doc", "version": 1, "content": list(content)}


def text(words: str, *marks: dict[str, Any]) -> dict[str, Any]:
    return {"type": "text", "text": words, "marks": list(marks)}


def para(*content: dict[str, Any]) -> dict[str, Any]:
    return {"type": "paragraph", "content": list(content)}


@pytest.mark.parametrize(
    ("node", "markdown"),
    [
        (para(text("bold", {"type": "strong"}), text(" x")), "**bold** x"),
        (para(text("here", {"type": "link", "attrs": {"href": "https://a"}})), "[here](https://a)"),
        ({"type": "heading", "attrs": {"level": 3}, "content": [text("Fix")]}, "### Fix"),
        (
            {"type": "codeBlock", "attrs": {"language": "bash"}, "content": [text("kubectl  x\n# y")]},
            "```bash\nkubectl  x\n# y\n```",
        ),
        (para({"type": "status", "attrs": {"text": "done"}}), "[DONE]"),
        (para({"type": "date", "attrs": {"timestamp": "1767225600000"}}), "2026-01-01"),
        (para({"type": "mention", "attrs": {"id": "1", "text": "@ann"}}), "@ann"),
        (para({"type": "inlineCard", "attrs": {"url": "https://b"}}), "https://b"),
        ({"type": "mediaSingle", "content": [{"type": "media", "attrs": {"alt": "graph.png"}}]}, "![graph.png]()"),
        (
            {"type": "taskList", "content": [{"type": "taskItem", "attrs": {"state": "DONE"}, "content": [text("a")]}]},
            "- [x] a",
        ),
        ({"type": "someday", "content": [para(text("kept"))]}, "kept"),
        ({"type": "expand", "attrs": {"title": "More"}, "content": [para(text("inside"))]}, "**More**\n\ninside"),
    ],
)
def test_adf(node: dict[str, Any], markdown: str):
    assert adf_to_markdown(adf(node)) == markdown


def test_adf_lists_and_tables():
    items = [
        {"type": "listItem", "content": [para(text(word)), {"type": "codeBlock", "content": [text("x")]}]}
        for word in "ab"
    ]
    assert (
        adf_to_markdown(adf({"type": "orderedList", "content": items}))
        == "1. a\n   ```\n   x\n   ```\n2. b\n   ```\n   x\n   ```"
    )
    rows = [
        {"type": "tableRow", "content": [{"type": "tableCell", "content": [para(text(word))]} for word in row]}
        for row in ("ab", "cd")
    ]
    assert adf_to_markdown(adf({"type": "table", "content": rows})) == "| a | b |\n| --- | --- |\n| c | d |"


NODES = st.recursive(
    st.none() | st.text(max_size=5) | st.integers(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["type", "content", "attrs", "text", "marks", "level"]), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(NODES)
def test_no_adf_breaks_us(node: Any):
    assert isinstance(adf_to_markdown(node), str)


def test_adf_nested_without_end():
    node = para(text("deep"))
    for _ in range(500):
        node = {"type": "panel", "content": [node]}
    assert isinstance(adf_to_markdown(adf(node)), str)


STORAGE = """<h2>Fix</h2><ac:structured-macro ac:name="code"><ac:parameter ac:name="language">bash</ac:parameter>
<ac:plain-text-body><![CDATA[kubectl get pods -l a<b && echo "*x*"]]></ac:plain-text-body></ac:structured-macro>
<p>See <ac:link><ri:page ri:content-title="Failover guide"/></ac:link> and
<ac:link><ri:attachment ri:filename="graph.png"/>
<ac:plain-text-link-body><![CDATA[the graph]]></ac:plain-text-link-body></ac:link>.</p>
<ac:image><ri:attachment ri:filename="shot.png"/></ac:image>
<ac:task-list><ac:task><ac:task-status>complete</ac:task-status>
<ac:task-body>call Ann</ac:task-body></ac:task></ac:task-list>
<ac:structured-macro ac:name="status"><ac:parameter ac:name="title">done</ac:parameter></ac:structured-macro>
<table><tr><th>a</th></tr><tr><td>b</td></tr></table>"""


def test_storage_format_loses_nothing():
    markdown = storage_to_markdown(STORAGE)
    assert '```bash\nkubectl get pods -l a<b && echo "*x*"\n```' in markdown
    for kept in ("## Fix", "Failover guide", "the graph (graph.png)", "shot.png", "[x] call Ann", "[DONE]", "| a |"):
        assert kept in markdown, kept
    assert "ac:" not in markdown


@given(st.text())
def test_no_html_breaks_us(source: str):
    assert isinstance(html_to_markdown(source), str)
    assert isinstance(storage_to_markdown("<ac:task>" + source), str)


WIKI = """h2. Fix
*Restart* the {{api}} pods, see [the guide|https://wiki/1] and [https://x/y] by [~ann], [^log.txt] !shot.png|thumbnail!
{code:bash}
kubectl get *pods*
{code}
* one
** two
# first
||a||b||
|c|d|
{panel:title=Careful}not now{panel}"""


def test_wiki_markup():
    markdown = wiki_to_markdown(WIKI)
    for kept in (
        "## Fix",
        "**Restart** the `api` pods",
        "[the guide](https://wiki/1)",
        "<https://x/y>",
        "@ann",
        "log.txt",
        "![shot.png]()",
        "```bash\nkubectl get *pods*\n```",
        "- one\n  - two",
        "1. first",
        "| a | b |\n| --- | --- |\n|c|d|",
        "**Careful** not now",
    ):
        assert kept in markdown, kept


@given(st.text(alphabet="*_{}[]!|h1. \ncode^~x-#", max_size=300))
def test_no_wiki_markup_breaks_us(source: str):
    assert isinstance(wiki_to_markdown(source), str)


def test_a_long_ticket_takes_no_time():
    import time

    begun = time.perf_counter()
    wiki_to_markdown("*a {{b}} _c_ [d|e] !f! " * 4000)
    assert time.perf_counter() - begun < 2
