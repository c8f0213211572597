"""Which live workload a person means, from the list that was read of the cluster."""

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.domain.approval import Refusal
from skills import Evidence


@dataclass(frozen=True, slots=True)
class Workload:
    """A deployment that is there now."""

    name: str
    namespace: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """No workload, or several, go by that name; these come nearest."""

    near: tuple[Workload, ...]


def listed(seen: Iterable[Evidence | Refusal]) -> tuple[Workload, ...]:
    """The workloads in the last list that was read."""
    for each in reversed(tuple(seen)):
        if isinstance(each, Evidence) and each.table:
            columns = [column.lower() for column in each.table.columns]
            if "name" in columns and "namespace" in columns:
                name, namespace = columns.index("name"), columns.index("namespace")
                return tuple(Workload(row[name], row[namespace]) for row in each.table.rows)
    return ()


def meant(target: str, namespace: str, there: tuple[Workload, ...], spoken: bool = False) -> Workload | Unclear:
    """Exactly that name; else the only one that begins with it or holds it as a word.

    Where it was spoken of ("the order service"), a service of that name comes before all others.
    """
    inside = tuple(each for each in there if not namespace or each.namespace == namespace)
    fitting: list[Callable[[str], bool]] = [
        lambda name: name == target,
        lambda name: name in {f"{target}-service", f"{target}service", f"{target}-svc"},
        lambda name: name.startswith(f"{target}-"),
        lambda name: target in name.split("-"),
    ]
    if spoken:
        fitting[:2] = fitting[1::-1]
    for fits in fitting:
        found = [each for each in inside if fits(each.name)]
        if len(found) == 1:
            return found[0]
        if found:
            return Unclear(tuple(found))
    names = difflib.get_close_matches(target, [each.name for each in inside], n=5, cutoff=0.4)
    return Unclear(
        tuple(sorted((each for each in inside if each.name in names), key=lambda each: names.index(each.name)))
    )
