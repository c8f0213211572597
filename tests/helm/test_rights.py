"""`kubectl auth can-i` for each account of the chart, of every right there is: as docs/reference/rights.md says."""

import re
from pathlib import Path

import helm_python
import pytest

from docs.rights import WAYS, accounts
from tests.helm.test_chart_applied import CHART, cluster  # noqa: F401 - the cluster with the operators' kinds

pytestmark = [pytest.mark.servers, pytest.mark.timeout(400)]
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "rights.md"
EVERYBODY = {"authentication.k8s.io", "authorization.k8s.io"}
"""Reviews of oneself, which every account may make."""


def told(title, account):
    """What the page says of an account: (resource, where) -> verbs."""
    part = PAGE.read_text().split(f"\n## {title}\n")[1].split("\n## ")[0]
    table = re.split(rf"\n### Account `{account}`[^\n]*\n", part)[1].split("\n### ")[0]
    rows = re.findall(r"^\| `([^`]+)` \| ([a-z, ]+) \| ([a-z ]+) \|$", table, re.MULTILINE)
    return {(what, where): set(verbs.split(", ")) for what, verbs, where in rows}


def everything(kube):
    """Every resource and subresource that this API server serves: (group, resource, subresource) -> its verbs."""
    places = [("", "/api/v1")]
    for group in kube.get("/apis")["groups"]:
        if group["name"] not in EVERYBODY:
            places.append((group["name"], f"/apis/{group['preferredVersion']['groupVersion']}"))
    found = {}
    for group, path in places:
        for each in kube.get(path)["resources"]:
            name, _, sub = each["name"].partition("/")
            found[group, name, sub] = set(each["verbs"])
    return found


def spelled(thing):
    """As the page has it."""
    return "/".join(part for part in thing if part)


def can_i(kube, who, thing, verb, namespace):
    """`kubectl auth can-i`, asked about the account."""
    group, name, sub = thing
    asked = {"verb": verb, "group": group, "resource": name, "subresource": sub, "namespace": namespace}
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": who, "resourceAttributes": asked},
    }
    answer = kube.client.post("/apis/authorization.k8s.io/v1/subjectaccessreviews", json=body).raise_for_status()
    return answer.json()["status"]["allowed"]


@pytest.mark.parametrize("title", WAYS)
def test_the_api_server_allows_what_the_page_says_and_nothing_else(cluster, title):  # noqa: F811
    namespace, elsewhere = cluster.namespace("oncall"), cluster.namespace("elsewhere")
    served = everything(cluster)
    assert len(served) > 80
    values = {**WAYS[title], "persistence": {"enabled": False}}
    with helm_python.Config(kubeconfig_path=cluster.kubeconfig, namespace=namespace) as helm:
        helm.install(str(CHART), "dutybot", values, namespace=namespace)
        try:
            for account in accounts(WAYS[title]):
                said = told(title, account)
                who = f"system:serviceaccount:{namespace}:{account}"
                assert said
                for place, wheres in ((namespace, ("its own namespace", "everywhere")), (elsewhere, ("everywhere",))):
                    for thing, verbs in served.items():
                        meant = set().union(*(said.get((spelled(thing), where), set()) for where in wheres))
                        given = {verb for verb in verbs if can_i(cluster, who, thing, verb, place)}
                        assert given == meant & verbs, (account, spelled(thing), place)
        finally:
            helm.uninstall("dutybot")


def test_what_is_never_given_is_on_no_page():
    for title, values in WAYS.items():
        for account in accounts(values):
            assert told(title, account)
            for what, _ in told(title, account):
                assert not re.match(r"secrets|pods/(exec|attach|portforward)|rbac\.|nodes/proxy", what), what
