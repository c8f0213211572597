"""The simple door onto the changes."""

import pytest

from skills import BadArguments
from tests.skills.kubernetes.test_changes import kube, settle, shop, the_deployment


@pytest.mark.parametrize(
    ("asked", "meant", "arguments"),
    [
        (
            {"action": "restart", "target": "shop/order-service"},
            "kubernetes.rollout_restart",
            {"namespace": "shop", "name": "order-service", "kind": "Deployment"},
        ),
        (
            {"action": "scale_deployment", "target": "order-service", "value": "5"},
            "kubernetes.scale_deployment",
            {"namespace": "default", "deployment": "order-service", "replicas": 5},
        ),
        ({"action": "cordon", "target": "n1"}, "kubernetes.cordon", {"node": "n1"}),
        (
            {"action": "rollback_deployment", "target": "shop/order-service"},
            "kubernetes.rollback_deployment",
            {"namespace": "shop", "deployment": "order-service", "revision": 0},
        ),
    ],
)
def test_behind_the_door_stands_the_action_that_is_meant(now, asked, meant, arguments):
    action, whole = kube(shop(), now).resolve("execute_k8s_action", asked)
    assert (action.name, whole) == (meant, arguments)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"action": "drain_node", "target": "n1"}, "action of kubernetes.execute_k8s_action"),
        ({"action": "exec", "target": "shop/order-service"}, "action of kubernetes.execute_k8s_action"),
        ({"action": "restart", "target": "shop/order-service; rm -rf"}, "name of kubernetes.rollout_restart"),
        ({"action": "restart", "target": "a/b/c"}, "Write the target as namespace/name"),
        ({"action": "restart", "target": "shop/*"}, "name of kubernetes.rollout_restart"),
        ({"action": "restart", "target": "shop/order", "value": "3"}, "rollout_restart takes no value"),
        ({"action": "scale_deployment", "target": "shop/order"}, "needs the argument replicas"),
        ({"action": "scale_deployment", "target": "shop/order", "value": "-1"}, "replicas of kubernetes"),
    ],
)
def test_what_is_wrong_is_told(now, asked, told):
    with pytest.raises(BadArguments, match=told):
        kube(shop(), now).resolve("execute_k8s_action", asked)


async def test_it_does_what_the_action_does(now):
    wire = shop()
    change = kube(wire, now)["execute_k8s_action"].change
    asked = {"action": "scale_deployment", "target": "shop/order-service", "value": "5"}
    assert (await change.preview(asked)).diff == ("spec.replicas: 3 -> 5",)
    snapshot = await change.observe(asked)
    await change.run(asked, snapshot)
    settle(wire)
    assert (await change.verify(asked, snapshot)).better
    await change.undo(asked, snapshot)
    assert the_deployment(wire)["spec"]["replicas"] == 3


def test_a_plain_action_is_itself(now):
    action, whole = kube(shop(), now).resolve("cordon", {"node": "n1"})
    assert (action.name, whole) == ("kubernetes.cordon", {"node": "n1"})
