"""On a real API server: each change that makes things worse is put back to the byte; what cannot be, says so before."""

import pytest

from bot.act.executor import Executor
from bot.act.gate import Gate
from bot.act.ledger.file import FileLedger
from bot.act.policy import Policy
from bot.act.store import ApprovalStore
from bot.database import Database
from bot.domain.approval import ApprovalState
from bot.talk.cards.approval import approval_card
from bot.talk.cards.words import Words
from skills import Catalogue, Clock
from skills.change import Verification
from skills.kubernetes import Kubernetes
from skills.kubernetes.settings import KubernetesSettings
from tests.act.lamps import Room
from tests.skills.kubernetes.test_real_cluster import deployment

pytestmark = [pytest.mark.servers, pytest.mark.timeout(480)]
POD = {"restartPolicy": "Never", "containers": [{"name": "main", "image": "report:1"}]}
JOBS = {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": {"spec": POD}}}}
AIM = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "order"}
WORKLOADS = "/apis/apps/v1/namespaces/{namespace}"
ORDER = f"{WORKLOADS}/deployments/order"
CASES = [
    ("rollout_restart", {"name": "order"}, ORDER),
    ("scale_deployment", {"deployment": "order", "replicas": 4}, ORDER),
    ("scale_statefulset", {"statefulset": "db", "replicas": 2}, f"{WORKLOADS}/statefulsets/db"),
    ("rollback_deployment", {"deployment": "order"}, ORDER),
    ("set_image", {"name": "order", "image": "registry.test/order:3"}, ORDER),
    ("set_resources", {"name": "order", "memory_limit": "128Mi"}, ORDER),
    (
        "patch_hpa",
        {"hpa": "order", "min_replicas": 1, "max_replicas": 9},
        "/apis/autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers/order",
    ),
    ("suspend_cronjob", {"cronjob": "report"}, "/apis/batch/v1/namespaces/{namespace}/cronjobs/report"),
    ("resume_cronjob", {"cronjob": "paused"}, "/apis/batch/v1/namespaces/{namespace}/cronjobs/paused"),
    ("cordon", {"node": "worse-{namespace}"}, "/api/v1/nodes/worse-{namespace}"),
    ("uncordon", {"node": "shut-{namespace}"}, "/api/v1/nodes/shut-{namespace}"),
    ("drain_node", {"node": "worse-{namespace}", "timeout": 30}, "/api/v1/nodes/worse-{namespace}"),
]
IN_NO_NAMESPACE = {"cordon", "uncordon", "drain_node"}
REMADE = {"restart_pod"}
"""What it takes away, its controller makes anew: there is no spec to put back."""
PLAIN = {"Job": "delete_failed_job", "Pod": "delete_evicted_pods"}


def cron_job(name, suspend):
    meta = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name}}
    return meta | {"spec": JOBS | {"suspend": suspend}}


@pytest.fixture(scope="module")
def shop(kube):
    """One of everything, with two revisions of the deployment."""
    namespace = kube.namespace("worse")
    kube.apply(deployment(), namespace=namespace)
    kube.wait_for_rollout("order", namespace)
    kube.apply(deployment(image="registry.test/order:2"), namespace=namespace)
    kube.wait_for_rollout("order", namespace)
    stateful = deployment("db", replicas=1)
    stateful["kind"], stateful["spec"]["serviceName"] = "StatefulSet", "db"
    scaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "order"},
        "spec": {"scaleTargetRef": AIM | {"name": "none"}, "minReplicas": 2, "maxReplicas": 4},
    }
    kube.apply(stateful, scaler, cron_job("report", False), cron_job("paused", True), namespace=namespace)
    nodes = (f"worse-{namespace}", f"shut-{namespace}")
    for name in nodes:
        kube.add_node(name, labels={"only": namespace})
    node = f"/api/v1/nodes/shut-{namespace}"
    patch = {"Content-Type": "application/merge-patch+json"}
    kube.client.patch(node, json={"spec": {"unschedulable": True}}, headers=patch).raise_for_status()
    yield namespace
    for name in nodes:
        kube.client.delete(f"/api/v1/nodes/{name}")


class Worse(Executor):
    """Whatever was done made it worse, as far as this can see."""

    async def verify(self, approval, place):
        return Verification(settled=True, better=False, why="more errors than before")


@pytest.fixture
async def room(kube, tmp_path):
    clock, settings = Clock(), KubernetesSettings(kubeconfig=str(kube.kubeconfig))
    database, catalogue = Database(f"sqlite:///{tmp_path}/bot.sqlite"), Catalogue([Kubernetes(settings, clock)])
    await database.open()
    made, ledger, ids = Room(tmp_path), FileLedger(tmp_path / "audit.jsonl"), iter(range(100))
    executor, store = Worse(catalogue, ledger, clock.read), ApprovalStore(database)
    made.gate = Gate(catalogue, Policy.read(), executor, store, ledger, clock.read, lambda: f"w{next(ids)}")
    made.clock = clock.read()
    yield made
    await catalogue.close()
    await database.close()


@pytest.mark.parametrize(("name", "arguments", "path"), CASES, ids=[name for name, *_ in CASES])
async def test_what_made_it_worse_is_put_back_to_the_byte(kube, shop, room, name, arguments, path):
    given = {key: value.format(namespace=shop) if isinstance(value, str) else value for key, value in arguments.items()}
    given |= {} if name in IN_NO_NAMESPACE else {"namespace": shop}
    where = path.format(namespace=shop)
    before = kube.get(where)
    taken = await room.ask((f"kubernetes.{name}", given))
    assert taken.asked, taken.seen
    await room.say(taken.asked)
    done = await room.carry_out(taken.asked)
    assert done.state is ApprovalState.UNDONE, await room.gate.outcomes(taken.asked.id)
    after = kube.get(where)
    for each in (before, after) if name in IN_NO_NAMESPACE else ():
        each["spec"].pop("taints", None)  # the node controller's own, with the time at which it wrote them
    assert after["spec"] == before["spec"]
    assert after["metadata"]["resourceVersion"] != before["metadata"]["resourceVersion"], "nothing was done at all"


def test_every_change_is_here_or_says_beforehand_that_it_cannot_be_put_back():
    changes = {
        action.name.partition(".")[2]: action
        for action in Catalogue([Kubernetes(KubernetesSettings(), Clock())]).values()
        if action.change and action.name != "kubernetes.execute_k8s_action"
    }
    back = {name for name, *_ in CASES} | REMADE
    assert back <= set(changes)
    assert {name for name, action in changes.items() if not action.undo} == set(changes) - back


async def test_what_cannot_be_put_back_says_so_on_its_card(kube, shop, room):
    failed = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "failing"},
        "spec": {
            "backoffLimit": 0,
            "template": {"metadata": {"annotations": {"simulator/behavior": "fail"}}, "spec": POD},
        },
    }
    kube.apply(failed, namespace=shop)
    path = f"/apis/batch/v1/namespaces/{shop}/jobs/failing"
    ended = lambda: any(each["type"] == "Failed" for each in kube.get(path)["status"].get("conditions", ()))  # noqa: E731
    kube.wait_until(ended, "the job to fail", 60)
    asked = (await room.ask(("kubernetes.delete_failed_job", {"namespace": shop, "job": "failing"}))).asked
    assert asked.undos == ("",)
    assert "cannot be undone" in str(approval_card(asked, Words("en")))
    assert "无法撤销" in str(approval_card(asked, Words("zh")))
