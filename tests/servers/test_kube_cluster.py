"""The test cluster: a real control plane that schedules, rolls out, evicts and refuses, over nodes that behave."""

import time

import httpx
import pytest

from tests.servers.kube_cluster import condition

pytestmark = pytest.mark.servers


def deployment(name: str = "order", *, replicas: int = 2, image: str = "order:1", **annotations: str) -> dict:
    labels = {"app": name}
    told = {f"simulator/{key.replace('_', '-')}": value for key, value in annotations.items()}
    container = {"name": "app", "image": image, "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels, "annotations": told}, "spec": {"containers": [container]}},
        },
    }


def pods(kube, namespace: str) -> list[dict]:
    return kube.list(f"/api/v1/namespaces/{namespace}/pods")


def restarts_for(pod: dict, reason: str) -> bool:
    states = pod["status"].get("containerStatuses", [])
    return any(one["restartCount"] and one["lastState"].get("terminated", {}).get("reason") == reason for one in states)


def test_a_deployment_scales_and_becomes_ready(kube):
    namespace = kube.namespace()
    kube.apply(deployment(replicas=2), namespace=namespace)
    kube.wait_for_rollout("order", namespace)
    scale = f"/apis/apps/v1/namespaces/{namespace}/deployments/order/scale"
    merge = {"Content-Type": "application/merge-patch+json"}
    kube.client.patch(scale, json={"spec": {"replicas": 5}}, headers=merge).raise_for_status()
    kube.wait_for_rollout("order", namespace)
    found = pods(kube, namespace)
    assert len(found) == 5
    assert all(condition(pod, "Ready") for pod in found)
    assert len({pod["status"]["podIP"] for pod in found}) == 5
    assert len({pod["spec"]["nodeName"] for pod in found}) == 3


def test_a_bad_image_stalls_a_rollout_and_the_old_pods_stay(kube):
    namespace = kube.namespace()
    kube.apply(deployment(), namespace=namespace)
    kube.wait_for_rollout("order", namespace)
    kube.apply(deployment(image="order:bad"), namespace=namespace)

    def stalled() -> bool:
        states = [one["state"] for pod in pods(kube, namespace) for one in pod["status"].get("containerStatuses", [])]
        return any(one.get("waiting", {}).get("reason") == "ImagePullBackOff" for one in states)

    kube.wait_until(stalled, "the image pull to back off")
    assert sum(condition(pod, "Ready") for pod in pods(kube, namespace)) == 2
    kube.apply(deployment(), namespace=namespace)
    kube.wait_for_rollout("order", namespace)


@pytest.mark.parametrize(("behavior", "reason"), [("crashloop", "Error"), ("oomkill", "OOMKilled")])
def test_pods_die_as_their_annotation_says(kube, behavior, reason):
    namespace = kube.namespace()
    kube.apply(deployment(replicas=1, behavior=behavior), namespace=namespace)
    kube.wait_until(lambda: any(restarts_for(pod, reason) for pod in pods(kube, namespace)), "a restart")
    events = kube.list(f"/api/v1/namespaces/{namespace}/events", fieldSelector="reason=BackOff")
    assert events[0]["type"] == "Warning"
    state = httpx.get(f"http://{kube.metrics}/metrics/state", trust_env=False).text
    assert f'kube_pod_container_status_last_terminated_reason{{container="app",namespace="{namespace}"' in state


def test_a_running_pod_turns_bad_and_good_again(kube):
    namespace = kube.namespace()
    kube.apply(deployment(replicas=1), namespace=namespace)
    kube.wait_for_rollout("order", namespace)
    path = f"/api/v1/namespaces/{namespace}/pods/{pods(kube, namespace)[0]['metadata']['name']}"
    for behavior, ready in (("notready", False), ("ok", True)):
        change = {"metadata": {"annotations": {"simulator/behavior": behavior}}}
        kube.client.patch(path, json=change, headers={"Content-Type": "application/merge-patch+json"})
        kube.wait_until(lambda ready=ready: condition(kube.get(path), "Ready") == ready, f"ready = {ready}")


def test_a_job_completes(kube):
    namespace = kube.namespace()
    spec = {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "app", "image": "job:1"}]}}}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "once"}, "spec": spec}
    kube.apply(job, namespace=namespace)
    kube.wait_until(lambda: condition(kube.get(f"/apis/batch/v1/namespaces/{namespace}/jobs/once"), "Complete"))


