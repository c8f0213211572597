"""The chart: linted, rendered with every example, its values checked, its rights no more than the actions need."""

from pathlib import Path

import helm_python
import pytest
import yaml

from docs.generate import actions

CHART = Path(__file__).parents[2] / "helm"
EXAMPLES = {path.stem: yaml.safe_load(path.read_text()) for path in sorted((CHART / "examples").glob("*.yaml"))}

OPERATED = {
    "operator": {"enabled": True, "keys": "dutybot-keys"},
    "rbac": {"changes": ["kubernetes.rollout_restart", "kubernetes.drain_node"]},
}


def objects(**values):
    """Every object of the chart with these values."""
    with helm_python.Chart.load(CHART) as chart:
        files = chart.render(values, name="dutybot", namespace="oncall")
    return [each for name, text in files.items() if name.endswith(".yaml") for each in yaml.safe_load_all(text) if each]


def rendered(**values):
    """The same by kind and name."""
    return {(each["kind"], each["metadata"]["name"]): each for each in objects(**values)}


def rights_of(role):
    """The rules of a role as "group/resource:verb", as actions name them."""
    return {
        f"{f'{group}/' if group else ''}{resource}:{verb}"
        for rule in role["rules"] or ()
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


@pytest.mark.parametrize("example", ["nothing", *EXAMPLES])
def test_it_lints_clean(example):
    report = helm_python.lint(CHART, EXAMPLES.get(example, {}), strict=True)
    assert not [each for each in report["messages"] if each["severity"] not in {"info", 1}], report


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_pod_is_locked_down(example):
    pod = rendered(**EXAMPLES[example])["Deployment", "dutybot"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["enableServiceLinks"] is False
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert container["resources"]["limits"]["memory"]
    written = {each["mountPath"] for each in container["volumeMounts"]}
    assert {"/var/lib/dutybot", "/tmp"} <= written


def test_looks_alone_change_nothing():
    found = rendered(**EXAMPLES["small"])
    roles = {name: each for (kind, name), each in found.items() if kind in {"ClusterRole", "Role"}}
    assert list(roles) == ["dutybot-oncall"]
    rights = rights_of(roles["dutybot-oncall"])
    assert "pods:list" in rights
    assert {right.rpartition(":")[2] for right in rights} == {"get", "list", "watch"}


@pytest.mark.parametrize("example", ["nothing", *EXAMPLES])
def test_rights_are_those_that_the_actions_need_and_no_more(example):
    values = EXAMPLES.get(example, {})
    changes = values.get("rbac", {}).get(
        "changes", yaml.safe_load((CHART / "values.yaml").read_text())["rbac"]["changes"]
    )
    known = actions()
    looks = {right for each in known.values() if each.risk.name == "READ" for right in each.needs}
    needed = looks | {right for name in changes for right in known[name].needs}
    found = rendered(**values)
    given = {right for (kind, _), each in found.items() if kind == "ClusterRole" for right in rights_of(each)}
    assert given == needed
    assert not [right for right in given if right.startswith(("secrets:", "*", "rbac.authorization.k8s.io/"))]


def test_changes_stay_in_the_namespaces_that_are_named():
    found = rendered(**EXAMPLES["team"])
    bindings = [each for each in objects(**EXAMPLES["team"]) if "Binding" in each["kind"]]
    changing = [each for each in bindings if each["roleRef"]["name"] == "dutybot-oncall-changes"]
    assert sorted(each["metadata"]["namespace"] for each in changing) == ["order", "payment"]
    assert {each["kind"] for each in changing} == {"RoleBinding"}
    assert "patch" not in {right.rpartition(":")[2] for right in rights_of(found["ClusterRole", "dutybot-oncall"])}


def test_each_process_holds_its_own_half_of_the_key():
    found = rendered(**OPERATED)
    for name, half, other in (
        ("dutybot", "dutybot-signing.pem", "dutybot-signing.pub.pem"),
        ("dutybot-operator", "dutybot-signing.pub.pem", "dutybot-signing.pem"),
    ):
        pod = found["Deployment", name]["spec"]["template"]["spec"]
        (keys,) = [each["secret"] for each in pod["volumes"] if each["name"] == "keys"]
        assert [each["key"] for each in keys["items"]] == [half]
        told = {each["name"]: each.get("value") for each in pod["containers"][0]["env"]}
        assert f"/etc/dutybot-keys/{half}" in told.values()
        assert f"/etc/dutybot-keys/{other}" not in told.values()
    assert "envFrom" in pod["containers"][0]
    assert not [each for each in pod["containers"][0]["envFrom"] if "secretRef" in each]


def test_the_operator_has_the_rights_of_the_changes_and_its_own():
    found = [each for each in objects(**OPERATED) if "Binding" in each["kind"] and "subjects" in each]
    mine = [each for each in found if each["subjects"][0]["name"] == "dutybot-operator"]
    roles = {each["metadata"]["name"]: each for each in objects(**OPERATED) if each["kind"] in {"ClusterRole", "Role"}}
    given = {right for each in mine for right in rights_of(roles[each["roleRef"]["name"]])}
    needed = {right for name in OPERATED["rbac"]["changes"] for right in actions()[name].needs}
    own = {right for right in given if right.startswith("dutybot.io/")} | {"events:create"}
    assert given == needed | own


def test_an_operator_without_keys_is_refused():
    with pytest.raises(helm_python.HelmError, match=r"operator\.keys"):
        rendered(operator={"enabled": True})


def test_the_image_can_be_pinned_by_digest():
    deployment = rendered(**EXAMPLES["team"])["Deployment", "dutybot"]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["image"] == f"dutybot@{EXAMPLES['team']['image']['digest']}"


def test_alerts_reach_a_pod_whose_chat_is_away():
    assert rendered()["Service", "dutybot"]["spec"]["publishNotReadyAddresses"]


def test_a_fleet_grows_and_brings_its_stores():
    found = rendered(**EXAMPLES["fleet"])
    assert found["HorizontalPodAutoscaler", "dutybot"]["spec"]["maxReplicas"] == 6
    duty = found["Deployment", "dutybot"]["spec"]
    assert "replicas" not in duty
    assert duty["strategy"]["type"] == "RollingUpdate"
    given = {each["name"] for each in duty["template"]["spec"]["containers"][0]["env"]}
    assert {"DUTYBOT_DATABASE_URL", "KNOWLEDGE_CHROMA_URL", "LEDGER_ELASTICSEARCH_URL"} <= given
    stores = [each for (kind, _), each in found.items() if kind == "StatefulSet"]
    assert len(stores) == 3
    ours = duty["template"]["metadata"]["labels"]
    for each in stores:
        assert each["spec"]["template"]["spec"]["securityContext"]["runAsNonRoot"]
        (peer,) = found["NetworkPolicy", each["metadata"]["name"]]["spec"]["ingress"][0]["from"]
        assert peer["podSelector"]["matchLabels"].items() <= ours.items()


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({}, "PostgreSQL"),
        ({"stores": {"postgresql": {"inSecret": True}}}, "Chroma"),
        ({"stores": {"postgresql": {"embedded": True}, "chroma": {"embedded": True}}}, "ReadWriteMany"),
    ],
)
def test_several_replicas_need_stores_that_they_can_share(values, named):
    with pytest.raises(Exception, match=named):
        rendered(replicas=2, **values)


