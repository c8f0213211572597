"""What is not as it should be is told to who asks for it: gateways, operators, loose rights, sets without a status."""

# ruff: noqa: E501

import pytest

from bot.think.diagnosis import Verdict, diagnose
from bot.think.diagnosis.markdown import as_markdown
from tests.think.diagnosis.kube import event, sight, thing
from tests.think.diagnosis.shop import WELL, app, broken, meta, waiting

GATEWAY = thing("Gateway", "edge", "infra", spec={"gatewayClassName": "mesh", "listeners": [{"name": "http"}]})
CLASS = thing("GatewayClass", "mesh", "", status={"conditions": [{"type": "Accepted", "status": "True"}]})
ROUTE = thing("HTTPRoute", "shop", spec={"parentRefs": [{"name": "edge", "namespace": "infra"}], "rules": []})
ROLE = thing("Role", "all", rules=[{"verbs": ["*"], "resources": ["pods"]}])
SET = thing("StatefulSet", "data", spec={"replicas": 1})
POD = thing("Pod", "data-0", metadata=meta(ownerReferences=[{"kind": "StatefulSet", "name": "data"}]),
            status={"phase": "Pending"})  # fmt: skip
REMARKS = {
    "a route from a namespace that its gateway takes none from": ([GATEWAY, CLASS, ROUTE], "HTTPRoute", "edge"),
    "a binding to a role that may do everything": (
        [ROLE, thing("RoleBinding", "devs", roleRef={"kind": "Role", "name": "all"})], "RoleBinding", "Role all"),
    "a set without a status whose pod waits": ([SET, POD], "StatefulSet", "data-0 Pending"),
    "a deployment that reports nothing": ([thing("Deployment", "web", spec={"replicas": 2})], "Deployment", "0/2"),
    "an operator that failed": (
        [thing("ClusterServiceVersion", "db.v1", status={"phase": "Failed", "message": "no rights"})],
        "ClusterServiceVersion", "no rights"),
    "a catalogue that cannot be reached": (
        [thing("CatalogSource", "ours", status={"connectionState": {"lastObservedState": "TRANSIENT_FAILURE"}})],
        "CatalogSource", "TRANSIENT_FAILURE"),
    "two operator groups": ([thing("OperatorGroup", "one"), thing("OperatorGroup", "two")], "OperatorGroup", "one, two"),
    "a reason for waiting that nobody has heard of": (
        app(pods=[broken(waiting("PreStartHookError", "hook said no"), "Pending")]), "Pod", "hook said no"),
    "a hook before the stop": (
        [*app(), event("Pod", "checkout-6c9f7d5b8f-x2x7k", "FailedPreStopHook", "PreStopHook failed")], "Pod", "PreStop"),
}  # fmt: skip


@pytest.mark.parametrize("name", REMARKS)
def test_it_is_told_to_who_asks(name):
    things, kind, said = REMARKS[name]
    diagnosis = diagnose(sight(*things))
    assert diagnosis.verdict is Verdict.FAULT
    assert kind in {one.about.kind for one in diagnosis.findings}
    assert said in as_markdown(diagnosis, "en")
    assert said in as_markdown(diagnosis, "zh")


@pytest.mark.parametrize("allowed", [{"from": "All"}, {"from": "Selector", "selector": {"matchLabels": {"a": "b"}}}])
def test_a_route_that_is_let_in_is_no_remark(allowed):
    listener = {"name": "http", "allowedRoutes": {"namespaces": allowed}}
    gateway = thing("Gateway", "edge", "infra", spec={"gatewayClassName": "mesh", "listeners": [listener]})
    space = thing("Namespace", "shop", "", metadata={"labels": {"a": "b"}})
    diagnosis = diagnose(sight(gateway, CLASS, ROUTE, space, *app(pods=[WELL])))
    assert diagnosis.verdict is Verdict.HEALTHY, diagnosis.findings
