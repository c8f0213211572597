"""Questions about capacity: of what, and how far ahead."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.think.scripted.ahead import read_capacity
from bot.think.scripted.intents import read_intent

FORECAST = "capacity.forecast_capacity"


@pytest.mark.parametrize(
    ("text", "action", "arguments"),
    [
        ("", FORECAST, {"target": "cluster"}),
        ("cluster 5", FORECAST, {"target": "cluster", "days": 5}),
        ("node 3", FORECAST, {"target": "node", "days": 3}),
        ("namespace shop 7d", FORECAST, {"target": "namespace", "name": "shop", "days": 7}),
        ("volume data-orders-0", FORECAST, {"target": "volume", "name": "data-orders-0"}),
        ("report", "capacity.capacity_report", {}),
        ("未来三天集群容量够吗", FORECAST, {"target": "cluster", "days": 3}),
        ("哪个存储卷快满了", FORECAST, {"target": "volume"}),
        ("shop 命名空间一周内会用完配额吗", FORECAST, {"target": "namespace", "name": "shop", "days": 7}),
        ("什么时候需要加节点", FORECAST, {"target": "cluster"}),
        ("do we have enough nodes for the next 2 weeks", FORECAST, {"target": "cluster", "days": 14}),
        ("which disks will be full in 99 days", FORECAST, {"target": "volume", "days": 14}),
        ("workload orders", FORECAST, {"target": "workload", "name": "orders"}),
        ("节点池三天内够用吗", FORECAST, {"target": "pool", "days": 3}),
        ("写一份容量报告", "capacity.capacity_report", {}),
    ],
)
def test_what_is_looked_ahead_for(text, action, arguments):
    assert read_capacity(text) == (action, arguments)


@pytest.mark.parametrize(
    "text",
    [
        "/capacity node 3",
        "哪个存储卷快满了",
        "什么时候需要加节点",
        "will the volume get full",
        "磁盘还能撑多久",
        "do we have enough nodes",
    ],
)
def test_such_questions_are_about_capacity(text):
    assert read_intent(text).kind == "capacity"


@given(st.text(max_size=100))
def test_any_words_give_a_forecast_or_the_report(text):
    action, arguments = read_capacity(text)
    assert action.startswith("capacity.")
    assert 0 <= arguments.get("days", 1) <= 14
