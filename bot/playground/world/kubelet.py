"""The nodes at work: places pods, starts and restarts their containers, and reports what became of them."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.playground.kube.cluster import Cluster
from bot.playground.kube.kinds import Manifest
from bot.playground.world.agenda import Agenda
from bot.playground.world.conduct import FINE, Conduct, Rule
from bot.playground.world.events import Reporter
from bot.playground.world.lives import Life, Run
from bot.playground.world.podstatus import backoff, status_of
from bot.playground.world.scheduling import Choice, choose_node

PULL_SECONDS = 2.0
GRACE_SECONDS = 2.0


@dataclass(slots=True)
class Kubelet:
    """All nodes' agents, and the scheduler."""

    cluster: Cluster
    agenda: Agenda
    reporter: Reporter
    changed: Callable[[], None]
    rules: list[Rule] = field(default_factory=list)
    lives: dict[str, Life] = field(default_factory=dict)
    details: dict[str, str] = field(default_factory=dict)
    startup: dict[str, float] = field(default_factory=dict)

    def pod(self, life: Life) -> Manifest | None:
        """The pod's manifest, while it is there."""
        found = self.cluster.find("pods", life.namespace, life.name)
        return found if found and found["metadata"]["uid"] == life.uid else None

    def born(self, pod: Manifest) -> None:
        """A pod was created."""
        meta = pod["metadata"]
        labels = meta.get("labels") or {}
        owner: Manifest = next(iter(meta.get("ownerReferences", [])), {})
        app = labels.get("app") or labels.get("app.kubernetes.io/name") or labels.get("k8s-app") or meta["name"]
        life = Life(
            meta["uid"],
            meta.get("namespace", ""),
            meta["name"],
            app,
            pod["spec"],
            labels,
            self.agenda.now,
            (owner.get("kind", ""), owner.get("name", "")),
        )
        number = len(self.lives)
        life.ip = f"10.42.{number // 250 % 250}.{number % 250 + 2}"
        life.phases.append((self.agenda.now, "Pending"))
        self.lives[life.uid] = life
        self.agenda.after(0.5, lambda: self.schedule(life))

    def schedule(self, life: Life) -> None:
        """Give the pod a node, or say why there is none and try again."""
        pod = self.pod(life)
        if pod is None or life.node:
            return
        choice: Choice = choose_node(self.cluster, self.lives.values(), life)
        if not choice.node:
            self.details[life.uid] = choice.why
            self.reporter.tell(pod, "Warning", "FailedScheduling", choice.why, "default-scheduler")
            self.report(life)
            self.agenda.after(15, lambda: self.schedule(life))
            return
        self.details.pop(life.uid, None)
        life.node = choice.node
        self.cluster.edit(pod, lambda manifest: manifest["spec"].update(nodeName=choice.node))
        life.spec = {**life.spec, "nodeName": choice.node}
        message = f"Successfully assigned {life.namespace}/{life.name} to {choice.node}"
        self.reporter.tell(pod, "Normal", "Scheduled", message, "default-scheduler")
        life.waiting.append((self.agenda.now, "ContainerCreating"))
        self.report(life)
        self.agenda.after(PULL_SECONDS, lambda: self.start(life, life.plan))

    def conduct(self, life: Life) -> Conduct:
        """How the pod will behave from now on."""
        for rule in self.rules:
            if (found := rule(life, self.agenda.now)) is not None:
                return found
        return FINE

    def start(self, life: Life, plan: int) -> None:
        """Pull the image and start the containers."""
        pod = self.pod(life)
        if pod is None or life.over or life.leaving or plan != life.plan:
            return
        conduct = self.conduct(life)
        if conduct.kind in ("image", "config"):
            self._blocked(life, pod, conduct)
            return
        container = life.containers[0]["name"]
        self.reporter.tell(pod, "Normal", "Pulled", f'Container image "{life.image}" already present on machine')
        self.reporter.tell(pod, "Normal", "Created", f"Created container: {container}")
        self.reporter.tell(pod, "Normal", "Started", f"Started container {container}")
        life.runs.append(Run(self.agenda.now))
        if life.phase != "Running":
            life.phases.append((self.agenda.now, "Running"))
        self.plan(life, conduct)
        self.agenda.after(self.startup.get(life.app, 6.0), lambda: self._serve(life, life.plan))
        self.report(life)

    def plan(self, life: Life, conduct: Conduct | None = None) -> None:
        """Decide anew what becomes of a running pod, as when a fault begins or ends."""
        if life.running is None or life.over:
            if life.waiting and life.waiting[-1][1] in ("ImagePullBackOff", "CreateContainerConfigError"):
                life.plan += 1
                plan = life.plan
                self.agenda.after(1, lambda: self.start(life, plan))
            return
        conduct = conduct or self.conduct(life)
        life.plan += 1
        plan, wait = life.plan, max(0.0, conduct.at - self.agenda.now)
        if conduct.kind in ("exit", "complete"):
            self.agenda.after(wait, lambda: self._exit(life, plan, conduct))
        elif conduct.kind == "unready":
            self.agenda.after(wait, lambda: self._unready(life, plan, conduct))
        else:
            self.agenda.after(self.startup.get(life.app, 6.0), lambda: self._serve(life, plan))

    def _serve(self, life: Life, plan: int) -> None:
        if plan != life.plan or life.is_ready or life.running is None or life.over or life.leaving:
            return
        if self.conduct(life).kind != "unready":
            life.set_ready(self.agenda.now, True)
            self.report(life)

    def _blocked(self, life: Life, pod: Manifest, conduct: Conduct) -> None:
        """The containers cannot be started: no such image, or no such configuration."""
        if conduct.kind == "image":
            self.reporter.tell(pod, "Normal", "Pulling", f'Pulling image "{life.image}"')
            self.reporter.tell(pod, "Warning", "Failed", conduct.message)
            self.reporter.tell(pod, "Warning", "Failed", "Error: ErrImagePull")
            self.reporter.tell(pod, "Normal", "BackOff", f'Back-off pulling image "{life.image}"')
            reason = "ImagePullBackOff" if life.waiting and "Image" in life.waiting[-1][1] else "ErrImagePull"
            self.reporter.tell(pod, "Warning", "Failed", "Error: ImagePullBackOff")
        else:
            self.reporter.tell(pod, "Warning", "Failed", f"Error: {conduct.message}")
            reason = "CreateContainerConfigError"
        self.details[life.uid] = conduct.message
        life.waiting.append((self.agenda.now, reason))
        life.plan += 1
        plan = life.plan
        self.report(life)
        self.agenda.after(20, lambda: self.start(life, plan))

    def _unready(self, life: Life, plan: int, conduct: Conduct) -> None:
        pod = self.pod(life)
        if pod is None or plan != life.plan or life.running is None:
            return
        life.set_ready(self.agenda.now, False)
        self.reporter.tell(pod, "Warning", "Unhealthy", conduct.message)
        self.report(life)
        self.agenda.after(10, lambda: self._unready(life, plan, conduct))

    def _exit(self, life: Life, plan: int, conduct: Conduct) -> None:
        """The containers end, and are started again after a while unless the pod is to end."""
        pod = self.pod(life)
        if pod is None or plan != life.plan or life.running is None:
            return
        run = life.running
        run.end, run.reason, run.exit_code, run.message = (
            self.agenda.now,
            conduct.reason,
            conduct.exit_code,
            conduct.message,
        )
        life.set_ready(self.agenda.now, False)
        life.plan += 1
        plan = life.plan
        policy = life.spec.get("restartPolicy", "Always")
        if conduct.kind == "complete" or policy == "Never":
            life.phases.append((self.agenda.now, "Succeeded" if conduct.exit_code == 0 else "Failed"))
            self.report(life)
            return
        life.waiting.append((self.agenda.now, "CrashLoopBackOff"))
        container = life.containers[0]["name"]
        message = f"Back-off restarting failed container {container} in pod {life.name}_{life.namespace}({life.uid})"
        self.reporter.tell(pod, "Warning", "BackOff", message)
        recent = sum(1 for each in life.runs if self.agenda.now - each.start < 1200)
        self.report(life)
        self.agenda.after(backoff(recent), lambda: self.start(life, plan))

    def report(self, life: Life) -> None:
        """Write the pod's status into the store."""
        self.changed()
        pod = self.pod(life)
        if pod is None:
            return
        node = self.cluster.find("nodes", "", life.node) if life.node else None
        host = next((a["address"] for a in (node or {}).get("status", {}).get("addresses", [])), "10.0.0.1")
        told = status_of(life, host, self.details.get(life.uid, ""))
        self.cluster.edit(pod, lambda manifest: manifest.update(status=told))

    def leave(self, life: Life) -> None:
        """The pod is asked to go; its containers have a moment."""
        if life.leaving:
            return
        life.leaving = True
        if pod := self.pod(life):
            self.reporter.tell(pod, "Normal", "Killing", f"Stopping container {life.containers[0]['name']}")
        life.set_ready(self.agenda.now, False)
        self.changed()
        self.agenda.after(GRACE_SECONDS, lambda: self.gone(life))

    def gone(self, life: Life) -> None:
        """The pod is gone; its life stays in the chronicle."""
        if life.running is not None:
            life.running.reason, life.running.end = "Completed", self.agenda.now
        life.deleted = life.deleted or self.agenda.now
        if pod := self.pod(life):
            self.cluster.delete(self.cluster.kind("pods"), life.namespace, pod["metadata"]["name"])
        self.changed()

    def evict(self, life: Life, why: str) -> None:
        """The node throws the pod out for want of room; it stays as a failed pod."""
        pod = self.pod(life)
        if pod is None or life.over:
            return
        self.reporter.tell(pod, "Warning", "Evicted", why)
        if life.running is not None:
            life.running.reason, life.running.exit_code, life.running.end = "Error", 137, self.agenda.now
        life.set_ready(self.agenda.now, False)
        life.phases.append((self.agenda.now, "Failed"))
        self.details[life.uid] = why
        self.report(life)
