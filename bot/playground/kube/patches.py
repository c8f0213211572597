"""The four ways to patch: JSON patch, merge patch, strategic merge patch and server-side apply."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from bot.playground.kube.kinds import Kind, Manifest
from bot.playground.kube.status import ApiError, bad_request

_KEYS: Mapping[str, tuple[str, ...]] = {
    "containers": ("name",),
    "initContainers": ("name",),
    "ephemeralContainers": ("name",),
    "env": ("name",),
    "volumes": ("name",),
    "volumeMounts": ("mountPath",),
    "ports": ("containerPort", "port"),
    "conditions": ("type",),
    "ownerReferences": ("uid",),
    "imagePullSecrets": ("name",),
    "taints": ("key",),
    "addresses": ("type",),
    "hostAliases": ("ip",),
    "topologySpreadConstraints": ("topologyKey",),
    "secrets": ("name",),
}


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7386."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge_patch(result.get(key), value)
    return result


def strategic_patch(target: Any, patch: Any) -> Any:
    """Like a merge patch, but lists of named parts are merged by their names."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    if patch.get("$patch") == "replace":
        return {key: copy.deepcopy(value) for key, value in patch.items() if key != "$patch"}
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if key.startswith("$setElementOrder/") or key in ("$patch", "$retainKeys"):
            continue
        if key.startswith("$deleteFromPrimitiveList/"):
            name = key.partition("/")[2]
            result[name] = [each for each in result.get(name, []) if each not in value]
        elif value is None:
            result.pop(key, None)
        elif isinstance(value, list):
            result[key] = _merge_list(key, result.get(key), value)
        else:
            result[key] = strategic_patch(result.get(key), value)
    return result


def _merge_list(name: str, old: Any, new: list[Any]) -> list[Any]:
    if name == "finalizers":
        return [*(old or []), *(each for each in new if each not in (old or []))]
    key = next((k for k in _KEYS.get(name, ()) if new and all(isinstance(e, dict) and k in e for e in new)), None)
    if key is None or not isinstance(old, list):
        return [copy.deepcopy(each) for each in new if not (isinstance(each, dict) and each.get("$patch") == "delete")]
    result = {each[key]: copy.deepcopy(each) for each in old if key in each}
    for each in new:
        if each.get("$patch") == "delete":
            result.pop(each[key], None)
        else:
            result[each[key]] = strategic_patch(result.get(each[key]), each)
    patched = [result[each[key]] for each in new if each[key] in result and each.get("$patch") != "delete"]
    rest = [part for name, part in result.items() if all(part is not each for each in patched)]
    return _in_order(key, [each.get(key) for each in old], rest, patched)


def _in_order(key: str, before: list[Any], rest: list[Any], patched: list[Any]) -> list[Any]:
    """The order of the API server: parts that were patched stand in the patch's order, new ones before the rest."""
    ordered: list[Any] = []
    places = {name: place for place, name in enumerate(before)}
    while rest and patched:
        left, right = places.get(rest[0][key], -1), places.get(patched[0][key], -1)
        ordered.append(rest.pop(0) if 0 <= left < right else patched.pop(0))
    return ordered + rest + patched


def json_patch(target: Manifest, operations: Any) -> Manifest:
    """RFC 6902."""
    if not isinstance(operations, list):
        raise bad_request("json: cannot unmarshal object into Go value of type jsonpatch.Patch")
    result = copy.deepcopy(target)
    for operation in operations:
        try:
            _apply_one(result, operation)
        except (KeyError, IndexError, ValueError, TypeError) as wrong:
            raise ApiError(
                422, "Invalid", f"the server rejected our request due to an error in our request: {wrong}"
            ) from wrong
    return result


def _apply_one(document: Manifest, operation: Mapping[str, Any]) -> None:
    op, path = operation["op"], _steps(operation["path"])
    if op in ("move", "copy"):
        source = _steps(operation["from"])
        value = copy.deepcopy(_read(document, source))
        if op == "move":
            _remove(document, source)
        _add(document, path, value)
    elif op == "test":
        if _read(document, path) != operation["value"]:
            raise ValueError(f"testing value {operation['path']} failed")
    elif op == "remove":
        _remove(document, path)
    elif op == "replace":
        _read(document, path)
        parent = _read(document, path[:-1])
        parent[_place(parent, path[-1])] = copy.deepcopy(operation["value"])
    elif op == "add":
        _add(document, path, copy.deepcopy(operation["value"]))
    else:
        raise ValueError(f"unknown operation {op}")


def _steps(path: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:]]


def _place(parent: Any, step: str) -> Any:
    return int(step) if isinstance(parent, list) else step


def _read(document: Any, path: list[str]) -> Any:
    for step in path:
        document = document[_place(document, step)]
    return document


def _remove(document: Any, path: list[str]) -> None:
    parent = _read(document, path[:-1])
    del parent[_place(parent, path[-1])]


def _add(document: Any, path: list[str], value: Any) -> None:
    parent = _read(document, path[:-1])
    if isinstance(parent, list):
        parent.insert(len(parent) if path[-1] == "-" else int(path[-1]), value)
    else:
        parent[path[-1]] = value


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every field that a manifest sets, with its path as server-side apply names it."""
    if isinstance(value, dict) and value:
        for key, part in value.items():
            yield from leaves(part, f"{path}.{key}")
    elif isinstance(value, list) and value and all(isinstance(part, dict) for part in value):
        name = path.rsplit(".", 1)[-1]
        key = next((k for k in _KEYS.get(name, ()) if all(k in part for part in value)), None)
        if key is None:
            yield path, value
            return
        for part in value:
            shown = f'"{part[key]}"' if isinstance(part[key], str) else part[key]
            for sub, inner in leaves(part, f"{path}[{key}={shown}]"):
                if sub.rsplit(".", 1)[-1] != key:
                    yield sub, inner
    else:
        yield path, value


def applied_fields(manifest: Manifest) -> dict[str, Any]:
    """The fields that an apply claims: all but those that only name the thing."""
    told = {key: value for key, value in manifest.items() if key not in ("apiVersion", "kind", "metadata", "status")}
    meta = {key: value for key, value in manifest.get("metadata", {}).items() if key in ("labels", "annotations")}
    return dict(leaves({**told, "metadata": meta} if meta else told))


def patch(kind: Kind, content_type: str, target: Manifest, body: Any) -> Manifest:
    """The target after a patch of this content type."""
    match content_type.split(";", maxsplit=1)[0].strip():
        case "application/json-patch+json":
            return json_patch(target, body)
        case "application/merge-patch+json":
            patched = merge_patch(target, body)
        case "application/strategic-merge-patch+json":
            if "." in kind.group and not kind.group.endswith(".k8s.io"):
                raise _unsupported()
            patched = strategic_patch(target, body)
        case "application/apply-patch+yaml":
            patched = strategic_patch(target, body)
        case _:
            raise _unsupported()
    assert isinstance(patched, dict)
    return patched


def _unsupported() -> ApiError:
    return ApiError(
        415,
        "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include: "
        "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
    )
