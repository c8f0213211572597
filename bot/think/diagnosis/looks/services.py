"""Services without endpoints, services that select nothing, and warnings about services."""

from collections.abc import Iterable, Iterator

from bot.domain.finding import Category, Finding, Proof, Subject
from bot.think.diagnosis.asked import named
from bot.think.diagnosis.cluster import condition, wears
from bot.think.diagnosis.families import family_of, hosts_in
from bot.think.diagnosis.looks import Look
from bot.think.diagnosis.sight import Sight
from bot.think.diagnosis.stacks import shortened
from bot.think.diagnosis.thing import Thing

LEADER = "control-plane.alpha.kubernetes.io/leader"

SERVERLESS = "serving.knative.dev/"
BALANCER = ("SyncLoadBalancerFailed", "UpdateLoadBalancerFailed", "AllocationFailed", "ClusterIPOutOfRange")
"""The address itself is missing, not only some of those behind it."""
RECENT = 3600.0


def make() -> Look:
    return look


def look(sight: Sight) -> Iterable[Finding]:
    for service in sight.cluster.all("Service"):
        selector = service.get("spec", "selector")
        if service.text("spec", "type") != "ExternalName" and isinstance(selector, dict) and selector:
            yield from _endpoints(sight, service, selector)
            yield from _ports(sight, service, selector)
    for event in sight.cluster.happenings:
        if event.about.kind == "Service" and event.warning:
            values = {"name": event.about.name, "message": f"{event.reason}: {event.message}"[:300]}
            proof = Proof(event.query, event.message[:300], event.last)
            fails = event.reason in BALANCER and (event.last is None or sight.now - event.last < RECENT)
            weight, over = 0.8 if fails else 0.4, _has_address(sight, event.about)
            yield Finding(
                event.about, "service_warns", Category.NETWORK, weight, values, (proof,), at=event.last, settled=over
            )


def _has_address(sight: Sight, about: Subject) -> bool:
    """It was given its address in the end."""
    service = sight.cluster.find(about.kind, about.namespace, about.name)
    return service is not None and bool(service.get("status", "loadBalancer", "ingress"))


def _endpoints(sight: Sight, service: Thing, selector: dict[str, str]) -> Iterator[Finding]:
    listed, ready, waiting = _addresses(sight, service)
    chosen = sight.cluster.matching(service.namespace, selector)
    wanted = ", ".join(f"{key}={value}" for key, value in selector.items())
    values = {"name": service.name, "selector": wanted, "pods": str(len(chosen)), "waiting": str(waiting)}
    if listed and not ready:
        key = "service_no_endpoints" if chosen or waiting else "service_selects_nothing"
        if key == "service_selects_nothing" and (empty := _scaled_to_nothing(sight, service, selector)):
            if _by_intention(sight, empty):
                return
            values |= {"name": empty.name, "kind": empty.kind, "service": service.name}
            proof = Proof(empty.query, "spec.replicas=0")
            yield Finding(empty.subject, "scaled_to_zero", Category.CONFIG, 0.6, values, (proof,))
            return
        proof = Proof(f"kubectl get endpoints {service.name} -n {service.namespace}", "no addresses")
        yield Finding(
            service.subject,
            key,
            Category.NETWORK,
            0.6,
            values,
            (proof,),
            symptom=bool(chosen),
            points_to=_blames(chosen),
        )
    elif listed and waiting:
        proof = Proof(f"kubectl get endpoints {service.name} -n {service.namespace}", f"{waiting} not ready")
        yield Finding(service.subject, "service_part_ready", Category.NETWORK, 0.3, values, (proof,), symptom=True)
    elif not listed and chosen and not any(condition(pod, "Ready").get("status") == "True" for pod in chosen):
        proof = Proof(f"kubectl get pods -n {service.namespace} -l {wanted.replace(', ', ',')}", "none ready")
        blames = _blames(chosen)
        yield Finding(
            service.subject,
            "service_no_endpoints",
            Category.NETWORK,
            0.4,
            values,
            (proof,),
            symptom=True,
            points_to=blames,
        )
    elif not listed and not chosen and _sure_nothing(sight, service, selector):
        proof = Proof(f"kubectl get pods -n {service.namespace} -l {wanted.replace(', ', ',')}", "none")
        yield Finding(service.subject, "service_selects_nothing", Category.NETWORK, 0.6, values, (proof,))


