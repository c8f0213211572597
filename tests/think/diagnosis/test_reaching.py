"""What is down without a word of why: what it needs is ill, it is shut off, or it may not."""

import pytest

from bot.think.diagnosis import diagnose
from bot.think.diagnosis.markdown import as_markdown
from tests.think.diagnosis.kube import alert, deployment, event, iso, pod, sight, thing

HASH = "6c9f7d5b8f"


def ending(code=1, reason="Error"):
    return {"terminated": {"exitCode": code, "reason": reason, "finishedAt": iso(30)}}


def crashing(name, **last):
    state = {"waiting": {"reason": "CrashLoopBackOff"}}
    told = {"name": name, "ready": False, "restartCount": 6, "state": state, "lastState": ending(**last)}
    return pod(f"{name}-{HASH}-x2x7k", {"phase": "Running", "containerStatuses": [told]}, name)


def unready(name):
    told = {"name": name, "ready": False, "restartCount": 0, "state": {"running": {"startedAt": iso(3600)}}}
    conditions = [{"type": "Ready", "status": "False"}]
    return pod(
        f"{name}-{HASH}-x2x7k", {"phase": "Running", "containerStatuses": [told], "conditions": conditions}, name
    )


def workload(name, ready=0, env=(), account="", command=(), namespace="shop"):
    container = {"name": name, "env": list(env), "command": list(command)}
    spec = {"containers": [container], **({"serviceAccountName": account} if account else {})}
    template = {"metadata": {"labels": {"app": name}}, "spec": spec}
    counts = {"replicas": 1, "readyReplicas": ready, "availableReplicas": ready, "updatedReplicas": 1}
    return thing("Deployment", name, namespace, spec={"replicas": 1, "template": template}, status=counts)


def unhealthy(name, message):
    return event("Pod", f"{name}-{HASH}-x2x7k", "Unhealthy", message)


STORE = thing("Service", "store", spec={"selector": {"app": "store"}, "ports": [{"port": 5432}]})
WALL = thing("NetworkPolicy", "closed", spec={"podSelector": {}, "policyTypes": ["Ingress"]})
NEEDS_STORE = [{"name": "STORE_URL", "value": "postgres://store:5432/shop"}]
FULL = {"code": 137, "reason": "OOMKilled"}


def test_what_its_environment_names_is_to_blame_where_that_is_ill():
    things = [
        workload("front", env=NEEDS_STORE),
        crashing("front"),
        workload("store"),
        crashing("store", **FULL),
        STORE,
    ]
    cause = diagnose(sight(*things, ask=alert("KubePodCrashLooping", deployment="front"))).cause
    assert (cause.about.name, cause.category) == ("store", "resource_exhaustion")


def test_what_its_environment_names_is_not_to_blame_where_that_is_well():
    things = [workload("front", env=NEEDS_STORE), crashing("front"), workload("store", ready=1), STORE]
    assert diagnose(sight(*things, ask=alert("KubePodCrashLooping", deployment="front"))).cause.about.name == "front"


def test_what_says_itself_why_it_is_down_blames_nobody():
    things = [
        workload("front", env=NEEDS_STORE),
        crashing("front"),
        workload("store"),
        crashing("store", **FULL),
        STORE,
    ]
    logs = {f"front-{HASH}-x2x7k": ["panic: environment variable SHOP_KEY is not set"]}
    diagnosis = diagnose(sight(*things, ask=alert("KubePodCrashLooping", deployment="front"), logs=logs))
    assert diagnosis.cause.about.name == "front"
    assert "needs_ill" not in {one.key for one in diagnosis.findings}


def test_two_that_name_each_other_do_not_blame_each_other():
    named = [{"name": "FRONT", "value": "front:80"}]
    things = [workload("front", env=NEEDS_STORE), crashing("front"), workload("store", env=named), crashing("store")]
    diagnosis = diagnose(sight(*things, ask=alert("KubePodCrashLooping", deployment="front")))
    assert diagnosis.cause.about.name == "front"


def test_a_policy_that_lets_nothing_through_is_to_blame_for_who_gets_no_answer():
    things = [WALL, workload("asker"), unhealthy("asker", "Readiness probe failed: command timed out: curl http://web")]
    cause = diagnose(sight(*things, ask=alert("KubeDeploymentReplicasMismatch", deployment="asker"))).cause
    assert (cause.about.kind, cause.about.name, cause.category) == ("NetworkPolicy", "closed", "network")