def test_new_settings_make_new_pods():
    one, two = (rendered(settings={"DUTYBOT_LOG_LEVEL": level})["Deployment", "dutybot"] for level in ("info", "debug"))
    assert one["spec"]["template"] != two["spec"]["template"]


def test_every_setting_it_gives_is_one_of_ours():
    example = (CHART.parent / ".env.example").read_text()
    for values in ({}, *EXAMPLES.values()):
        for name in rendered(**values)["ConfigMap", "dutybot-settings"]["data"]:
            assert f"{name}=" in example


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"replicas": 3}, "replicas"),
        ({"settings": {"DIFY_KEY": "app-1"}}, "DIFY_KEY"),
        ({"image": {"digest": "latest"}}, "digest"),
        ({"nonsense": 1}, "nonsense"),
        ({"slos": [{"name": "x", "service": "x", "objective": 99.9, "errors": "up", "all": "up"}]}, "slos"),
        ({"rbac": {"changes": ["everything"]}}, "changes"),
    ],
)
def test_values_that_cannot_be_are_refused_by_name(values, named):
    with pytest.raises(helm_python.HelmError, match=named):
        rendered(**values)


def test_an_action_that_there_is_not_is_refused():
    with pytest.raises(helm_python.HelmError, match=r"there is no action kubernetes\.explode"):
        rendered(rbac={"changes": ["kubernetes.explode"]})
