"""Ways in from outside that lead nowhere: Ingress, OpenShift Route, Gateway API."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.domain.finding import Category, Finding, Proof
from bot.think.diagnosis.cluster import condition, wears
from bot.think.diagnosis.looks import Look
from bot.think.diagnosis.sight import Sight
from bot.think.diagnosis.thing import Thing

BUILT_IN = {"gce", "gce-internal"}
"""Classes that a platform serves without an object."""


def make() -> Look:
    return look


def look(sight: Sight) -> Iterable[Finding]:
    for ingress in sight.cluster.all("Ingress"):
        yield from _ingress(sight, ingress)
    for route in sight.cluster.all("Route"):
        yield from _route(sight, route)
    yield from _gateways(sight)
    for route in sight.cluster.all("HTTPRoute", "GRPCRoute", "TCPRoute"):
        yield from _gateway_route(sight, route)


def _ingress(sight: Sight, ingress: Thing) -> Iterator[Finding]:
    old_class = ingress.annotations.get("kubernetes.io/ingress.class")
    named = ingress.text("spec", "ingressClassName") or old_class
    if not named:
        yield _say(ingress, "ingress_no_class", 0.25, "")
    elif named not in BUILT_IN and not sight.cluster.find("IngressClass", "", named):
        if sight.cluster.has("IngressClass"):
            yield _say(ingress, "ingress_class_gone", 0.6, named)
        elif sight.audits and sight.sees("IngressClass"):
            yield _say(ingress, "ingress_class_gone", 0.1, named)
    backends = [ingress.get("spec", "defaultBackend")]
    backends += [
        path.get("backend")
        for rule in ingress.each("spec", "rules")
        for path in (rule.get("http") or {}).get("paths", [])
    ]
    for service, port in dict.fromkeys(_service(backend) for backend in backends if backend):
        if not service:
            continue
        known = sight.cluster.find("Service", ingress.namespace, service)
        if known is None:
            yield _say(ingress, "backend_gone", 0.7, service, weak=not _listed(sight, "Service", ingress.namespace))
        elif port and not _has_port(known, port):
            yield _say(ingress, "backend_no_port", 0.8, f"{service}:{port}")
    for tls in ingress.each("spec", "tls"):
        secret = str(tls.get("secretName") or "")
        if secret and sight.sees("Secret") and not sight.cluster.find("Secret", ingress.namespace, secret):
            yield _say(ingress, "tls_secret_gone", 0.6, secret, weak=not sight.cluster.has("Secret"))


def _service(backend: Mapping[str, Any]) -> tuple[str, str]:
    new = backend.get("service") or {}
    port = (new.get("port") or {}).get("name") or (new.get("port") or {}).get("number") or backend.get("servicePort")
    return str(new.get("name") or backend.get("serviceName") or ""), str(port or "")


def _has_port(service: Thing, port: str) -> bool:
    ports = service.each("spec", "ports")
    return not ports or any(port in (str(one.get("port")), str(one.get("name"))) for one in ports)


def _listed(sight: Sight, kind: str, namespace: str) -> bool:
    return any(one.namespace == namespace for one in sight.cluster.all(kind))


def _route(sight: Sight, route: Thing) -> Iterator[Finding]:
    ends = [route.get("spec", "to") or {}, *route.each("spec", "alternateBackends")]
    for end in ends:
        name = str(end.get("name") or "")
        if end.get("kind", "Service") != "Service" or not name or end.get("weight") == 0:
            continue
        known = sight.cluster.find("Service", route.namespace, name)
        others = [one.name for one in sight.cluster.all("Service") if one.namespace == route.namespace]
        if known is None:
            yield _say(route, "backend_gone", 0.9, name, weak=not others, have=", ".join(others[:5]))
            continue
        port = route.get("spec", "port", "targetPort")
        targets = {str(one.get(key)) for one in known.each("spec", "ports") for key in ("name", "targetPort", "port")}
        if port is not None and targets and str(port) not in targets:
            yield _say(route, "backend_no_port", 0.8, f"{name}:{port}")
    for ingress in route.each("status", "ingress"):
        for one in ingress.get("conditions") or ():
            if one.get("type") == "Admitted" and one.get("status") == "False":
                yield _say(route, "not_admitted", 0.8, str(one.get("message") or one.get("reason") or ""))


def _gateways(sight: Sight) -> Iterator[Finding]:
    for gateway in sight.cluster.all("GatewayClass", "Gateway"):
        accepted = condition(gateway, "Accepted")
        for one in (accepted, condition(gateway, "Programmed")):
            if one and one.get("status") != "True":
                yield _say(gateway, "not_admitted", 0.7, _why(one))
        named = gateway.text("spec", "gatewayClassName")
        if named and sight.sees("GatewayClass") and not sight.cluster.find("GatewayClass", "", named):
            yield _say(gateway, "ingress_class_gone", 0.6, named, weak=not sight.cluster.has("GatewayClass"))


def _gateway_route(sight: Sight, route: Thing) -> Iterator[Finding]:
    for parent in route.each("spec", "parentRefs"):
        space = str(parent.get("namespace") or route.namespace)
        gateway = sight.cluster.find("Gateway", space, str(parent.get("name")))
        if gateway is None:
            yield _say(route, "gateway_gone", 0.6, str(parent.get("name")))
        elif not _admits(sight, gateway, route):
            yield _say(route, "route_not_allowed", 0.7, gateway.name)
    for rule in route.each("spec", "rules"):
        for end in rule.get("backendRefs") or ():
            space, name = str(end.get("namespace") or route.namespace), str(end.get("name"))
            service = sight.cluster.find("Service", space, name)
            if service is None:
                yield _say(route, "backend_gone", 0.7, name)
            elif end.get("port") and not _has_port(service, str(end["port"])):
                yield _say(route, "backend_no_port", 0.8, f"{name}:{end['port']}")


def _admits(sight: Sight, gateway: Thing, route: Thing) -> bool:
    """One listener that takes routes from the route's namespace is enough."""
    listeners = gateway.each("spec", "listeners")
    space = sight.cluster.find("Namespace", "", route.namespace)
    for listener in listeners:
        allowed = (listener.get("allowedRoutes") or {}).get("namespaces") or {}
        match allowed.get("from") or "Same":
            case "All":
                return True
            case "Selector":
                labels = (allowed.get("selector") or {}).get("matchLabels") or {}
                if wears(space.labels, labels) if space else not sight.audits or _any_of(route, labels):
                    return True
            case _ if gateway.namespace == route.namespace:
                return True
    return not listeners


def _any_of(route: Thing, labels: Mapping[str, Any]) -> bool:
    """Its namespace was not gathered: people give the routes of a namespace the same labels."""
    return any(route.labels.get(key) == value for key, value in labels.items())


def _why(one: Mapping[str, Any]) -> str:
    return f"{one.get('type')}={one.get('status')} {one.get('reason') or ''}: {one.get('message') or ''}"


def _say(thing: Thing, key: str, weight: float, what: str, *, weak: bool = False, have: str = "") -> Finding:
    values = {"name": thing.name, "what": what, "kind": thing.kind, "have": have or "?"}
    category = Category.CONFIG if key.startswith(("backend_", "ingress_")) else Category.NETWORK
    category = Category.CERTIFICATE if key == "tls_secret_gone" else category
    return Finding(
        thing.subject, key, category, weight * (0.3 if weak else 1), values, (Proof(thing.query, what[:300]),)
    )
