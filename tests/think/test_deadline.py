"""By when, as people and our own buttons write it, in both languages."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.think.scripted.deadline import deadline_in
from bot.think.scripted.intents import read_intent
from bot.think.scripted.recipes import steps
from skills import Catalogue
from skills.capacity.actions import Capacity
from skills.capacity.settings import CapacitySettings, KubernetesAddress, PrometheusAddress
from skills.clock import Clock, reader_in

HERE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 29, 15, 20, tzinfo=HERE)


@pytest.mark.parametrize(
    ("text", "count", "by"),
    [
        ("在明天10:00前增加3个节点", 3, "2026-11-30 10:00+08:00"),
        ("建议在后天9点半之前给集群增加 12 个节点", 12, "2026-12-01 09:30+08:00"),
        ("今晚8点前加2个节点", 2, "2026-11-29 20:00+08:00"),
        ("给集群增加3个节点，须在 2026-11-30 10:00+08:00 前就绪。", 3, "2026-11-30 10:00+08:00"),
        ("在12月1日06:00前增加4个节点", 4, "2026-12-01 06:00+08:00"),
        ("在1月2日06:00前增加4个节点", 4, "2027-01-02 06:00+08:00"),
        ("9:00前增加4个节点", 4, "2026-11-30 09:00+08:00"),
        ("Add 3 nodes to the cluster, ready before 2026-11-30 02:00+00:00.", 3, "2026-11-30 02:00+00:00"),
        ("add 3 nodes before 10:00 tomorrow", 3, "2026-11-30 10:00+08:00"),
        ("add 5 more nodes by tomorrow at 7 pm", 5, "2026-11-30 19:00+08:00"),
        ("Add 2 nodes before the day after tomorrow 12:00", 2, "2026-12-01 12:00+08:00"),
        ("add 2 nodes", 2, None),
        ("给集群增加3个节点", 3, None),
        ("在2026-13-45 10:00前增加3个节点", 3, None),
    ],
)
def test_count_and_deadline_are_told_apart(text, count, by):
    intent = read_intent(text)
    assert (intent.kind, intent.number) == ("add_nodes", count)
    assert deadline_in(text, NOW) == (by and datetime.fromisoformat(by))


def test_the_step_carries_it():
    skill = Capacity(CapacitySettings(), Clock(), PrometheusAddress(url="http://x"), KubernetesAddress(), None, None)
    with reader_in(HERE, "zh"):
        (step,) = steps(read_intent("给集群增加3个节点，须在 2099-11-30 10:00+08:00 前就绪"), None, Catalogue([skill]))
    assert step.arguments == {"count": 3, "by": "2099-11-30T10:00+08:00"}