def test_a_policy_is_not_to_blame_for_who_crashes():
    things = [WALL, workload("asker"), crashing("asker")]
    cause = diagnose(sight(*things, ask=alert("KubePodCrashLooping", deployment="asker"))).cause
    assert cause.about.name == "asker"


ROLE = thing("Role", "reader", rules=[{"verbs": ["list"], "resources": ["pods"]}])
DENIED = {
    "the probe is refused": ([workload("asker"), unhealthy("asker", "Readiness probe failed: HTTP 403 Forbidden")], {}),
    "no role is bound to its account": ([workload("asker", account="asker"), ROLE], {}),
    "only the alert knows": ([workload("asker")], {}),
    "its log says so": ([workload("asker"), unready("asker")], {f"asker-{HASH}-x2x7k": ["GET /api -> 403 Forbidden"]}),
}


@pytest.mark.parametrize("name", DENIED)
def test_who_may_not_is_told_so(name):
    things, logs = DENIED[name]
    cause = diagnose(sight(*things, ask=alert("RBACPolicyDenied", deployment="asker"), logs=logs)).cause
    assert (cause.about.name, cause.category) == ("asker", "permission")


def test_an_alert_that_claims_more_than_the_pods_show_is_not_believed():
    cause = diagnose(
        sight(workload("asker"), crashing("asker"), ask=alert("RBACPolicyDenied", deployment="asker"))
    ).cause
    assert cause.category == "bad_release"


def test_a_plain_name_is_looked_up_where_an_exporter_gives_no_other():
    certificate = thing("Certificate", "web-cert", status={"conditions": [{"type": "Ready", "status": "False"}]})
    asked = alert("CertManagerCertNotReady", name="web-cert", namespace="monitoring", exported_namespace="shop")
    cause = diagnose(sight(certificate, deployment("web"), ask=asked)).cause
    assert (cause.about.name, cause.category) == ("web-cert", "certificate")


def test_a_warning_about_a_certificate_is_its_cause():
    told = event("Certificate", "web-cert", "Failed", 'The request failed: secrets "ca" not found')
    cause = diagnose(sight(told, ask=alert("CertManagerCertNotReady", name="web-cert"))).cause
    assert (cause.about.name, cause.category) == ("web-cert", "certificate")


def test_the_secret_that_an_image_needs_is_told():
    name = f"web-{HASH}-x2x7k"
    things = [
        workload("web"),
        event("Pod", name, "Failed", 'Failed to pull image "r.example/web:v1": unauthorized'),
        event("Pod", name, "FailedToRetrieveImagePullSecret", "Unable to retrieve some image pull secrets (keys)"),
    ]
    diagnosis = diagnose(sight(*things, ask=alert("ImagePullBackOffPersistent", deployment="web")))
    assert diagnosis.cause.category == "image_error"
    assert "(keys)" in as_markdown(diagnosis, "en")


@pytest.mark.parametrize("line", ['"GET /api HTTP/1.1" 503 12', "status=502 path=/pay", "504 Gateway Timeout from pay"])
def test_server_errors_are_heard_in_any_access_log(line):
    found = diagnose(sight(workload("web", ready=1), logs={f"web-{HASH}-x2x7k": [line] * 9})).findings
    assert {"log_http", "log_refused", "log_timeout"} & {one.key for one in found}


def test_numbers_that_name_an_error_are_kept():
    from bot.think.diagnosis.families import family_of

    assert family_of("x509: certificate is valid for a, not b").key == "log_certificate"
    assert family_of("ORA-00942: table or view").key == "log_schema"
    assert family_of("took 503 ms") is None


@pytest.mark.parametrize(("lines", "healthy"), [(20, False), (3, True)])
def test_very_many_refusals_at_once_are_a_fault_though_all_pods_are_up(lines, healthy):
    from bot.think.diagnosis import Verdict

    told = {"name": "front", "ready": True, "restartCount": 0, "state": {"running": {"startedAt": iso(86400)}}}
    status = {
        "phase": "Running",
        "containerStatuses": [told],
        "conditions": [{"type": "Ready", "status": "True"}],
    }
    up = pod(f"front-{HASH}-x2x7k", status, "front")
    logs = {f"front-{HASH}-x2x7k": [f"ERROR connect to ledger:8080: connection refused ({n})" for n in range(lines)]}
    things = [workload("front", ready=1), up]
    verdict = diagnose(sight(*things, ask=alert("HighErrorRate", deployment="front"), logs=logs)).verdict
    assert (verdict is Verdict.HEALTHY) == healthy