def _scaled_to_nothing(sight: Sight, service: Thing, selector: dict[str, str]) -> Thing | None:
    """The workload behind the service, if it was told to have no pods."""
    for one in sight.cluster.all("Deployment", "StatefulSet"):
        worn = one.get("spec", "template", "metadata", "labels") or {}
        if one.namespace == service.namespace and one.number("spec", "replicas") == 0 and wears(worn, selector):
            return one
    return None


def _by_intention(sight: Sight, workload: Thing) -> bool:
    """Something that scales by events may bring it to nothing, and brings it back when there is work."""
    for scaler in sight.cluster.all("ScaledObject"):
        target = scaler.get("spec", "scaleTargetRef") or {}
        fails = condition(scaler, "Ready").get("status") == "False"
        least = scaler.number("spec", "minReplicaCount") or 0
        if scaler.namespace == workload.namespace and target.get("name") == workload.name and not least and not fails:
            return True
    return any(label.startswith(SERVERLESS) for label in (*workload.labels, *workload.annotations))


def _blames(pods: list[Thing]) -> tuple[Subject, ...]:
    return tuple(pod.subject for pod in pods[:3])


def _addresses(sight: Sight, service: Thing) -> tuple[bool, int, int]:
    """Whether endpoints were gathered at all, how many are ready, how many not."""
    ready = waiting = 0
    listed = False
    known = sight.cluster.find("Endpoints", service.namespace, service.name)
    if known is not None and LEADER not in known.annotations:
        listed = True
        for subset in known.each("subsets"):
            ready += len(subset.get("addresses") or [])
            waiting += len(subset.get("notReadyAddresses") or [])
    for slice_ in sight.cluster.all("EndpointSlice"):
        if slice_.labels.get("kubernetes.io/service-name") == service.name and slice_.namespace == service.namespace:
            listed = True
            for endpoint in slice_.each("endpoints"):
                up = (endpoint.get("conditions") or {}).get("ready") is not False
                ready, waiting = ready + up, waiting + (not up)
    return listed, ready, waiting


def _sure_nothing(sight: Sight, service: Thing, selector: dict[str, str]) -> bool:
    """Pods and workloads of the namespace were gathered, and none would match."""
    cluster = sight.cluster
    pods = [pod for pod in cluster.all("Pod") if pod.namespace == service.namespace]
    workloads = [one for one in cluster.all("Deployment", "StatefulSet") if one.namespace == service.namespace]
    labels = [one.get("spec", "template", "metadata", "labels") or {} for one in workloads]
    return bool(pods and workloads) and not any(wears(one, selector) for one in labels)


def _ports(sight: Sight, service: Thing, selector: dict[str, str]) -> Iterator[Finding]:
    """A named target port that no chosen container has."""
    chosen = sight.cluster.matching(service.namespace, selector)
    names = {
        str(port.get("name"))
        for pod in chosen
        for one in pod.each("spec", "containers")
        for port in one.get("ports") or ()
    }
    numbers = {
        str(port.get("containerPort"))
        for pod in chosen
        for one in pod.each("spec", "containers")
        for port in one.get("ports") or ()
    }
    for port in service.each("spec", "ports"):
        target = port.get("targetPort") or port.get("port")
        if isinstance(target, int) and numbers and str(target) not in numbers:
            refused = _refusals(sight, service)
            values = {"name": service.name, "port": str(target), "has": ", ".join(sorted(numbers))}
            proofs = (Proof(service.query, f"targetPort={target}"), *refused[:1])
            weight = 0.85 if refused else 0.55 if _asked(sight, service) else 0.25
            yield Finding(service.subject, "service_wrong_port", Category.CONFIG, weight, values, proofs)
        if isinstance(target, str) and not target.isdigit() and chosen and names and target not in names:
            values = {"name": service.name, "port": target, "has": ", ".join(sorted(names))}
            yield Finding(
                service.subject, "service_wrong_port", Category.CONFIG, 0.8, values, (Proof(service.query, target),)
            )


def _asked(sight: Sight, service: Thing) -> bool:
    return any(one.name == service.name and one.namespace == service.namespace for one in named(sight))


def _refusals(sight: Sight, service: Thing) -> list[Proof]:
    """Log lines of others that cannot reach it."""
    return [
        Proof(line.query, shortened(line.text, 300), line.at)
        for line in sight.lines
        if service.name in line.text
        and (family := family_of(line.text)) is not None
        and family.key in ("log_refused", "log_timeout")
        and service.name in [host.split(".")[0] for host in hosts_in(line.text)]
    ]
