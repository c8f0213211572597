"""What people ask is read from their own words, in both languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.case import Case
from bot.domain.message import Person, Thread
from bot.think.brains.scripted import Scripted
from bot.think.scripted.intents import Intent, read_intent
from bot.think.scripted.workloads import Unclear, Workload, meant
from skills import Evidence, Table, discover

THERE = (
    Workload("order-service", "shop"),
    Workload("payment-service", "shop"),
    Workload("cart", "shop"),
    Workload("cart", "staging"),
    Workload("order-worker-api", "jobs"),
)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("查询过去1小时高CPU的Pod", Intent("top", time_range="过去1小时")),
        ("Which pods used the most CPU in the last hour?", Intent("top", time_range="last hour")),
        ("/top memory 30m", Intent("top", time_range="30m", resource="memory")),
        ("重启 order-service", Intent("restart", "order-service")),
        ("restart checkout", Intent("restart", "checkout")),
        ("/restart cart -n shop", Intent("restart", "cart", "shop")),
        ("为什么今天9:00-10:00订单服务延迟飙升?", Intent("latency", "order", time_range="今天9:00-10:00", spoken=True)),
        (
            "why did order-service get slow between 9 and 10?",
            Intent("latency", "order-service", time_range="between 9 and 10"),
        ),
        ("把 order-service 扩容到 5 个副本", Intent("scale", "order-service", number=5)),
        ("scale payment-service to 4 replicas", Intent("scale", "payment-service", number=4)),
        ("/scale order-service 5", Intent("scale", "order-service", number=5)),
        ("shop 命名空间有什么问题", Intent("problems", namespace="shop")),
        ("回滚 order-service", Intent("rollback", "order-service")),
        ("现在有哪些告警", Intent("alerts")),
        ("你好", Intent("help")),
        ("the weather in Paris", None),
    ],
)
def test_what_is_wanted(text, wanted):
    assert read_intent(text) == wanted


@given(st.text(max_size=300))
def test_no_text_breaks_it(text):
    read_intent(text)
    read_intent(f"/{text}")


@pytest.mark.parametrize(
    ("target", "namespace", "found"),
    [
        ("order-service", "", THERE[0]),
        ("order", "shop", THERE[0]),
        ("payment", "", THERE[1]),
        ("cart", "staging", THERE[3]),
        ("worker", "", THERE[4]),
    ],
)
def test_which_is_meant(target, namespace, found):
    assert meant(target, namespace, THERE) == found


def test_two_of_one_name_are_asked_about_and_no_one_is_guessed():
    assert meant("cart", "", THERE) == Unclear((THERE[2], THERE[3]))
    assert meant("ordr-service", "shop", THERE).near[0] == THERE[0]
    assert meant("zzz", "", THERE) == Unclear(())


def test_a_service_that_is_spoken_of_comes_before_a_namesake():
    there = (*THERE, Workload("order", "a"), Workload("order", "b"))
    said = read_intent("为什么过去1小时订单服务延迟飙升?")
    assert said.spoken
    assert meant(said.target, "", there, said.spoken) == THERE[0]
    named = read_intent("restart `order`")
    assert not named.spoken
    assert isinstance(meant(named.target, "", there, named.spoken), Unclear)


def test_namesakes_are_told_apart_by_what_to_type():
    brain = Scripted(discover(["kubernetes"]))
    seen = Evidence("2", "GET", table=Table(("namespace", "name"), (("a", "order"), ("b", "order"))))
    person = Person("u", "Lin")
    case = Case("c", Thread("web", "t"), person, "restart `order`", seen=(seen,))
    assert "`order -n a`, `order -n b`" in brain.plan(case).says
