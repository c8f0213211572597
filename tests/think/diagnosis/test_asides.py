"""Small things of every kind of object: found where somebody asks what is wrong, as many as there are, and no more."""

# ruff: noqa: E501

import pytest

from bot.think.diagnosis import diagnose
from bot.think.diagnosis.markdown import as_markdown
from tests.think.diagnosis.kube import alert, event, sight, thing

DIGEST = "registry.example/c@sha256:" + "a" * 64


def said(kind, status="True", reason="R", message="m"):
    return {"type": kind, "status": status, "reason": reason, "message": message}


def pod(spec=None, phase="Running", **status):
    return thing("Pod", "p", spec=spec or {}, status={"phase": phase, **status})


def container(**state):
    return {"name": "c", "ready": False, **state}


def cron(**spec):
    return thing("CronJob", "c", spec={"schedule": "* * * * *", **spec})


def node(*conditions):
    return thing("Node", "n", "", status={"conditions": [said("Ready"), *conditions]})


def ingress(named="web", **spec):
    path = {"backend": {"service": {"name": "s", "port": {"number": 80}}}}
    rules = [{"http": {"paths": [path]}}]
    return thing("Ingress", "i", spec={"ingressClassName": named, "rules": rules, **spec})


def gateway(*conditions, allowed=None):
    listeners = [{"name": "l", "allowedRoutes": {"namespaces": allowed}}] if allowed else []
    return thing(
        "Gateway", "g", spec={"gatewayClassName": "x", "listeners": listeners}, status={"conditions": list(conditions)}
    )


def route(**labels):
    return thing("HTTPRoute", "r", metadata={"labels": labels}, spec={"parentRefs": [{"name": "g"}], "rules": []})


def catalogue(ref="registry.example/c:v1", resolved=DIGEST, *conditions):
    status = {"resolvedSource": {"image": {"ref": resolved}}, "conditions": list(conditions)}
    return thing("ClusterCatalog", "cc", "", spec={"source": {"image": {"ref": ref}}}, status=status)


def extension(policy="CatalogProvided", kind="Catalog", *conditions):
    source = {"sourceType": kind, "catalog": {"packageName": "p", "upgradeConstraintPolicy": policy}}
    return thing("ClusterExtension", "ce", "", spec={"source": source}, status={"conditions": list(conditions)})


def subscription(**status):
    return thing("Subscription", "sub", apiVersion="operators.coreos.com/v1alpha1", status=status)


def claim(size):
    spec = {"storageClassName": "fast", "volumeName": "v", "resources": {"requests": {"storage": size}}}
    return thing("PersistentVolumeClaim", "v", spec=spec, status={"phase": "Bound"})


