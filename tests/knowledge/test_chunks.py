"""Passages: nothing lost, none too long, code whole."""

from hypothesis import given
from hypothesis import strategies as st

from knowledge.chunks import LONGEST, as_embedded, cut
from knowledge.language import tokens_of
from knowledge.passage import Document

PIECES = st.sampled_from(
    ["# 标题\n", "## Disk full\n", "```\nkubectl get pods\n\nx\n```\n", "磁盘满了。" * 20, "a word ", "\n\n", "- one\n"]
)


def document(text: str) -> Document:
    return Document("Disk full", text, "https://wiki/1")


@given(st.lists(PIECES, max_size=60).map("".join))
def test_no_word_is_lost_and_no_passage_is_much_too_long(text):
    passages = list(cut(document(text)))
    held = "".join("".join(f"{p.heading}{p.text}".split()) for p in passages)
    for line in text.splitlines():
        for word in line.strip("# ").split():
            if not line.startswith("#") or word in "Disk full":
                assert word[:40] in held or line.startswith("#")
    assert all(tokens_of(as_embedded(p)) < LONGEST * 1.35 for p in passages)


def test_a_passage_knows_its_headings_and_code_stays_whole():
    text = "# Disk full\n## Diagnosis\n### Inodes\n" + "many words here " * 60 + "\n\n```bash\ndf -i\n\ndf -h\n```\n"
    passages = list(cut(document(text)))
    assert passages[0].heading == "Diagnosis > Inodes"
    assert as_embedded(passages[0]).startswith("Disk full > Diagnosis > Inodes\n")
    assert any("```bash\ndf -i\n\ndf -h\n```" in p.text for p in passages)


def test_a_hash_in_code_is_no_heading():
    (passage,) = cut(document("```\n# not a heading\n```\n"))
    assert passage.heading == ""


def test_an_empty_page_is_still_found_by_its_title():
    assert [p.text for p in cut(document(""))] == [""]


def test_one_endless_line_is_cut():
    assert len(list(cut(document("x" * 10_000)))) > 5
