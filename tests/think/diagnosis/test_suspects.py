"""The service to blame is found from calls, pressure and what services say; symptoms pass the blame on."""

from bot.think.diagnosis import diagnose
from bot.think.diagnosis.suspects import rank_services
from tests.think.diagnosis.kube import NOW, alert, sight

MINUTES = [NOW - 60 * step for step in range(30, -1, -1)]
ASK = alert("FrontLatency", microservice="front", metric="latency")
FAULT = NOW - 300


def series(name: str, calm: float, wild: float, **labels: str) -> dict:
    values = [[at, str(wild if at >= FAULT else calm * (1 + 0.01 * (number % 3)))] for number, at in enumerate(MINUTES)]
    return {"metric": {"__name__": name, **labels}, "values": values}


def chain(slow: float) -> list[dict]:
    """front -> middle -> back, where back is slow and the others wait for it."""
    found = []
    for service, own in (("front", 0.30), ("middle", 0.20), ("back", 0.10), ("idle", 0.05)):
        late = own + (slow if service != "idle" else 0.0)
        found.append(series("shop_latency_average", own, late, service=service))
        found.append(series("shop_requests_sum", 100, 100, service=service))
    for caller, callee in (("front", "middle"), ("middle", "back"), ("front", "idle")):
        found.append(series("service_dependency", 1, 1, source=caller, destination=callee))
    return found


def test_the_end_of_the_chain_is_blamed_and_not_who_waits_for_it():
    ranked = rank_services(sight(ask=ASK, metrics=chain(slow=2.0)))
    assert ranked[0].name == "back"
    assert ranked[0].signs


def test_what_was_as_slow_just_before_the_fault_is_old_news():
    metrics = chain(slow=2.0)
    for one in metrics:
        if one["metric"] == {"__name__": "shop_latency_average", "service": "idle"}:
            one["values"] = [[at, "0.05" if at < FAULT - 900 else "9"] for at in MINUTES]
    ranked = rank_services(sight(ask=ASK, metrics=metrics))
    assert ranked[0].name == "back"


def test_calm_services_are_no_fault():
    diagnosis = diagnose(sight(ask={"kind": "question", "text": "Is front well?"}, metrics=chain(slow=0.0)))
    assert diagnosis.causes == ()


def test_a_service_whose_cpu_is_full_is_blamed():
    metrics = [*chain(slow=0.0), series("pod_cpu_usage_percent", 5, 97, service="idle", pod="idle-1")]
    assert rank_services(sight(ask=ASK, metrics=metrics))[0].name == "idle"


def test_nobody_is_accused_where_there_are_no_services():
    assert rank_services(sight(ask=ASK)) == ()
