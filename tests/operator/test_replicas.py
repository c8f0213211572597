"""On a real API server: several replicas of the operator, of which one works; and the rules as a custom resource."""

import asyncio
import threading
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import yaml

from bot.act.executor import Executor
from bot.act.gate import Gate
from bot.act.hands import OperatorsHands
from bot.act.ledger.file import FileLedger
from bot.act.policy import DEFAULT, Policy
from bot.act.posted import Posted
from bot.act.signing import new_pair, private_key, public_key
from bot.act.store import ApprovalStore
from bot.database import Database
from bot.domain.approval import ApprovalState
from bot.domain.message import Thread
from bot.operator.remediation import Remediator
from bot.operator.watching import watch
from skills import Catalogue, Clock
from skills.kubernetes import Kubernetes
from skills.kubernetes.cluster import Cluster
from skills.kubernetes.connection import connection
from skills.kubernetes.settings import KubernetesSettings
from tests.act.lamps import Room
from tests.skills.kubernetes.test_real_cluster import deployment, spec_of

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]
CRDS = Path(__file__).parents[2] / "helm/crds"
NAMES = ("north", "south")


class Counting(Remediator):
    """Remembers which replica did what."""

    done: list

    async def _do(self, spec):
        self.done.append((self._name, f"{spec.operation}-{spec.approval}-{spec.place}"))
        return await super()._do(spec)


@pytest.fixture
def place(kube):
    namespace = kube.namespace()
    for path in sorted(CRDS.glob("*.yaml")):
        kube.apply(yaml.safe_load(path.read_text()))
    for name in ("one", "two", "three"):
        kube.apply(deployment(name, replicas=1), namespace=namespace)
        kube.wait_for_rollout(name, namespace)
    return namespace


@asynccontextmanager
async def gate_over(kube, folder, namespace):
    """A gate that lets an operator do what is approved."""
    new_pair(folder / "key.pem", folder / "pub.pem")
    settings, clock = KubernetesSettings(kubeconfig=str(kube.kubeconfig)), Clock()
    database, catalogue = Database(f"sqlite:///{folder}/bot.sqlite"), Catalogue([Kubernetes(settings, clock)])
    await database.open()
    cluster = Cluster(lambda: connection(settings))
    hands = OperatorsHands(cluster, namespace, private_key(folder / "key.pem"), clock.read)
    ledger, room, ids = FileLedger(folder / "audit.jsonl"), Room(folder), iter(range(100))
    executor = Executor(catalogue, ledger, clock.read, hands)
    store, new_id = ApprovalStore(database), lambda: f"rep{next(ids)}"
    room.gate = Gate(catalogue, Policy.read(), executor, store, ledger, clock.read, new_id)
    room.clock = clock.read()
    try:
        yield room
    finally:
        for each in (cluster, catalogue, database):
            await each.close()


@asynccontextmanager
async def replicas(kube, folder, namespace, done):
    """Two of them, by name, each in a thread and a loop of its own: kopf ends all tasks of its loop when it stops."""
    running = {}
    for name in NAMES:
        stop = threading.Event()
        task = asyncio.create_task(asyncio.to_thread(replica, name, kube, folder, namespace, done, stop))
        running[name] = (stop, task)
    try:
        yield running
    finally:
        for stop, _ in running.values():
            stop.set()
        await asyncio.wait([task for _, task in running.values()], timeout=60)


def replica(name, kube, folder, namespace, done, stop):
    """As the process of one pod."""

    async def work():
        settings, clock = KubernetesSettings(kubeconfig=str(kube.kubeconfig)), Clock()
        catalogue = Catalogue([Kubernetes(settings, clock)])
        remediator = Counting(catalogue, Policy.read(), public_key(folder / "pub.pem"), clock.read, name)
        remediator.done = done
        await watch(remediator, connection(settings), namespace, stop, peers=True)

    asyncio.run(work())


