"""Words of both languages, and the glossary between them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.errors import BadSource
from knowledge.glossary import OURS, Glossary, glossary
from knowledge.language import language_of
from knowledge.words import words_asked, words_of


@given(st.text())
def test_any_text_becomes_words_that_the_index_can_take(text):
    assert not any(letter in word for word in words_of(text) for letter in " '\"|&*:()")


def test_names_are_found_whole_and_by_their_parts():
    words = list(words_of("KubePodCrashLooping"))
    assert {"kubepodcrashloop", "kube", "pod", "crash"} <= set(words)


def test_chinese_is_cut_into_pairs_and_idle_words_are_not_asked():
    assert list(words_of("连接池满")) == ["连接", "接池", "池满"]
    assert words_asked("为什么 pod 重启了？") == ["pod", "重启"]


def test_a_question_of_idle_words_only_still_asks_something():
    assert words_asked("why is it") != []


def test_the_longest_word_wins():
    english = glossary().english("消费者组的积压")
    assert "consumer group" in english
    assert "consumer" not in english


def test_both_directions():
    assert "证书" in glossary().chinese("the certificates are about to expire")
    assert "certificate" in glossary().english("证书快过期了")


def test_ours_is_large_and_every_line_can_be_read():
    assert len([line for line in OURS.read_text().splitlines() if line and line[0] != "#"]) > 250


def test_own_words_are_added(tmp_path: Path):
    mine = tmp_path / "mine.txt"
    mine.write_text("鲲鹏网关: kunpeng edge\n", "utf-8")
    assert Glossary.read(mine).english("鲲鹏网关挂了")[:1] == ["kunpeng edge"]


@pytest.mark.parametrize("line", ["no colon", "english: english", "中文:", ": x"])
def test_a_bad_line_is_named(line):
    with pytest.raises(BadSource, match="line 1 of the glossary"):
        Glossary([line])


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("数据库 connection pool 耗尽", "zh"),
        ("the pod 重启 was slow and nobody knew why", "en"),
        ("", "en"),
        ("```\n中文\n```", "en"),
    ],
)
def test_language(text, language):
    assert language_of(text) == language
