"""On a real API server: the bot may only read and write Remediations; the operator's account does the changes."""

import asyncio
import ssl
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import yaml

from bot.act.executor import Executor
from bot.act.gate import Gate
from bot.act.hands import OperatorsHands
from bot.act.ledger.file import FileLedger
from bot.act.policy import Policy
from bot.act.signing import new_pair, private_key, public_key
from bot.act.store import ApprovalStore
from bot.database import Database
from bot.domain.approval import ApprovalState
from bot.operator.admission import policies
from bot.operator.remediation import Remediator
from bot.operator.rights import operator_role, rules
from bot.operator.watching import watch
from skills import Catalogue, Clock
from skills.kubernetes import Kubernetes
from skills.kubernetes.cluster import Cluster
from skills.kubernetes.connection import connection
from skills.kubernetes.settings import KubernetesSettings
from tests.act.lamps import Room
from tests.skills.kubernetes.test_real_cluster import deployment, spec_of

pytestmark = [pytest.mark.servers, pytest.mark.timeout(480)]
CRD = Path(__file__).parents[2] / "helm/crds/remediation.yaml"


def account(kube, name, namespace, role_rules):
    ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": f"{namespace}-{name}"}
    kube.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}, namespace=namespace)
    kube.apply(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": f"{namespace}-{name}"},
            "rules": role_rules,
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": f"{namespace}-{name}"},
            "roleRef": ref,
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
        },
    )
    return KubernetesSettings(kubeconfig=str(kube.kubeconfig_for(name, namespace)))


@asynccontextmanager
async def working(kube, folder, namespace):
    """A gate whose account may only read, and an operator beside it."""
    actions = Catalogue([Kubernetes(KubernetesSettings(), Clock())]).values()
    bot = [*rules(need for each in actions for need in each.needs if need.rpartition(":")[2] in {"get", "list"})]
    dry = [*rules(need for each in actions for need in each.needs if need.rpartition(":")[2] == "patch")]
    bot += [{"apiGroups": ["dutybot.io"], "resources": ["remediations"], "verbs": ["create", "get", "list"]}]
    theirs = account(kube, "dutybot", namespace, bot + dry)
    ours = account(kube, "operator", namespace, operator_role(actions)["rules"])
    new_pair(folder / "key.pem", folder / "pub.pem")
    database, clock = Database(f"sqlite:///{folder}/bot.sqlite"), Clock()
    await database.open()
    catalogue = Catalogue([Kubernetes(theirs, clock)])
    hands = OperatorsHands(Cluster(lambda: connection(theirs)), namespace, private_key(folder / "key.pem"), clock.read)
    ledger, room = FileLedger(folder / "audit.jsonl"), Room(folder)
    executor, ids = Executor(catalogue, ledger, clock.read, hands), iter(range(100))
    new_id = lambda: f"op{next(ids)}"  # noqa: E731
    room.gate = Gate(catalogue, Policy.read(), executor, ApprovalStore(database), ledger, clock.read, new_id)
    room.clock = clock.read()
    hers = Catalogue([Kubernetes(ours, clock)])
    remediator = Remediator(hers, Policy.read(), public_key(folder / "pub.pem"), clock.read)
    stop = asyncio.Event()
    watching = asyncio.create_task(watch(remediator, connection(ours), namespace, stop))
    try:
        yield room
    finally:
        stop.set()
        await asyncio.wait([watching], timeout=20)
        for each in (catalogue, hers, database):
            await each.close()


async def test_approved_signed_done_by_the_operator_verified_and_put_back_where_it_makes_it_worse(kube, tmp_path):
    namespace = kube.namespace()
    kube.apply(yaml.safe_load(CRD.read_text()))
    kube.apply(deployment(), namespace=namespace)
    kube.wait_for_rollout("order", namespace)
    async with working(kube, tmp_path, namespace) as room:
        target = {"namespace": namespace, "deployment": "order", "replicas": 3}
        asked = (await room.ask(("kubernetes.scale_deployment", target))).asked
        await room.say(asked)
        done = await room.carry_out(asked)
        assert done.state is ApprovalState.EXECUTED, await room.gate.outcomes(asked.id)
        assert spec_of(kube, namespace)["replicas"] == 3
        before = spec_of(kube, namespace)
        worse = {"namespace": namespace, "kind": "Deployment", "name": "order", "image": "registry.test/order:bad"}
        taken = await room.ask(("kubernetes.set_image", worse))
        assert taken.asked, taken.seen
        await room.say(taken.asked)
        done = await room.carry_out(taken.asked)
        assert done.state is ApprovalState.UNDONE, await room.gate.outcomes(taken.asked.id)
        assert spec_of(kube, namespace) == before
        await asyncio.to_thread(forged, kube, namespace)
        await asyncio.to_thread(held, kube, namespace)


def held(kube, namespace):
    """With the admission policies, the bot's account may try a change out, and not make it."""
    who = f"system:serviceaccount:{namespace}:"
    made = policies(who + "dutybot", who + "operator", namespace)
    kube.apply(*made)
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/order"
    headers = {
        "content-type": "application/merge-patch+json",
        "authorization": f"Bearer {kube.token('dutybot', namespace)}",
    }
    with httpx.Client(base_url=kube.url, verify=ssl.create_default_context(cafile=kube.ca)) as bot:

        def patched(**params):
            return bot.patch(path, json={"spec": {"replicas": 1}}, headers=headers, params=params).status_code

        try:
            kube.wait_until(lambda: patched() in {403, 422}, "the policy in force", 30)
            assert patched(dryRun="All") == 200
        finally:
            for each in made:
                plural = {"ValidatingAdmissionPolicy": "validatingadmissionpolicies"}.get(
                    each["kind"], "validatingadmissionpolicybindings"
                )
                name = each["metadata"]["name"]
                kube.client.delete(f"/apis/admissionregistration.k8s.io/v1/{plural}/{name}")


def forged(kube, namespace):
    """What is not signed is refused; what was approved cannot be changed."""
    path = f"/apis/dutybot.io/v1alpha1/namespaces/{namespace}/remediations"
    one = kube.list(path)[0]
    patch = {"spec": {"action": "kubernetes.drain_node"}}
    headers = {"content-type": "application/merge-patch+json"}
    with pytest.raises(httpx.HTTPStatusError):
        kube.client.patch(f"{path}/{one['metadata']['name']}", json=patch, headers=headers).raise_for_status()
    spec = one["spec"] | {"place": 7}
    meta = {"name": "forged", "namespace": namespace}
    kube.apply(
        {"apiVersion": "dutybot.io/v1alpha1", "kind": "Remediation", "metadata": meta, "spec": spec},
        namespace=namespace,
    )
    kube.wait_until(lambda: kube.get(f"{path}/forged").get("status", {}).get("phase") == "Refused", "refused", 20)