async def scaled(room, namespace, name, replicas):
    target = {"namespace": namespace, "deployment": name, "replicas": replicas}
    asked = (await room.ask(("kubernetes.scale_deployment", target), thread=Thread("web", f"{name}-{replicas}"))).asked
    await room.say(asked)
    return await room.carry_out(asked)


async def test_one_of_two_works_and_the_other_takes_over_and_nothing_is_done_twice(kube, place, tmp_path):
    peering = {"apiVersion": "kopf.dev/v1", "kind": "KopfPeering", "metadata": {"name": "dutybot"}}
    kube.apply(peering, namespace=place)
    path, done = f"/apis/kopf.dev/v1/namespaces/{place}/kopfpeerings/dutybot", []
    async with gate_over(kube, tmp_path, place) as room, replicas(kube, tmp_path, place, done) as running:
        both = lambda: len(kube.get(path).get("status") or {}) == 2  # noqa: E731
        await asyncio.to_thread(kube.wait_until, both, "both replicas", 60)
        ended = await asyncio.gather(*(scaled(room, place, name, 2) for name in ("one", "two", "three")))
        assert [each.state for each in ended] == [ApprovalState.EXECUTED] * 3
        (worked,) = {name for name, _ in done}
        stop, task = running[worked]
        stop.set()
        await asyncio.wait([task], timeout=60)
        ended = await asyncio.gather(*(scaled(room, place, name, 3) for name in ("one", "two")))
        assert [each.state for each in ended] == [ApprovalState.EXECUTED] * 2
    assert len(done) == len({what for _, what in done}) == 5
    assert {name for name, _ in done[3:]} == set(NAMES) - {worked}
    assert [spec_of(kube, place, name)["replicas"] for name in ("one", "two", "three")] == [3, 3, 2]
    phases = [each["status"] for each in kube.list(f"/apis/dutybot.io/v1alpha1/namespaces/{place}/remediations")]
    assert {(each["phase"], each["conditions"][0]["status"]) for each in phases} == {("Done", "True")}


async def test_rules_as_a_resource_are_taken_by_the_api_server_watched_and_told(kube, place, tmp_path):
    rules = yaml.safe_load(DEFAULT.read_text())
    thing = {"apiVersion": "dutybot.io/v1alpha1", "kind": "ApprovalPolicy", "metadata": {"name": "rules"}}
    kube.apply(thing | {"spec": rules}, namespace=place)
    settings, clock, stop = KubernetesSettings(kubeconfig=str(kube.kubeconfig)), Clock(), asyncio.Event()
    posted = Posted(Cluster(lambda: connection(settings)), f"{place}/rules", clock)
    new_pair(tmp_path / "key.pem", tmp_path / "pub.pem")
    catalogue = Catalogue([Kubernetes(settings, clock)])
    remediator = Remediator(catalogue, posted.policy, public_key(tmp_path / "pub.pem"), clock.read)
    watching = asyncio.create_task(watch(remediator, connection(settings), place, stop, policies=True))
    path = f"/apis/dutybot.io/v1alpha1/namespaces/{place}/approvalpolicies/rules"

    def told(valid):
        return lambda: (kube.get(path).get("status") or {}).get("valid") is valid

    try:
        await asyncio.to_thread(kube.wait_until, told(True), "the rules to hold", 60)
        await posted.read()
        assert posted.policy.broken == ""
        broken = {"rules": [{"name": "x", "verdict": "ask"}], "version": 1}
        kube.apply(thing | {"spec": broken}, namespace=place)
        await asyncio.to_thread(kube.wait_until, told(False), "the rules to be broken", 60)
        await posted.read()
        assert "nobody may approve" in posted.policy.broken
        assert "nobody may approve" in kube.get(path)["status"]["why"]
    finally:
        stop.set()
        await asyncio.wait([watching], timeout=20)
        for each in (posted, catalogue):
            await each.close()
