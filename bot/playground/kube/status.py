"""The errors of the Kubernetes API: each a Status, as the real one answers it."""

from typing import Any

from bot.playground.kube.kinds import Kind, Manifest


class ApiError(Exception):
    """A refusal with its HTTP code and its reason."""

    def __init__(self, code: int, reason: str, message: str, details: Manifest | None = None) -> None:
        super().__init__(message)
        self.code, self.reason, self.message, self.details = code, reason, message, details or {}

    def status(self) -> Manifest:
        """The Status object."""
        body: Manifest = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "code": self.code,
        }
        if self.details:
            body["details"] = self.details
        return body


class NoPage(Exception):
    """No API of this group and version is served: the answer is plain text."""


def _details(kind: Kind, name: str, **more: Any) -> Manifest:
    told = {"name": name, "group": kind.group, "kind": kind.plural, **more}
    return {key: value for key, value in told.items() if value}


def not_found(kind: Kind, name: str) -> ApiError:
    """There is none of this name."""
    return ApiError(404, "NotFound", f'{kind.resource} "{name}" not found', _details(kind, name))


def no_such_path() -> ApiError:
    """The path leads nowhere."""
    return ApiError(404, "NotFound", "the server could not find the requested resource")


def exists(kind: Kind, name: str) -> ApiError:
    """There is one already."""
    return ApiError(409, "AlreadyExists", f'{kind.resource} "{name}" already exists', _details(kind, name))


def conflict(kind: Kind, name: str, why: str = "") -> ApiError:
    """It has changed since it was read."""
    why = why or "the object has been modified; please apply your changes to the latest version and try again"
    return ApiError(
        409, "Conflict", f'Operation cannot be fulfilled on {kind.resource} "{name}": {why}', _details(kind, name)
    )


def apply_conflict(owners: dict[str, list[str]]) -> ApiError:
    """Server-side apply met fields that others own."""
    fields = sum(len(paths) for paths in owners.values())
    causes = [
        {"reason": "FieldManagerConflict", "message": f'conflict with "{owner}"', "field": path}
        for owner, paths in owners.items()
        for path in paths
    ]
    one = next(iter(owners))
    what = (
        f": {owners[one][0]}" if fields == 1 else "s:\n- " + "\n- ".join(p for paths in owners.values() for p in paths)
    )
    word = "conflicts" if fields > 1 else "conflict"
    message = f'Apply failed with {fields} {word}: {word} with "{one}"{what}'
    return ApiError(409, "Conflict", message, {"causes": causes})


def invalid(kind: Kind, name: str, where: str, why: str) -> ApiError:
    """A field may not have this value."""
    causes = [{"reason": "FieldValueInvalid", "message": why, "field": where}]
    return ApiError(
        422,
        "Invalid",
        f'{kind.kind}{"." + kind.group if kind.group else ""} "{name}" is invalid: {where}: {why}',
        _details(kind, name, causes=causes),
    )


def manager_required() -> ApiError:
    """Server-side apply must say who applies."""
    why = "Required value: is required for apply patch"
    return ApiError(
        422,
        "Invalid",
        f'PatchOptions.meta.k8s.io "" is invalid: fieldManager: {why}',
        {
            "group": "meta.k8s.io",
            "kind": "PatchOptions",
            "causes": [{"reason": "FieldValueRequired", "message": why, "field": "fieldManager"}],
        },
    )


def bad_request(message: str) -> ApiError:
    """The request cannot be read."""
    return ApiError(400, "BadRequest", message)


def forbidden(kind: Kind, name: str, why: str) -> ApiError:
    """Not allowed."""
    return ApiError(403, "Forbidden", f'{kind.resource} "{name}" is forbidden: {why}', _details(kind, name))


def too_many_disruptions(name: str, budget: str) -> ApiError:
    """A disruption budget does not allow the eviction."""
    return ApiError(
        429,
        "TooManyRequests",
        "Cannot evict pod as it would violate the pod's disruption budget.",
        {
            "causes": [
                {
                    "reason": "DisruptionBudget",
                    "message": f"The disruption budget {budget} does not allow evicting pod {name}.",
                }
            ]
        },
    )


def too_old() -> ApiError:
    """A watch asked for history that is gone."""
    return ApiError(410, "Expired", "too old resource version")