def test_an_eviction_respects_the_budget(kube):
    namespace = kube.namespace()
    kube.apply(deployment(replicas=2), namespace=namespace)
    budget = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "order"},
        "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app": "order"}}},
    }
    kube.apply(budget, namespace=namespace)
    kube.wait_for_rollout("order", namespace)
    where = f"/apis/policy/v1/namespaces/{namespace}/poddisruptionbudgets/order"
    kube.wait_until(lambda: kube.get(where).get("status", {}).get("currentHealthy") == 2, "the budget to count")
    names = {pod["metadata"]["name"] for pod in pods(kube, namespace)}
    name = min(names)
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": namespace}}
    path = f"/api/v1/namespaces/{namespace}/pods/{name}/eviction"
    refused = kube.client.post(path, json=eviction)
    assert refused.status_code == 429
    assert "disruption budget" in refused.json()["message"]
    kube.apply(budget | {"spec": budget["spec"] | {"minAvailable": 1}}, namespace=namespace)
    kube.wait_until(lambda: kube.get(where)["status"]["disruptionsAllowed"] == 1, "the budget to allow one")
    assert kube.client.post(path, json=eviction).status_code == 201
    kube.wait_until(lambda: name not in {pod["metadata"]["name"] for pod in pods(kube, namespace)}, "the pod to go")
    kube.wait_for_rollout("order", namespace)


def test_logs_come_through_the_api_server(kube):
    namespace = kube.namespace()
    kube.apply(deployment(replicas=1, logs="starting\nTimeoutError: pool exhausted\nbye"), namespace=namespace)
    kube.wait_for_rollout("order", namespace)
    path = f"/api/v1/namespaces/{namespace}/pods/{pods(kube, namespace)[0]['metadata']['name']}/log"
    assert kube.client.get(path).text == "starting\nTimeoutError: pool exhausted\nbye\n"
    assert kube.client.get(path, params={"tailLines": 1}).text == "bye\n"
    stamped = kube.client.get(path, params={"tailLines": 1, "timestamps": "true"}).text
    assert stamped.startswith(time.strftime("%Y-", time.gmtime()))
    assert kube.client.get(path, params={"previous": "true"}).status_code == 400


def test_logs_are_followed_to_the_end_of_the_pod(kube):
    namespace = kube.namespace()
    kube.apply(deployment(replicas=1), namespace=namespace)
    kube.wait_for_rollout("order", namespace)
    path = f"/api/v1/namespaces/{namespace}/pods/{pods(kube, namespace)[0]['metadata']['name']}"
    with kube.client.stream("GET", f"{path}/log", params={"follow": "true"}) as stream:
        lines = stream.iter_lines()
        assert [next(lines).rpartition(" ")[2] for _ in range(3)] == ["n=0", "n=1", "n=2"]
        kube.client.delete(path).raise_for_status()
        assert len(list(lines)) < 5
    assert kube.client.get(f"{path}/log").status_code == 404


def test_a_slow_start_is_seen_as_not_ready(kube):
    namespace = kube.namespace()
    kube.apply(deployment(replicas=1, ready_after="2"), namespace=namespace)
    kube.wait_until(lambda: [pod["status"]["phase"] for pod in pods(kube, namespace)] == ["Running"], "it to run")
    assert not condition(pods(kube, namespace)[0], "Ready")
    kube.wait_for_rollout("order", namespace)


def test_pressure_on_a_node_is_told_and_its_pods_may_be_put_out(kube):
    kube.add_node("pressed", labels={"pool": "pressed"})
    merge = {"Content-Type": "application/merge-patch+json"}
    change = {"metadata": {"annotations": {"simulator/pressure": "MemoryPressure"}}}
    kube.client.patch("/api/v1/nodes/pressed", json=change, headers=merge).raise_for_status()
    kube.wait_until(lambda: condition(kube.get("/api/v1/nodes/pressed"), "MemoryPressure"), "the pressure")
    taints = "node.kubernetes.io/memory-pressure"
    kube.wait_until(
        lambda: taints in [one["key"] for one in kube.get("/api/v1/nodes/pressed")["spec"].get("taints", [])],
        "the taint",
    )
    kube.client.delete("/api/v1/nodes/pressed").raise_for_status()
    namespace = kube.namespace()
    kube.apply(deployment(replicas=1), namespace=namespace)
    kube.wait_for_rollout("order", namespace)
    first = pods(kube, namespace)[0]["metadata"]["name"]
    path = f"/api/v1/namespaces/{namespace}/pods/{first}"
    kube.client.patch(path, json={"metadata": {"annotations": {"simulator/behavior": "evicted"}}}, headers=merge)
    kube.wait_until(lambda: kube.get(path)["status"].get("reason") == "Evicted", "the eviction")
    phases = lambda: sorted(pod["status"]["phase"] for pod in pods(kube, namespace))  # noqa: E731
    kube.wait_until(lambda: phases() == ["Failed", "Running"], "another pod in its place")


