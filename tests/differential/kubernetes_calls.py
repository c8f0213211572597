"""Calls to a Kubernetes API, one after another, with what each is to send: the same for the real server and ours."""

from dataclasses import dataclass
from typing import Any

MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"
CORE = "/api/v1/namespaces/{ns}"
APPS = "/apis/apps/v1/namespaces/{ns}"


@dataclass(frozen=True)
class Call:
    """One request. `whole` means that the answers must be the same in every field, not only in those that we tell."""

    method: str
    path: str
    body: Any = None
    kind: str = "application/json"
    whole: bool = False


def _config(name: str, **fields: Any) -> dict[str, Any]:
    meta = {"name": name, **fields.pop("meta", {})}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, **fields}


def _pod(name: str, tier: str) -> dict[str, Any]:
    spec = {"schedulerName": "nobody", "containers": [{"name": "main", "image": "shop/cart:1"}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"tier": tier}}, "spec": spec}


def _deployment(name: str, labels: dict[str, str] | None = None, **fields: Any) -> dict[str, Any]:
    container = {
        "name": "main",
        "image": "shop/order:1",
        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
    }
    template = {"metadata": {"labels": labels or {"app": name}}, "spec": {"containers": [container]}}
    spec = {"replicas": 3, "paused": True, "selector": {"matchLabels": {"app": name}}, "template": template, **fields}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def _image(image: str) -> dict[str, Any]:
    return {"spec": {"template": {"spec": {"containers": [{"name": "main", "image": image}]}}}}


def _applied(value: str) -> dict[str, Any]:
    return _config("owned", data={"key": value})


