"""A real Kubernetes control plane for tests, over simulated nodes: etcd, API server, controllers, scheduler."""

import base64
import itertools
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.servers import programs
from tests.servers.certificates import ADMINS, Authority, kubeconfig, new_key, public_key
from tests.servers.process import LOCAL, NotReady, Process, answers, free_ports, new_folder

METRICS_SERVER = "metrics-server.kube-system.svc"
Manifest = Mapping[str, Any]


class KubeCluster:
    """A running cluster. `kubeconfig` is the admin's; RBAC is on, so take `kubeconfig_for` to be anyone else."""

    def __init__(self, nodes: int = 3) -> None:
        self.folder = new_folder("kube")
        self.processes: dict[str, Process] = {}
        self._numbers = itertools.count(1)
        try:
            self._start(nodes)
        except BaseException:
            self.stop()
            raise

    def _start(self, nodes: int) -> None:
        etcd, peer, secure, metrics, usage = free_ports(5)
        self.url = f"https://{LOCAL}:{secure}"
        self.metrics = f"{LOCAL}:{metrics}"
        self._run(
            "etcd",
            f"--data-dir={self.folder / 'etcd'}",
            *(f"--{name}=http://{LOCAL}:{etcd}" for name in ("listen-client-urls", "advertise-client-urls")),
            *(f"--{name}=http://{LOCAL}:{peer}" for name in ("listen-peer-urls", "initial-advertise-peer-urls")),
            f"--initial-cluster=default=http://{LOCAL}:{peer}",
            "--unsafe-no-fsync",
            "--log-level=warn",
        )
        self._issue()
        api = self._run("kube-apiserver", *self._api_flags(etcd, secure))
        api.wait(answers(f"{self.url}/readyz", verify=self.authority.trust(self._admin)))
        self.client = httpx.Client(
            base_url=self.url, verify=self.authority.trust(self._admin), trust_env=False, timeout=30
        )
        self._controllers()
        self._simulate(nodes, metrics, usage)
        self._offer_usage(usage)
        self.wait_until(lambda: self._settled(nodes), "the nodes to be ready", 60)

    def _run(self, name: str, *flags: str) -> Process:
        self.processes[name] = Process(name, [programs.find(name), *flags], self.folder)
        return self.processes[name]

    def _issue(self) -> None:
        folder = self.folder / "certificates"
        folder.mkdir()
        self.authority, self._front = Authority(folder, "authority"), Authority(folder, "front-authority")
        hosts = (LOCAL, "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "10.96.0.1")
        self._serving = self.authority.issue("kube-apiserver", hosts=hosts)
        self._admin = self.authority.issue("admin", group=ADMINS)
        self._calling = self._front.issue("front-proxy")
        public_key(new_key(folder / "accounts.key"), folder / "accounts.pub")
        self._accounts = folder / "accounts.key"
        self.kubeconfig = kubeconfig(self.folder / "admin.kubeconfig", self.url, self.ca, self._admin)

    @property
    def ca(self) -> Path:
        """The file of the authority that signed the API server's certificate."""
        return self.authority.pair.certificate

    def _api_flags(self, etcd: int, secure: int) -> list[str]:
        return [
            f"--etcd-servers=http://{LOCAL}:{etcd}",
            f"--bind-address={LOCAL}",
            f"--advertise-address={LOCAL}",
            f"--secure-port={secure}",
            "--endpoint-reconciler-type=none",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--authorization-mode=RBAC",
            "--anonymous-auth=true",
            "--allow-privileged=true",
            "--enable-aggregator-routing=false",
            "--kubelet-preferred-address-types=InternalIP",
            f"--client-ca-file={self.ca}",
            f"--tls-cert-file={self._serving.certificate}",
            f"--tls-private-key-file={self._serving.key}",
            f"--kubelet-certificate-authority={self.ca}",
            f"--kubelet-client-certificate={self._admin.certificate}",
            f"--kubelet-client-key={self._admin.key}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={self._accounts.with_suffix('.pub')}",
            f"--service-account-signing-key-file={self._accounts}",
            f"--requestheader-client-ca-file={self._front.pair.certificate}",
            "--requestheader-allowed-names=front-proxy",
            "--requestheader-username-headers=X-Remote-User",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            f"--proxy-client-cert-file={self._calling.certificate}",
            f"--proxy-client-key-file={self._calling.key}",
        ]

    def _controllers(self) -> None:
        for name, more in (
            (
                "kube-controller-manager",
                (
                    f"--root-ca-file={self.ca}",
                    f"--service-account-private-key-file={self._accounts}",
                    "--node-monitor-period=2s",
                    "--node-monitor-grace-period=20s",
                    "--horizontal-pod-autoscaler-sync-period=5s",
                    "--kube-api-qps=200",
                    "--kube-api-burst=400",
                ),
            ),
            ("kube-scheduler", ()),
        ):
            who = self.authority.issue(f"system:{name}", group=ADMINS)
            told = kubeconfig(self.folder / f"{name}.kubeconfig", self.url, self.ca, who)
            self._run(name, f"--kubeconfig={told}", "--leader-elect=false", "--secure-port=0", *more)

    def _simulate(self, nodes: int, metrics: int, usage: int) -> None:
        serving = self.authority.issue("kubelet", hosts=(LOCAL, METRICS_SERVER))
        root = Path(__file__).parents[2]
        self.processes["node-simulator"] = Process(
            "node-simulator",
            [
                *(sys.executable, "-m", "tests.servers.node_simulator"),
                *(f"--url={self.url}", f"--ca={self.ca}", f"--nodes={nodes}", f"--metrics-port={metrics}"),
                f"--usage-port={usage}",
                *(f"--certificate={self._admin.certificate}", f"--key={self._admin.key}"),
                *(f"--serving-certificate={serving.certificate}", f"--serving-key={serving.key}"),
            ],
            self.folder,
            environment={"PYTHONPATH": str(root)},
        )

    def _offer_usage(self, port: int) -> None:
        """Lets the API server pass metrics.k8s.io on to the simulator."""
        where = {"name": "metrics-server", "namespace": "kube-system"}
        outside = {"type": "ExternalName", "externalName": "localhost", "ports": [{"port": port}]}
        self.apply({"apiVersion": "v1", "kind": "Service", "metadata": where, "spec": outside})
        spec = {
            "group": "metrics.k8s.io",
            "version": "v1beta1",
            "service": where | {"port": port},
            "caBundle": base64.b64encode(self.ca.read_bytes()).decode(),
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
        }
        kind = {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService"}
        self.apply(kind | {"metadata": {"name": "v1beta1.metrics.k8s.io"}, "spec": spec})

    def _settled(self, nodes: int) -> bool:
        for process in self.processes.values():
            if not process.running:
                raise NotReady(f"{process.name} ended:\n{process.tail()}")
        ready = [node for node in self.list("/api/v1/nodes") if condition(node, "Ready")]
        waited = ("/api/v1/namespaces/default/serviceaccounts/default", "/apis/metrics.k8s.io/v1beta1/nodes")
        return len(ready) >= nodes and all(map(self.exists, waited))

    # what tests ask of it

    def wait_until(self, question: Callable[[], object], what: str = "it", seconds: float = 30) -> None:
        """Asks again and again until the answer is yes.

        Raises:
            NotReady: The time is over.
        """
        end = time.monotonic() + seconds
        while not question():
            if time.monotonic() > end:
                raise NotReady(f"waited {seconds:.0f} s for {what}")
            time.sleep(0.1)

    def get(self, path: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.client.get(path).raise_for_status().json()
        return answer

    def list(self, path: str, **params: str) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self.client.get(path, params=params).raise_for_status().json()["items"]
        return listed

    def exists(self, path: str) -> bool:
        return self.client.get(path).status_code == 200

    def namespace(self, prefix: str = "test") -> str:
        """A fresh namespace, in which pods can be made at once."""
        name = f"{prefix}-{next(self._numbers)}"
        self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        self.wait_until(lambda: self.exists(f"/api/v1/namespaces/{name}/serviceaccounts/default"), f"namespace {name}")
        return name

    def empty(self, namespace: str) -> None:
        """Takes its Deployments away, and comes back when none is listed: for names that later tests ask for."""
        path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
        self.client.delete(path).raise_for_status()
        self.wait_until(lambda: not self.list(path), f"{namespace} to be empty", 90)

    def apply(self, *manifests: Manifest | str, namespace: str = "default") -> None:
        """Applies objects (YAML text, or mappings) as `kubectl apply --server-side` does.

        Raises:
            RuntimeError: The API server refused; the text is its reason.
        """
        for manifest in manifests:
            for each in yaml.safe_load_all(manifest) if isinstance(manifest, str) else [manifest]:
                if each:
                    self._apply(each, namespace)

    def _apply(self, manifest: Manifest, namespace: str) -> None:
        path = self.path_of(manifest, namespace)
        answer = self.client.patch(
            path,
            params={"fieldManager": "tests", "force": "true"},
            headers={"Content-Type": "application/apply-patch+yaml"},
            content=yaml.safe_dump(dict(manifest)),
        )
        if answer.is_error:
            raise RuntimeError(f"{path}: {answer.json().get('message', answer.text)}")

    def path_of(self, manifest: Manifest, namespace: str = "default") -> str:
        """Where in the API an object lives."""
        version = str(manifest["apiVersion"])
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        kinds = self.client.get(root).raise_for_status().json()["resources"]
        kind = next(one for one in kinds if one["kind"] == manifest["kind"] and "/" not in one["name"])
        metadata = manifest["metadata"]
        inside = f"/namespaces/{metadata.get('namespace', namespace)}" if kind["namespaced"] else ""
        return f"{root}{inside}/{kind['name']}/{metadata['name']}"

    def wait_for_rollout(self, name: str, namespace: str, seconds: float = 60) -> None:
        """Waits until every replica of a Deployment is of its newest revision and ready."""

        def done() -> bool:
            found = self.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}")
            spec, status, metadata = found["spec"], found["status"], found["metadata"]
            counts = [status.get(key, 0) for key in ("replicas", "updatedReplicas", "readyReplicas")]
            seen = status.get("observedGeneration", 0) >= metadata["generation"]
            return seen and counts == [spec["replicas"]] * 3

        self.wait_until(done, f"the rollout of {namespace}/{name}", seconds)

    def add_node(
        self, name: str, *, cpu: str = "4", memory: str = "8Gi", labels: Mapping[str, str] | None = None
    ) -> None:
        """Adds a node while the cluster runs; any Node object is simulated, so deleting it takes it away."""
        capacity = {"cpu": cpu, "memory": memory, "pods": "110", "ephemeral-storage": "50Gi"}
        metadata = {"name": name, "labels": {"kubernetes.io/hostname": name, **(labels or {})}}
        node = {"metadata": metadata, "status": {"capacity": capacity, "allocatable": capacity}}
        self.client.post("/api/v1/nodes", json=node).raise_for_status()
        self.wait_until(lambda: condition(self.get(f"/api/v1/nodes/{name}"), "Ready"), f"node {name}")

    def token(self, account: str, namespace: str = "default", seconds: int = 3600) -> str:
        """A bearer token of a ServiceAccount, which is made if it is not there."""
        who = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": account}}
        self.apply(who, namespace=namespace)
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
        made = self.client.post(path, json={"spec": {"expirationSeconds": seconds}}).raise_for_status()
        return str(made.json()["status"]["token"])

    def kubeconfig_for(self, account: str, namespace: str = "default") -> Path:
        """A kubeconfig of a ServiceAccount: it may do what RBAC gives it, and at first that is nothing."""
        path = self.folder / f"{namespace}-{account}.kubeconfig"
        return kubeconfig(path, self.url, self.ca, self.token(account, namespace), namespace)

    def stop(self) -> None:
        for process in reversed(self.processes.values()):
            process.stop(number=signal.SIGKILL if process.name == "etcd" else signal.SIGTERM, seconds=3)
        if hasattr(self, "client"):
            self.client.close()
        if "DUTYBOT_KEEP_LOGS" not in os.environ:
            shutil.rmtree(self.folder, ignore_errors=True)


def condition(found: Manifest, kind: str) -> bool:
    """Is this condition of a node, pod or workload true?"""
    conditions = found.get("status", {}).get("conditions", [])
    return any(one["type"] == kind and one["status"] == "True" for one in conditions)
