"""Looking at a cluster."""

import httpx
import pytest

from skills import BadArguments, Catalogue, Forbidden, NotFound, Unreachable
from skills.clock import Clock
from skills.kubernetes import skill
from skills.kubernetes.kinds import KINDS
from tests.skills.kubernetes.things import crashing, deployment, event, namespace, node, pod, replica_set
from tests.skills.kubernetes.wire import Wire, status


def asks(wire: Wire, now) -> Catalogue:
    return Catalogue([wire.skill(now)])


async def test_listing_shows_what_matters_of_each(now):
    kube = asks(Wire(namespace(), pod(), crashing(), pod("other", namespace="else")), now)
    found = await kube["kubernetes.list"]({"kind": "pods", "namespace": "shop"})
    assert found.summary == "2 pods in shop"
    assert found.query == 'kubectl get --raw "/api/v1/namespaces/shop/pods"'
    assert found.table.columns == ("namespace", "name", "ready", "state", "restarts", "node", "age")
    assert found.table.rows == (
        ("shop", "order-service-1", "1/1", "Running", "0", "n1", "2h"),
        ("shop", "order-service-2", "0/1", "CrashLoopBackOff", "7", "n1", "2h"),
    )


async def test_pages_are_followed_and_what_is_cut_is_told(now):
    wire = Wire(namespace(), *[pod(f"p{n}") for n in range(25)])
    wire.page = 10
    found = await asks(wire, now)["kubernetes.list"]({"kind": "pod", "namespace": "shop", "most": 5})
    assert (found.facts["count"], len(found.table.rows), found.gaps) == (25, 5, ("20 more are not shown.",))


@pytest.mark.parametrize("word", ["secret", "Secrets", "secrets.v1"])
async def test_secrets_are_never_read(now, word):
    wire = Wire()
    with pytest.raises(BadArguments, match="Secrets are never read"):
        await asks(wire, now)["kubernetes.list"]({"kind": word})
    assert not wire.asked


async def test_an_unknown_kind_names_those_that_are_known(now):
    with pytest.raises(BadArguments, match="I do not know the kind gizmo; I know: Pod, Deployment"):
        await asks(Wire(), now)["kubernetes.list"]({"kind": "gizmo"})


async def test_an_unknown_namespace_names_the_nearest(now):
    with pytest.raises(NotFound) as caught:
        await asks(Wire(namespace("shop"), namespace("bank")), now)["kubernetes.list"](
            {"kind": "pod", "namespace": "shopp"}
        )
    assert str(caught.value) == "There is no namespace shopp; the nearest: shop."


async def test_an_unknown_deployment_names_the_nearest(now):
    with pytest.raises(NotFound, match="There is no Deployment order in shop; the nearest: order-service"):
        await asks(Wire(namespace(), deployment()), now)["rollout_history"](
            {"namespace": "shop", "deployment": "order"}
        )


async def test_a_refusal_is_told_in_the_servers_words(now):
    wire = Wire()
    wire.answers["GET", "/api/v1/pods"] = status(403, 'pods is forbidden: User "bot" cannot list resource "pods"')
    with pytest.raises(Forbidden) as caught:
        await asks(wire, now)["kubernetes.list"]({"kind": "pod"})
    assert str(caught.value) == (
        'Kubernetes refused: pods is forbidden: User "bot" cannot list resource "pods". Ask its owner for the right.'
    )


async def test_no_cluster_is_told_when_it_is_asked():
    kube = Catalogue([skill(Clock(), url="", kubeconfig="")])
    with pytest.raises(Unreachable, match="No cluster is set up; give KUBERNETES_URL"):
        await kube["kubernetes.list"]({"kind": "pod"})


async def test_config_maps_show_their_keys_alone(now):
    wire = Wire({"kind": "ConfigMap", "metadata": {"name": "c", "namespace": "shop"}, "data": {"password": "hunter2"}})
    kube = asks(wire, now)
    one = await kube["describe"]({"kind": "configmap", "namespace": "shop", "name": "c"})
    all_of_them = await kube["kubernetes.list"]({"kind": "cm", "namespace": "shop", "full": True})
    assert one.facts["object"]["keys"] == ["password"]
    assert "hunter2" not in repr((one, all_of_them))


async def test_describing_shows_problems_pods_and_events(now):
    sick = crashing()
    wire = Wire(
        namespace(),
        deployment(),
        pod(),
        sick,
        event("e1", deployment(), "ScalingReplicaSet", "scaled up", "2026-11-22T09:00:00Z"),
    )
    found = await asks(wire, now)["describe"]({"kind": "deploy", "namespace": "shop", "name": "order-service"})
    assert found.lines[0].startswith("Pod shop/order-service-2: CrashLoopBackOff (container main, 7 restarts")
    assert found.lines[-1] == ("2026-11-22T09:00:00Z Warning ScalingReplicaSet Deployment/order-service x4: scaled up")
    assert len(found.table.rows) == 2