CALLS: tuple[Call, ...] = (
    # making
    Call(
        "POST",
        f"{CORE}/configmaps",
        _config("one", data={"a": "1"}, meta={"labels": {"app": "cart", "tier": "web"}}),
        whole=True,
    ),
    Call("POST", f"{CORE}/configmaps", _config("two", data={"b": "2"}, meta={"labels": {"app": "order"}}), whole=True),
    Call("POST", f"{CORE}/configmaps", _config("three", meta={"annotations": {"note": "x"}}), whole=True),
    Call("POST", f"{CORE}/configmaps", _config("one"), whole=True),
    Call("POST", f"{CORE}/configmaps?dryRun=All", _config("dry"), whole=True),
    Call("GET", f"{CORE}/configmaps/dry", whole=True),
    Call(
        "POST",
        f"{CORE}/configmaps",
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "other"}},
        whole=True,
    ),
    Call("POST", "/api/v1/namespaces/nowhere/configmaps", _config("lost"), whole=True),
    # reading
    Call("GET", f"{CORE}/configmaps/one", whole=True),
    Call("GET", f"{CORE}/configmaps/none", whole=True),
    Call("GET", f"{CORE}/configmaps?labelSelector=app"),
    Call("GET", f"{CORE}/configmaps?labelSelector=app=cart"),
    Call("GET", f"{CORE}/configmaps?labelSelector=app!=cart,app"),
    Call("GET", f"{CORE}/configmaps?labelSelector=app in (cart,order),!tier"),
    Call("GET", f"{CORE}/configmaps?labelSelector=app notin (cart),tier"),
    Call("GET", f"{CORE}/configmaps?labelSelector=app in cart", whole=False),
    Call("GET", f"{CORE}/configmaps?fieldSelector=metadata.name=two"),
    Call("GET", f"{CORE}/configmaps?fieldSelector=data.a=1"),
    Call("GET", f"{CORE}/nonsense"),
    Call("GET", "/apis/nonsense.example/v1/things"),
    Call("GET", "/apis/apps/v1/namespaces/{ns}/deployments/none", whole=True),
    Call("GET", "/api/v1/nodes/none", whole=True),
    Call("GET", "/api/v1/namespaces/{ns}"),
    Call("GET", "/api/v1/namespaces/nowhere", whole=True),
    # patching
    Call("PATCH", f"{CORE}/configmaps/one", {"data": {"a": None, "c": "3"}}, MERGE, whole=True),
    Call(
        "PATCH",
        f"{CORE}/configmaps/one",
        {"data": {"d": "4"}, "metadata": {"labels": {"app": "cart2"}}},
        STRATEGIC,
        whole=True,
    ),
    Call(
        "PATCH",
        f"{CORE}/configmaps/one",
        [{"op": "add", "path": "/data/e", "value": "5"}, {"op": "remove", "path": "/data/c"}],
        JSON,
        whole=True,
    ),
    Call("PATCH", f"{CORE}/configmaps/one", [{"op": "test", "path": "/data/e", "value": "6"}], JSON),
    Call("PATCH", f"{CORE}/configmaps/one", {"data": {"z": "0"}}, "text/plain"),
    Call("PATCH", f"{CORE}/configmaps/one?dryRun=All", {"data": {"z": "0"}}, MERGE, whole=True),
    Call(
        "PATCH", f"{CORE}/configmaps/one", {"metadata": {"resourceVersion": "1"}, "data": {"z": "0"}}, MERGE, whole=True
    ),
    Call("PATCH", f"{CORE}/configmaps/none", {"data": {"z": "0"}}, MERGE, whole=True),
    Call("GET", f"{CORE}/configmaps/one", whole=True),
    # replacing
    Call("PUT", f"{CORE}/configmaps/two", _config("two", data={"only": "this"}), whole=True),
    Call("PUT", f"{CORE}/configmaps/two", _config("two", meta={"resourceVersion": "1"}), whole=True),
    # server-side apply
    Call("PATCH", f"{CORE}/configmaps/owned?fieldManager=mine", _applied("1"), APPLY, whole=True),
    Call("PATCH", f"{CORE}/configmaps/owned?fieldManager=yours", _applied("2"), APPLY, whole=True),
    Call("PATCH", f"{CORE}/configmaps/owned?fieldManager=yours&force=true", _applied("2"), APPLY, whole=True),
    Call("PATCH", f"{CORE}/configmaps/owned?fieldManager=mine", _applied("1"), APPLY, whole=True),
    Call("PATCH", f"{CORE}/configmaps/owned", _applied("3"), APPLY),
    # workloads
    Call("POST", f"{APPS}/deployments", _deployment("order")),
    Call("POST", f"{APPS}/deployments", _deployment("wrong", {"app": "other"})),
    Call("POST", f"{APPS}/deployments", _deployment("minus", replicas=-1)),
    Call("POST", f"{APPS}/deployments", _deployment("text", replicas="many")),
    Call("GET", f"{APPS}/deployments/order"),
    Call("GET", f"{APPS}/deployments/order/scale"),
    Call("PATCH", f"{APPS}/deployments/order/scale", {"spec": {"replicas": 5}}, MERGE),
    Call("PATCH", f"{APPS}/deployments/order/scale", {"spec": {"replicas": -1}}, MERGE),
    Call("PATCH", f"{APPS}/deployments/order/scale?dryRun=All", {"spec": {"replicas": 9}}, MERGE),
    Call("GET", f"{APPS}/deployments/order/scale"),
    Call("PATCH", f"{APPS}/deployments/order", _image("shop/order:2"), STRATEGIC),
    Call(
        "PATCH",
        f"{APPS}/deployments/order",
        {"spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "now"}}}}},
        STRATEGIC,
    ),
    Call(
        "PATCH",
        f"{APPS}/deployments/order",
        {
            "spec": {
                "template": {
                    "spec": {
                        "containers": [
                            {"name": "main", "env": [{"name": "A", "$patch": "delete"}, {"name": "C", "value": "3"}]}
                        ]
                    }
                }
            }
        },
        STRATEGIC,
    ),
    Call("PATCH", f"{APPS}/deployments/order?dryRun=All", _image("shop/order:3"), STRATEGIC),
    Call("GET", f"{APPS}/deployments/order"),
    Call("PATCH", f"{APPS}/deployments/order", {"spec": {"replicas": 2}}, MERGE),
    Call("PATCH", f"{APPS}/deployments/order", _image("shop/order:4"), MERGE),
    Call("GET", f"{APPS}/deployments?labelSelector=nothing=here"),
    # pods
    Call("POST", f"{CORE}/pods", _pod("cart-a", "web")),
    Call("POST", f"{CORE}/pods", _pod("cart-b", "db")),
    Call("GET", f"{CORE}/pods?fieldSelector=status.phase=Pending"),
    Call("GET", f"{CORE}/pods?fieldSelector=status.phase!=Pending"),
    Call("GET", f"{CORE}/pods?fieldSelector=spec.nodeName="),
    Call("GET", f"{CORE}/pods?labelSelector=tier=web&fieldSelector=status.phase=Pending"),
    Call("GET", f"{CORE}/pods?fieldSelector=spec.image=x"),
    Call("GET", f"{CORE}/pods?labelSelector=tier=web&limit=1"),
    Call(
        "POST",
        f"{CORE}/pods/cart-a/eviction?dryRun=All",
        {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "cart-a"}},
    ),
    Call(
        "POST",
        f"{CORE}/pods/none/eviction",
        {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "none"}},
        whole=True,
    ),
    Call("GET", f"{CORE}/pods/none/log", whole=True),
    Call("GET", f"{CORE}/pods/cart-a/log?container=other", whole=True),
    # deleting
    Call("DELETE", f"{CORE}/configmaps/two?dryRun=All"),
    Call("DELETE", f"{CORE}/configmaps/two", {"preconditions": {"uid": "not-this-one"}}),
    Call("DELETE", f"{CORE}/configmaps/two"),
    Call("DELETE", f"{CORE}/configmaps/two", whole=True),
    Call("DELETE", f"{CORE}/pods/cart-b"),
    Call("GET", f"{CORE}/pods"),
    Call("DELETE", f"{CORE}/configmaps?labelSelector=app=cart2"),
    Call("GET", f"{CORE}/configmaps?fieldSelector=metadata.name!=kube-root-ca.crt"),
    # what there is, and what one may
    Call(
        "POST",
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}},
        },
    ),
    Call("GET", "/api"),
    Call("GET", "/healthz"),
    Call("PATCH", "/api/v1/nodes/none", {"spec": {"unschedulable": True}}, MERGE, whole=True),
)