def default_class(name):
    return thing(
        "StorageClass", name, "", metadata={"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}
    )


def scaler(reason, least, wanted):
    spec = {"scaleTargetRef": {"kind": "Deployment", "name": "d"}, "minReplicas": least, "maxReplicas": 9}
    return thing(
        "HorizontalPodAutoscaler",
        "h",
        spec=spec,
        status={"conditions": [said("ScalingLimited", reason=reason)], "desiredReplicas": wanted},
    )


def rollout(reason):
    counts = {"replicas": 1, "readyReplicas": 1, "availableReplicas": 1, "updatedReplicas": 1}
    return thing(
        "Deployment", "d", spec={"replicas": 1}, status={**counts, "conditions": [said("Progressing", "False", reason)]}
    )


FITTED = thing("Deployment", "d", spec={"replicas": 1, "template": {"spec": {"containers": [
    {"name": "c", "resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "1"}}}]}}}, status={"replicas": 1, "readyReplicas": 1, "availableReplicas": 1})  # fmt: skip
GATEWAY_CLASS, SERVICE = thing("GatewayClass", "x", ""), thing("Service", "s", spec={"ports": [{"port": 80}]})
MOUNT = {**event("Pod", "p", "FailedMount", "no such volume"), "involvedObject": {"name": "p", "namespace": "shop"}}
CREATING = pod(phase="Pending", containerStatuses=[container(state={"waiting": {"reason": "ContainerCreating"}})])
DAEMON = thing(
    "DaemonSet",
    "ds",
    spec={"template": {"spec": {"imagePullSecrets": [{"name": "gone"}]}}},
    status={"numberReady": 1, "desiredNumberScheduled": 1},
)
BOUND = thing("RoleBinding", "b", roleRef={"kind": "Role", "name": "r"})
SELECTOR = {"from": "Selector", "selector": {"matchLabels": {"a": "b"}}}
CASES = {
    "a config map that a program finds by its label": ([thing("ConfigMap", "c", metadata={"labels": {"grafana_dashboard": "1"}}, data={"a": "b"})], "ConfigMap", {}),
    "a config map that nobody uses": ([thing("ConfigMap", "c", data={"a": "b"})], "ConfigMap", {"c": 1}),
    "a suspended cron job counts once": ([cron(suspend=True, schedule="bad")], "CronJob", {"c": 1}),
    "a bad schedule and a bad deadline": ([cron(schedule="bad", startingDeadlineSeconds=-1)], "CronJob", {"c": 2}),
    "a secret for pulling that is gone": ([DAEMON], "DaemonSet", {"ds": 1}),
    "a rollout that does not go on, for whatever reason": ([rollout("ReplicaSetCreateError")], "Deployment", {"d": 1}),
    "a gateway without an address": ([GATEWAY_CLASS, gateway(said("Accepted"), said("Programmed", "False"))], "Gateway", {"g": 1}),
    "a gateway that is accepted": ([GATEWAY_CLASS, gateway(said("Accepted"))], "Gateway", {}),
    "a route with other labels than its gateway takes": ([GATEWAY_CLASS, gateway(allowed=SELECTOR), route(a="c")], "HTTPRoute", {"r": 1}),
    "a route with the labels that its gateway takes": ([GATEWAY_CLASS, gateway(allowed=SELECTOR), route(a="b")], "HTTPRoute", {}),
    "a subscription that is behind": ([subscription(state="UpgradeAvailable")], "Subscription", {"sub": 1}),
    "a subscription that says nothing": ([subscription()], "Subscription", {"sub": 1}),
    "a subscription that is up to date": ([subscription(state="AtLatestKnown")], "Subscription", {}),
    "a subscription of another system": ([thing("Subscription", "sub", apiVersion="messaging.knative.dev/v1", status={})], "Subscription", {}),
    "a subscription whose version was deleted": ([subscription(state="AtLatestKnown", installedCSV="db.v2"), thing("ClusterServiceVersion", "db.v1", status={"phase": "Succeeded"})], "Subscription", {"sub": 1}),
    "a plan that waits for leave": ([thing("InstallPlan", "i", status={"phase": "RequiresApproval"})], "InstallPlan", {"i": 1}),
    "a catalogue that serves": ([catalogue("registry.example/c:v1", DIGEST, said("Serving"), said("Progressing", reason="Succeeded"))], "ClusterCatalog", {}),
    "a catalogue whose image has no right name": ([catalogue("http://::c")], "ClusterCatalog", {"cc": 1}),
    "a catalogue whose image came to nothing": ([catalogue(resolved="")], "ClusterCatalog", {"cc": 1}),
    "a catalogue that does not serve and tries again": ([catalogue("registry.example/c:v1", DIGEST, said("Serving", "False"), said("Progressing", reason="Retrying"))], "ClusterCatalog", {"cc": 2}),
    "an extension that is installed": ([extension("SelfCertified", "Catalog", said("Installed"))], "ClusterExtension", {}),
    "an extension with unknown words": ([extension("Whatever", "Elsewhere")], "ClusterExtension", {"ce": 2}),
    "an extension that is not installed": ([extension("CatalogProvided", "Catalog", said("Installed", "False", "Failed"))], "ClusterExtension", {"ce": 1}),
    "an autoscaler kept above its minimum": ([FITTED, scaler("TooFewReplicas", 2, 5)], "HorizontalPodAutoscaler", {"h": 1}),
    "an autoscaler at its minimum": ([FITTED, scaler("TooFewReplicas", 2, 2)], "HorizontalPodAutoscaler", {}),
    "an ingress class that is not there": ([SERVICE, ingress()], "Ingress", {"i": 1}),
    "an ingress class that needs no object": ([SERVICE, ingress("gce")], "Ingress", {}),
    "an unknown condition of a node that sounds bad": ([node(said("DiskFailing"))], "Node", {"n": 1}),
    "an unknown condition of a node that nobody knows": ([node(said("Oddity", "Unknown"))], "Node", {"n": 1}),
    "an unknown condition of a node that sounds well": ([node(said("EtcdIsVoter"), said("DiskFailing", "False"))], "Node", {}),
    "a budget that blocks without a rule": ([thing("PodDisruptionBudget", "b", spec={"selector": {"matchLabels": {"a": "b"}}}, status={"conditions": [said("DisruptionAllowed", "False")]})], "PodDisruptionBudget", {"b": 1}),
    "a claim that is small": ([claim("500Mi")], "PersistentVolumeClaim", {"v": 1}),
    "a claim of a usual size": ([claim("5Gi")], "PersistentVolumeClaim", {}),
    "two default classes are told of both": ([default_class("one"), default_class("two")], "StorageClass", {"one": 1, "two": 1}),
    "one default class": ([default_class("one")], "StorageClass", {}),
    "a pod that is held back": ([pod(phase="Pending", conditions=[said("PodScheduled", "False", "SchedulingGated")])], "Pod", {"p": 1}),
    "an event that does not say of which kind it tells": ([CREATING, MOUNT], "Pod", {"p": 1}),
    "a pod that is being made": ([CREATING], "Pod", {}),
    "the default account in use": ([thing("ServiceAccount", "default"), pod({"serviceAccountName": "default"})], "ServiceAccount", {"default": 1}),
    "a role over every resource": ([BOUND, thing("Role", "r", rules=[{"verbs": ["get"], "resources": ["*"]}])], "RoleBinding", {"b": 1}),
    "a role over some": ([BOUND, thing("Role", "r", rules=[{"verbs": ["get"], "resources": ["pods"]}])], "RoleBinding", {}),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_as_many_as_there_are(name):
    things, kind, wanted = CASES[name]
    diagnosis = diagnose(sight(*things))
    found = [one.about.name for one in diagnosis.findings if one.about.kind == kind and not one.settled]
    assert {each: found.count(each) for each in found} == wanted, diagnosis.findings
    for language in ("en", "zh"):
        assert all(each in as_markdown(diagnosis, language) for each in wanted)


def test_what_was_not_asked_for_is_not_missed():
    from dataclasses import replace

    seen = replace(sight(SERVICE, ingress(tls=[{"secretName": "cert"}]), DAEMON), kinds_read=frozenset({"Ingress"}))
    assert not [
        one for one in diagnose(seen).findings if one.key in ("tls_secret_gone", "ingress_class_gone", "reference_gone")
    ]


def test_small_things_are_no_cause_where_an_alert_asks():
    asked = alert("TargetDown", service="s")
    assert not diagnose(sight(SERVICE, ingress(), DAEMON, claim("500Mi"), ask=asked)).causes
