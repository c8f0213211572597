"""What people read: every action has its words in both languages, and Chinese sentences have Chinese marks."""

import re

import pytest

from bot.domain.approval import Refusal
from bot.domain.plan import Step
from bot.talk.cards.approval import brief, line
from bot.talk.cards.evidence import worded
from bot.talk.cards.words import Words, sentences
from bot.think.diagnosis import wording
from skills.catalogue import discover, known_skills

CHINESE = re.compile(r"[一-鿿]")
SYNTAX = re.compile(r"`[^`]*`|名称:权限:密钥|\{host\}:\{port\}|dify:[\w+]+:密钥|“时间,数值”|https?://\S+")
"""What is typed as it stands keeps its own marks."""
LATIN_MARK = re.compile(r"[一-鿿}”」][,:;!?](?!\d)|[,:;!?](?=[一-鿿{“])")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_action_is_called_something(language):
    words = Words(language)
    actions = {name.partition(".")[2] for name in discover(known_skills())}
    assert not {name for name in actions if not words.knows(f"action_{name}")}


def test_both_languages_have_the_same_sentences_with_the_same_blanks():
    english, chinese = sentences("en"), sentences("zh")
    assert set(english) == set(chinese)
    for key, sentence in english.items():
        assert wording.places(sentence) == wording.places(chinese[key]), key


def test_chinese_sentences_have_chinese_marks():
    told = {f"cards {key}": said for key, said in sentences("zh").items()}
    for section, table in wording.table("zh").items():
        told |= {f"diagnosis {section} {key}": said for key, said in table.items() if isinstance(said, str)}
    assert len(told) > 400
    for key, said in told.items():
        shown = SYNTAX.sub("", said)
        if CHINESE.search(shown):
            assert not LATIN_MARK.search(shown), (key, said)


def test_who_approves_sees_every_argument_and_who_asks_sees_what_it_is_about():
    step = Step("kubernetes.scale_deployment", {"deployment": "cart", "namespace": "shop", "replicas": 0, "note": None})
    assert line(step, Words("en")) == "Scale a deployment · deployment=cart namespace=shop replicas=0"
    assert brief(step, Words("zh")) == "调整 Deployment 副本数：cart · shop · 0"
    assert line(Step("mine.unheard_of", {}), Words("en")) == "unheard_of"


def test_a_brain_hears_of_a_refusal_what_people_are_told():
    refused = Refusal(
        Step("kubernetes.cordon", {}), "refused_duplicate", {"title": "重启 cart"}, "refused_duplicate: …"
    )
    assert worded(refused, Words("zh")).why == "相同的请求已在等待审批：重启 cart。"
