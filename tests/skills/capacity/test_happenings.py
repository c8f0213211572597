"""What is known to have happened: from Kubernetes and from Prometheus, each to the series that it may have moved."""

from datetime import UTC, datetime

import httpx
import numpy as np
import pytest

from skills.capacity.shifts import steps
from tests.skills.capacity.test_looks import AT, Prometheus, looks
from tests.skills.capacity.weeks import weeks

STEP = AT - 30 * 3600


def stamp(at):
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def revision(number, at, cpu):
    return {
        "metadata": {
            "namespace": "shop",
            "name": f"orders-{number}",
            "creationTimestamp": stamp(at),
            "annotations": {"deployment.kubernetes.io/revision": str(number)},
            "ownerReferences": [{"kind": "Deployment", "name": "orders"}],
        },
        "spec": {"template": {"spec": {"containers": [{"name": "app", "resources": {"limits": {"cpu": cpu}}}]}}},
    }


def scaler(at):
    return {
        "metadata": {"namespace": "shop", "name": "orders"},
        "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "orders"}},
        "status": {"lastScaleTime": stamp(at), "desiredReplicas": 7},
    }


def kubernetes(**lists):
    """Answers lists by the last word of their path; what is not given may not be read."""

    def answer(request):
        kind = request.url.path.rpartition("/")[2]
        if kind in lists:
            return httpx.Response(200, json={"items": lists[kind]})
        return httpx.Response(403, json={"message": f"cannot list {kind}"})

    return answer


def stepped(**labels):
    prometheus = Prometheus(AT)
    prometheus.add("container_cpu_usage_seconds_total", lambda t: (4 if t < STEP else 9) + np.sin(t / 13751), **labels)
    return prometheus


async def ask(prometheus, cluster, target="namespace", **named):
    return await looks(prometheus, cluster)["capacity.forecast_capacity"]({"target": target, **named})


@pytest.mark.parametrize(
    ("lists", "told"),
    [
        ({"replicasets": [revision(1, AT - 9e5, "1"), revision(2, STEP, "2")]}, "orders: new requests or limits"),
        ({"replicasets": [revision(1, AT - 9e5, "1"), revision(2, STEP, "1")]}, "rollout of orders"),
        ({"horizontalpodautoscalers": [scaler(STEP)]}, "orders: autoscaled to 7 replicas"),
        (
            {
                "events": [
                    {
                        "metadata": {},
                        "lastTimestamp": stamp(STEP),
                        "involvedObject": {"namespace": "shop", "name": "orders"},
                        "message": "New size: 9; reason: cpu resource utilization above target",
                    }
                ]
            },
            "orders: autoscaled to 9 replicas",
        ),
    ],
)
async def test_a_change_that_kubernetes_knows_is_levelled(lists, told):
    every = {"replicasets": [], "horizontalpodautoscalers": [], "events": []} | lists
    answer = await ask(stepped(namespace="shop"), kubernetes(**every), namespace="shop")
    assert any(told in gap and "brought to the level" in gap for gap in answer.gaps), answer.gaps


async def test_nodes_that_joined_move_the_whole_cluster():
    node = {"metadata": {"name": "n9", "creationTimestamp": stamp(STEP)}}
    lists = {"replicasets": [], "horizontalpodautoscalers": [], "events": [], "nodes": [node]}
    answer = await ask(stepped(), kubernetes(**lists), "cluster")
    assert any("node n9 joined" in gap for gap in answer.gaps)


async def test_what_may_not_be_read_is_told_and_takes_nothing_from_the_rest():
    answer = await ask(stepped(namespace="shop"), kubernetes(replicasets=[]), namespace="shop")
    assert answer.facts["outlooks"]
    assert any("could not be asked of Kubernetes" in gap for gap in answer.gaps)


async def test_what_happened_elsewhere_moves_nothing():
    lists = {"replicasets": [], "horizontalpodautoscalers": [scaler(STEP)], "events": []}
    lists["horizontalpodautoscalers"][0]["metadata"]["namespace"] = "other"
    answer = await ask(stepped(namespace="shop"), kubernetes(**lists), namespace="shop")
    assert not any("brought to the level" in gap for gap in answer.gaps)


def test_of_many_events_the_one_at_the_step_is_taken():
    week = weeks(1)[0]
    week[140:] += 90
    assert steps(week, [100, 120, 136, 140, 146, 160])[:1] == [140]


def test_events_without_a_step_take_nothing():
    assert steps(weeks(1)[0], [30, 60, 100, 140]) == []
