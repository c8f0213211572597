"""What people ask is read from their own words, in both languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.case import Case
from bot.domain.message import Person, Thread
from bot.think.brains.scripted import Scripted
from bot.think.scripted.intents import Intent, read_intent
from bot.think.scripted.wishes import CHANGES
from bot.think.scripted.workloads import Unclear, Workload, found_in_words, meant
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
        ("订单服务现在健康吗?", Intent("problems", "order", spoken=True)),
        ("how is checkout-api doing", Intent("problems", "checkout-api")),
        ("what changed in the last 2 hours?", Intent("changes", time_range="last 2 hours")),
        ("今天谁改动了 cart-service", Intent("changes", "cart-service", time_range="今天")),
        ("哪个节点内存最高", Intent("nodes", resource="memory")),
        ("drain node worker-3", Intent("drain", "worker-3")),
        ("排空节点 worker-3", Intent("drain", "worker-3")),
        ("uncordon worker-3", Intent("uncordon", "worker-3")),
        ("增加3个节点", Intent("add_nodes", number=3)),
        ("scale up order-service by 2", Intent("scale", "order-service", by=2)),
        ("给 order-service 减少1个副本", Intent("scale", "order-service", by=-1)),
        ("/scale cart 0", Intent("scale", "cart", number=0)),
    ],
)
def test_what_is_wanted(text, wanted):
    assert read_intent(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "don't restart order-service",
        "please do not roll back order-service yet",
        "不要重启 order-service",
        "先不要再回滚订单服务",
        "why does order-service keep restarting?",
        "why did you restart order-service",
        "when was order-service scaled",
        "who restarted order-service yesterday?",
        "昨天谁重启了 order-service?",
        "order-service 重启了几次",
        "订单服务一直重启",
        "how do I restart order-service?",
        "怎么回滚订单服务",
        "order-service 要不要扩容到 5 个副本?",
        "should we scale order-service to 9?",
        "order-service restarted 4 times",
    ],
)
def test_what_only_speaks_of_a_change_orders_none(text):
    intent = read_intent(text)
    assert intent is None or intent.kind not in CHANGES


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("能重启一下 order-service 吗?", "restart"),
        ("can you please restart order-service", "restart"),
        ("order-service is stuck, restart it", "restart"),
        ("请把订单服务回滚", "rollback"),
    ],
)
def test_a_polite_order_is_an_order(text, kind):
    assert read_intent(text).kind == kind


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
    assert meant("cart", "", THERE) == Unclear((THERE[2], THERE[3]), several=True)
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


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("show me logs of payment with errors", THERE[1]),
        ("any problems in order-worker-api lately", THERE[4]),
        ("events of the cluster", None),
        ("cart 有什么问题", Unclear((THERE[2], THERE[3]), several=True)),
    ],
)
def test_plain_words_may_name_what_runs(text, found):
    intent = read_intent(text)
    assert (meant(intent.target, "", THERE) if intent.target else found_in_words(intent, THERE)) == found


async def test_more_and_fewer_count_from_what_is_wanted_now():
    lin = Person("lin", "林", "web")
    brain = Scripted(discover(["kubernetes"]))
    case = Case("c", Thread("web", "t"), lin, "scale order-service down by 2", language="en")
    table = Table(("kind", "namespace", "name", "ready"), (("StatefulSet", "shop", "order-service", "1/3"),))
    plan = brain.plan(case.learned(Evidence("1 workload", "q", table=table)))
    assert plan.steps[0].action == "kubernetes.scale_statefulset"
    assert plan.steps[0].arguments == {"namespace": "shop", "statefulset": "order-service", "replicas": 1}