def test_a_service_account_may_do_what_its_role_says(kube):
    namespace = kube.namespace()
    kube.apply(deployment(), namespace=namespace)
    with httpx.Client(
        base_url=kube.url,
        verify=kube.authority.trust(),
        trust_env=False,
        headers={"Authorization": f"Bearer {kube.token('reader', namespace)}"},
    ) as reader:
        path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
        assert reader.get(path).status_code == 403
        rules = [{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["list"]}]
        role = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": "reader"}}
        kube.apply(role | {"kind": "Role", "rules": rules}, namespace=namespace)
        subject = {"kind": "ServiceAccount", "name": "reader", "namespace": namespace}
        ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"}
        kube.apply(role | {"kind": "RoleBinding", "subjects": [subject], "roleRef": ref}, namespace=namespace)
        kube.wait_until(lambda: reader.get(path).status_code == 200, "the role to be seen")
        assert reader.delete(f"{path}/order").status_code == 403


def test_a_node_comes_dies_recovers_and_goes(kube):
    kube.add_node("late", cpu="2", labels={"pool": "spare"})
    path = "/api/v1/nodes/late"
    assert kube.get(path)["status"]["allocatable"]["cpu"] == "2"
    merge = {"Content-Type": "application/merge-patch+json"}
    for said, ready in (("stop", False), (None, True)):
        kube.client.patch(path, json={"metadata": {"annotations": {"simulator/heartbeat": said}}}, headers=merge)
        kube.wait_until(lambda ready=ready: condition(kube.get(path), "Ready") == ready, f"ready = {ready}", 60)
    kube.client.delete(path).raise_for_status()
    kube.wait_until(lambda: not kube.exists(path), "the node to go")


def test_usage_is_measured_where_prometheus_looks(kube, start_prometheus):
    namespace = kube.namespace()
    kube.apply(deployment(replicas=1, cpu="1500m", memory="300Mi"), namespace=namespace)
    kube.wait_for_rollout("order", namespace)
    prometheus = start_prometheus(scrape={"cadvisor": [f"{kube.metrics}/metrics/cadvisor"]})
    query = f'rate(container_cpu_usage_seconds_total{{namespace="{namespace}"}}[10s])'
    kube.wait_until(lambda: len(prometheus.ask(query)) == 1, "two scrapes")
    kube.wait_until(lambda: float(prometheus.ask(query)[0]["value"][1]) == pytest.approx(1.5, rel=0.1), "1.5 cores")
    memory = prometheus.ask(f'container_memory_working_set_bytes{{namespace="{namespace}"}}')
    assert memory[0]["value"][1] == str(300 * 2**20)


def test_an_autoscaler_scales_on_what_the_pods_use(kube):
    namespace = kube.namespace()
    kube.apply(deployment(replicas=1, cpu="150m", memory="40Mi"), namespace=namespace)
    kube.wait_for_rollout("order", namespace)
    used = kube.list(f"/apis/metrics.k8s.io/v1beta1/namespaces/{namespace}/pods", labelSelector="app=order")
    assert [one["usage"] for one in used[0]["containers"]] == [{"cpu": "150000000n", "memory": "40960Ki"}]
    metric = {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
    }
    autoscaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "order"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "order"},
            "minReplicas": 1,
            "maxReplicas": 2,
            "metrics": [metric],
        },
    }
    kube.apply(autoscaler, namespace=namespace)
    kube.wait_until(lambda: len(pods(kube, namespace)) == 2, "the second pod", 60)
    path = f"/apis/autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers/order"
    kube.wait_until(lambda: condition(kube.get(path), "ScalingActive"), "the autoscaler to be content")
