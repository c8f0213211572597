"""The chart in a real Kubernetes: taken by its API server, installed, upgraded, rolled back, and what it may do."""

from pathlib import Path

import helm_python
import httpx
import pytest
import yaml

pytestmark = [pytest.mark.servers, pytest.mark.timeout(240)]
CHART = Path(__file__).parents[2] / "helm"
EXAMPLES = {path.stem: yaml.safe_load(path.read_text()) for path in sorted((CHART / "examples").glob("*.yaml"))}
CRDS = {
    "monitoring.coreos.com": ("ServiceMonitor", "PrometheusRule"),
    "external-secrets.io": ("ExternalSecret",),
}


@pytest.fixture(scope="module")
def cluster(kube):
    """The cluster, with the kinds of the operators that the chart's objects are for, and none of ours yet."""
    forget_our_kinds(kube)
    for group, kinds in CRDS.items():
        for kind in kinds:
            kube.apply(_kind(group, kind))
            plural = f"{kind.lower()}s"
            kube.wait_until(
                lambda group=group, plural=plural: kube.exists(f"/apis/{group}/v1/{plural}"), f"{kind} to be served", 30
            )
    return kube


def forget_our_kinds(kube):
    """Whoever applied them before by other means owns their fields, and Helm takes nothing over."""
    for path in (CHART / "crds").glob("*.yaml"):
        name = yaml.safe_load(path.read_text())["metadata"]["name"]
        where = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}"
        kube.client.delete(where)
        kube.wait_until(lambda where=where: not kube.exists(where), f"{name} to be gone", 60)


def _kind(group, kind):
    plural = f"{kind.lower()}s"
    open_schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.lower()},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": open_schema}}],
        },
    }


def dry_run(kube, manifest, namespace):
    """What the API server says to a server-side apply that changes nothing; unknown fields are errors."""
    params = {"dryRun": "All", "fieldManager": "chart", "fieldValidation": "Strict", "force": "true"}
    return kube.client.patch(
        kube.path_of(manifest, namespace),
        params=params,
        content=yaml.safe_dump(manifest),
        headers={"Content-Type": "application/apply-patch+yaml"},
    )


@pytest.mark.parametrize("example", ["nothing", *EXAMPLES])
def test_the_api_server_takes_every_object(cluster, example):
    namespace = cluster.namespace("chart")
    values = _here(EXAMPLES.get(example, {}), cluster)
    with helm_python.Chart.load(CHART) as chart:
        files = chart.render(values, name="dutybot", namespace=namespace)
    found = [
        each for name, text in files.items() if name.endswith(".yaml") for each in yaml.safe_load_all(text) if each
    ]
    assert len(found) >= 7
    for manifest in found:
        answer = dry_run(cluster, manifest, namespace)
        assert answer.is_success, (manifest["kind"], manifest["metadata"]["name"], answer.text[:500])


def _here(values, cluster):
    """The example, with its namespaces replaced by ones that there are."""
    wanted = values.get("rbac", {}).get("namespaces")
    if not wanted:
        return values
    return values | {"rbac": values["rbac"] | {"namespaces": [cluster.namespace() for _ in wanted]}}


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_installed_for_real(cluster, example):
    """All its objects are there, kept by the API server as they were told; and gone after it, but for what is kept."""
    namespace = cluster.namespace("chart")
    values = _here(EXAMPLES[example], cluster)
    with helm_python.Chart.load(CHART) as chart:
        files = chart.render(values, name="dutybot", namespace=namespace)
    wanted = [
        each for name, text in files.items() if name.endswith(".yaml") for each in yaml.safe_load_all(text) if each
    ]
    with helm_python.Config(kubeconfig_path=cluster.kubeconfig, namespace=namespace) as helm:
        helm.install(str(CHART), "dutybot", values, namespace=namespace)
        for each in wanted:
            kept = cluster.get(cluster.path_of(each, namespace))
            assert kept["metadata"]["labels"].items() >= each["metadata"]["labels"].items()
        helm.upgrade(str(CHART), "dutybot", values | {"podLabels": {"again": "yes"}}, namespace=namespace)
        helm.rollback("dutybot", version=1)
        helm.uninstall("dutybot")
    kept = {"PersistentVolumeClaim", "Secret"}
    for each in wanted:
        assert each["kind"] in kept or not _stays(cluster, cluster.path_of(each, namespace)), each["metadata"]["name"]


def _stays(cluster, path):
    """Whether it is there and nobody is taking it away."""
    return cluster.exists(path) and "deletionTimestamp" not in cluster.get(path)["metadata"]


def may(cluster, account, namespace, verb, resource, where=""):
    """`kubectl auth can-i` for the account."""
    group, _, name = resource.rpartition("/") if not resource.startswith("pods/") else ("", "", resource)
    name, _, sub = name.partition("/")
    asked = {"verb": verb, "group": group, "resource": name, "subresource": sub, "namespace": where}
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": f"system:serviceaccount:{namespace}:{account}", "resourceAttributes": asked},
    }
    answer = cluster.client.post("/apis/authorization.k8s.io/v1/subjectaccessreviews", json=body).raise_for_status()
    return answer.json()["status"]["allowed"]