async def test_problems_are_found_and_the_healthy_are_left_alone(now):
    healthy = await asks(Wire(namespace(), deployment(), pod(), node()), now)["problems"]({})
    assert (healthy.summary, healthy.table) == ("Nothing is plainly wrong in the cluster", None)
    ill = Wire(
        namespace(),
        crashing(),
        pod("gone", phase="Failed", reason="Evicted", message="The node was low on resource: ephemeral-storage."),
        pod(
            "waiting",
            phase="Pending",
            conditions=[
                {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes fit"}
            ],
        ),
    )
    found = await asks(ill, now)["problems"]({"namespace": "shop"})
    assert [(row[2], row[3]) for row in found.table.rows] == [
        ("order-service-2", "CrashLoopBackOff"),
        ("order-service-2", "OOMKilled"),
        ("gone", "Evicted"),
        ("waiting", "Unschedulable"),
    ]


async def test_what_may_not_be_seen_is_a_gap_not_a_failure(now):
    wire = Wire(namespace(), crashing())
    wire.answers["GET", "/apis/apps/v1/namespaces/shop/deployments"] = status(403, "deployments is forbidden")
    found = await asks(wire, now)["problems"]({"namespace": "shop"})
    assert len(found.table.rows) == 2
    assert "deployments is forbidden" in found.gaps[0]


@pytest.mark.parametrize("look", ["problems", "workloads", "recent_changes"])
async def test_where_nothing_may_be_seen_nothing_is_called_well(now, look):
    wire = Wire(namespace(), crashing())
    refused = status(403, "it is forbidden")
    asked = asks(wire, now)[look]
    with pytest.raises(Forbidden, match="it is forbidden"):
        await asked_of_nothing(wire, asked, refused)


async def asked_of_nothing(wire, asked, refused):
    """Every list of the namespace is refused."""
    for kind in KINDS:
        if kind.namespaced:
            wire.answers["GET", f"{kind.root}/namespaces/shop/{kind.plural}"] = refused
    return await asked({"namespace": "shop"})


async def test_events_are_newest_first_and_within_the_time(now):
    wire = Wire(
        namespace(),
        event("a", pod(), "BackOff", "old", "2026-11-22T08:00:00Z"),
        event("b", pod(), "BackOff", "first", "2026-11-22T09:10:00Z"),
        event("c", pod(), "Unhealthy", "second", "2026-11-22T09:20:00Z"),
        event("d", pod(), "Pulled", "fine", "2026-11-22T09:30:00Z", kind="Normal"),
    )
    found = await asks(wire, now)["events"]({"namespace": "shop"})
    assert [each["message"] for each in found.facts["events"]] == ["second", "first"]
    assert found.summary == "2 warnings (2026-11-22 09:00-10:00 UTC)"


async def test_the_history_says_what_each_revision_changed(now):
    wire = Wire(deployment(image="order:2"), replica_set(1, "order:1"), replica_set(2, "order:2", replicas=3))
    found = await asks(wire, now)["rollout_history"]({"namespace": "shop", "deployment": "order-service"})
    assert found.summary == "order-service is at revision 2; 2 are kept"
    assert found.table.rows == (
        ("1", "2026-11-21T10:00:00Z", "order:1", "", ""),
        ("2", "2026-11-22T10:00:00Z", "order:2", "now", "spec.containers.main.image: order:1 -> order:2"),
    )


async def test_find_prefers_the_exact_name(now):
    found = await asks(Wire(deployment("order-service-api"), deployment(namespace="bank")), now)["find"](
        {"name": "order-service"}
    )
    assert [row[1:] for row in found.table.rows] == [("bank", "order-service"), ("shop", "order-service-api")]


async def test_logs_come_from_the_first_container(now):
    wire = Wire(pod())
    found = await asks(wire, now)["pod_logs"]({"namespace": "shop", "pod": "order-service-1", "previous": True})
    assert found.lines[-1] == "2026-11-22T10:00:01Z boom"
    assert "container=main&tailLines=100&limitBytes=200000" in wire.asked[-1][1]
    assert "previous=true" in wire.asked[-1][1]


async def test_a_server_that_falls_over_is_told(now):
    wire = Wire()
    wire.answers["GET", "/api/v1/pods"] = httpx.Response(500, text="etcd is gone")
    with pytest.raises(Unreachable, match=r"status 500 \(etcd is gone\)"):
        await asks(wire, now)["kubernetes.list"]({"kind": "pod"})
