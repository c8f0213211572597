"""The generated rules on a real API server: each is needed, by exactly the actions that declare it, and no other is."""

import json
import ssl

import httpx
import pytest

from bot.operator.rights import of_actions, rules, split
from skills import Catalogue, Clock
from skills.kubernetes import Kubernetes
from skills.kubernetes.kinds import KINDS
from skills.kubernetes.settings import KubernetesSettings

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]
ACTIONS = [a for a in Catalogue([Kubernetes(KubernetesSettings(), Clock())]).values() if a.change]
NEEDS = of_actions(ACTIONS)
REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
OF = {kind.resource: kind for kind in KINDS}
METHODS = {"get": "GET", "list": "GET", "patch": "PATCH", "delete": "DELETE", "create": "POST"}


def attempt(client, need, namespace):
    """The request that this right is for, as a dry run on something that is not there; True: the server lets it in."""
    resource, _, verb = need.rpartition(":")
    group, plural = split(resource)
    plural, _, part = plural.partition("/")
    kind = OF[f"{group}/{plural}" if group else plural]
    path = kind.root + (f"/namespaces/{namespace}" if kind.namespaced else "") + f"/{plural}"
    if verb != "list" and not (verb == "create" and not part):
        path += "/none"
    path += f"/{part}" if part else ""
    headers = {"content-type": "application/merge-patch+json" if verb == "patch" else "application/json"}
    dry = {} if METHODS[verb] == "GET" else {"dryRun": "All"}
    body = "{}" if METHODS[verb] in {"PATCH", "POST"} else None
    return client.request(METHODS[verb], path, headers=headers, params=dry, content=body).status_code != 403


def listed(client, namespace):
    """What `kubectl auth can-i --list` shows of these kinds."""
    body = {"kind": "SelfSubjectRulesReview", "apiVersion": "authorization.k8s.io/v1", "spec": {"namespace": namespace}}
    told = client.post(REVIEW, headers={"content-type": "application/json"}, content=json.dumps(body)).json()
    return {
        (group, resource, verb)
        for rule in told["status"]["resourceRules"]
        for group in rule["apiGroups"]
        for resource in rule.get("resources", ())
        for verb in rule["verbs"]
        if group not in {"authorization.k8s.io", "authentication.k8s.io"}
    }


def wanted(needs):
    return {(*split(need.rpartition(":")[0]), need.rpartition(":")[2]) for need in needs}


def granted(kube, namespace, needs):
    kube.apply(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": f"{namespace}-tried"},
            "rules": rules(needs),
        }
    )


def test_without_any_one_rule_exactly_the_actions_that_declare_it_are_broken(kube):
    namespace = kube.namespace()
    kube.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "tried"}}, namespace=namespace)
    granted(kube, namespace, NEEDS)
    headers = {"authorization": f"Bearer {kube.token('tried', namespace)}"}
    trust = ssl.create_default_context(cafile=kube.ca)
    with httpx.Client(base_url=kube.url, verify=trust, headers=headers, timeout=30, trust_env=False) as client:
        anybody = listed(client, namespace)
        bind(kube, namespace)
        mine = lambda: listed(client, namespace) - anybody  # noqa: E731
        kube.wait_until(lambda: mine() >= wanted(NEEDS), "the rules", 30)
        assert mine() == wanted(NEEDS)
        assert [need for need in NEEDS if not attempt(client, need, namespace)] == []
        for gone in NEEDS:
            left = [need for need in NEEDS if need != gone]
            granted(kube, namespace, left)
            kube.wait_until(lambda left=left: mine() == wanted(left), f"{gone} to be gone", 30)
            denied = {need for need in NEEDS if not attempt(client, need, namespace)}
            assert denied == {gone}
            broken = {action.name for action in ACTIONS if denied & set(action.needs)}
            assert broken == {action.name for action in ACTIONS if gone in action.needs} != set()
    print(f"{len(NEEDS)} rules, each taken away once; {len(ACTIONS)} actions")


def bind(kube, namespace):
    kube.apply(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": f"{namespace}-tried"},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": f"{namespace}-tried",
            },
            "subjects": [{"kind": "ServiceAccount", "name": "tried", "namespace": namespace}],
        }
    )