def test_installed_upgraded_rolled_back_and_gone(cluster):
    namespace, order = cluster.namespace("oncall"), cluster.namespace("order")
    cluster.apply(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "dutybot"},
            "stringData": {"ALERTS_TOKEN": "x" * 20},
        },
        namespace=namespace,
    )
    values = {
        "existingSecret": "dutybot",
        "persistence": {"enabled": False},
        "rbac": {"namespaces": [order], "changes": ["kubernetes.rollout_restart", "kubernetes.drain_node"]},
    }
    with helm_python.Config(kubeconfig_path=cluster.kubeconfig, namespace=namespace) as helm:
        helm.install(str(CHART), "dutybot", values, namespace=namespace)
        cluster.wait_for_rollout("dutybot", namespace)
        asked = [
            ("list", "pods", "", True),
            ("get", "pods/log", "", True),
            ("patch", "nodes", "", True),
            ("patch", "apps/deployments", order, True),
            ("create", "pods/eviction", order, True),
            ("patch", "apps/deployments", "kube-system", False),
            ("create", "pods/eviction", "kube-system", False),
            ("delete", "apps/deployments", order, False),
            ("create", "pods/exec", order, False),
            ("get", "secrets", namespace, False),
            ("patch", "rbac.authorization.k8s.io/clusterroles", "", False),
        ]
        for verb, resource, where, allowed in asked:
            assert may(cluster, "dutybot", namespace, verb, resource, where) is allowed, (verb, resource, where)

        helm.upgrade(str(CHART), "dutybot", values | {"rbac": {"changes": []}}, namespace=namespace)
        cluster.wait_for_rollout("dutybot", namespace)
        assert not may(cluster, "dutybot", namespace, "patch", "apps/deployments", order)
        assert may(cluster, "dutybot", namespace, "list", "apps/deployments", order)

        helm.rollback("dutybot", version=1)
        cluster.wait_for_rollout("dutybot", namespace)
        assert may(cluster, "dutybot", namespace, "patch", "apps/deployments", order)
        assert len(helm.history("dutybot")) == 3

        helm.uninstall("dutybot")
    assert not may(cluster, "dutybot", namespace, "list", "pods")
    assert not cluster.exists(f"/apis/apps/v1/namespaces/{namespace}/deployments/dutybot")


def test_the_pod_goes_and_comes_back(cluster):
    namespace = cluster.namespace("oncall")
    with helm_python.Config(kubeconfig_path=cluster.kubeconfig, namespace=namespace) as helm:
        helm.install(
            str(CHART), "dutybot", {"persistence": {"enabled": False}, "rbac": {"create": False}}, namespace=namespace
        )
        cluster.wait_for_rollout("dutybot", namespace)
        pods = f"/api/v1/namespaces/{namespace}/pods"
        (pod,) = cluster.list(pods)
        cluster.client.delete(f"{pods}/{pod['metadata']['name']}").raise_for_status()
        cluster.wait_until(lambda: _replaced(cluster, pods, pod["metadata"]["uid"]), "a new pod", 60)
        helm.uninstall("dutybot")


def test_with_an_operator_the_bot_only_tries_things_out(cluster):
    """The same patch by the same account: as a dry run it may, for real the API server itself says no."""
    namespace, order = cluster.namespace("oncall"), cluster.namespace("order")
    values = {
        "persistence": {"enabled": False},
        "operator": {"enabled": True, "keys": "dutybot-keys"},
        "rbac": {"changes": ["kubernetes.scale_deployment"], "namespaces": [order]},
    }
    cluster.apply(_deployment(), namespace=order)
    with helm_python.Config(kubeconfig_path=cluster.kubeconfig, namespace=namespace) as helm:
        helm.install(str(CHART), "dutybot", values, namespace=namespace)
        for account in ("dutybot", "dutybot-operator"):
            assert may(cluster, account, namespace, "patch", "apps/deployments", order)
        assert not may(cluster, "dutybot-operator", namespace, "get", "pods/log", order)
        assert may(cluster, "dutybot", namespace, "create", "dutybot.io/remediations", namespace)
        assert not may(cluster, "dutybot-operator", namespace, "create", "dutybot.io/remediations", namespace)
        path = f"/apis/apps/v1/namespaces/{order}/deployments/order"
        bot, operator = (cluster.token(account, namespace) for account in ("dutybot", "dutybot-operator"))
        cluster.wait_until(lambda: _scale(cluster, path, bot).status_code == 422, "the API server to hold it", 30)
        assert "changes are made by the operator" in _scale(cluster, path, bot).text
        assert _scale(cluster, path, bot, dryRun="All").is_success
        assert _scale(cluster, path, operator).is_success
        helm.uninstall("dutybot")


def _deployment():
    labels = {"app": "order"}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "order", "image": "order:1"}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": pod}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "order"}, "spec": spec}


def _scale(cluster, path, token, **params):
    """As the account of this token; the admin's certificate is left out."""
    with httpx.Client(base_url=cluster.url, verify=str(cluster.ca), trust_env=False) as client:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/merge-patch+json"}
        return client.patch(path, params=params, headers=headers, content='{"spec": {"replicas": 2}}')


def _replaced(cluster, pods, old):
    found = cluster.list(pods)
    return found and all(each["metadata"]["uid"] != old for each in found)
