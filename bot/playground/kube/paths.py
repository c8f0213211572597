"""Reading the paths of the Kubernetes API: which kind, namespace, name and subresource a path means."""

from dataclasses import dataclass

from bot.playground.kube.kinds import Kind, KindTable
from bot.playground.kube.status import NoPage, no_such_path


@dataclass(frozen=True, slots=True)
class Target:
    """What a path means."""

    kind: Kind
    namespace: str | None
    name: str
    subresource: str


def read(table: KindTable, path: str) -> Target:
    """The target of a path below /api or /apis."""
    steps = [step for step in path.split("/") if step]
    if steps[:2] == ["api", "v1"]:
        group, version, rest = "", "v1", steps[2:]
    elif steps[:1] == ["apis"] and len(steps) >= 4:
        group, version, rest = steps[1], steps[2], steps[3:]
    else:
        raise no_such_path()
    namespace: str | None = None
    if rest[:1] == ["namespaces"] and len(rest) >= 3 and rest[2] not in ("status", "finalize"):
        namespace, rest = rest[1], rest[2:]
    if not rest or len(rest) > 3:
        raise no_such_path()
    kind = table.at(group, version, rest[0])
    if kind is None and version not in table.groups().get(group, ()):
        raise NoPage
    if kind is None or (namespace is not None and not kind.namespaced):
        raise no_such_path()
    subresource = rest[2] if len(rest) > 2 else ""
    known = {*kind.subresources, "finalize"}
    if (subresource and subresource not in known) or (len(rest) > 1 and kind.namespaced and namespace is None):
        raise no_such_path()
    return Target(kind, namespace, rest[1] if len(rest) > 1 else "", subresource)


def directory(table: KindTable, path: str, version: str) -> dict[str, object] | None:
    """The answer to a path of discovery, if it is one."""
    steps = [step for step in path.split("/") if step]
    groups = {**table.groups(), "authorization.k8s.io": {"v1"}, "authentication.k8s.io": {"v1"}}
    match steps:
        case ["version"]:
            major, minor = version.lstrip("v").split(".")[:2]
            return {"major": major, "minor": minor, "gitVersion": version, "platform": "linux/amd64"}
        case ["api"]:
            return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
        case ["apis"]:
            listed = [_group(name, versions) for name, versions in sorted(groups.items()) if name]
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": listed}
        case ["apis", group] if group in groups:
            return {"kind": "APIGroup", "apiVersion": "v1", **_group(group, groups[group])}
        case ["api", "v1"]:
            return _resources(table, "", "v1")
        case ["apis", group, asked] if asked in groups.get(group, ()):
            return _resources(table, group, asked)
    return None


def _group(name: str, versions: set[str]) -> dict[str, object]:
    told = [{"groupVersion": f"{name}/{version}", "version": version} for version in sorted(versions)]
    return {"name": name, "versions": told, "preferredVersion": told[0]}


def _resources(table: KindTable, group: str, version: str) -> dict[str, object]:
    kinds = [kind for kind in table.kinds.values() if (kind.group, kind.version) == (group, version)]
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": f"{group}/{version}" if group else version,
        "resources": [entry for kind in kinds for entry in kind.discovery()],
    }
