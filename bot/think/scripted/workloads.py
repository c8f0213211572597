"""Which live workload a person means, from the list that was read of the cluster."""

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.domain.approval import Refusal
from bot.think.scripted.intents import Intent
from skills import Evidence


@dataclass(frozen=True, slots=True)
class Workload:
    """A deployment, stateful set or daemon set that is there now."""

    name: str
    namespace: str
    kind: str = "Deployment"
    wanted: int | None = None
    """How many pods it is to have."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """No workload, or several, go by that name; these come nearest."""

    near: tuple[Workload, ...]
    several: bool = False
    """All of these go by it."""


def listed(seen: Iterable[Evidence | Refusal]) -> tuple[Workload, ...]:
    """The workloads in the last list that was read."""
    for each in reversed(tuple(seen)):
        if isinstance(each, Evidence) and each.table:
            columns = [column.lower() for column in each.table.columns]
            if {"name", "namespace"} <= set(columns):
                return tuple(_workload(dict(zip(columns, row, strict=True))) for row in each.table.rows)
    return ()


def _workload(row: dict[str, str]) -> Workload:
    wanted = row.get("ready", "").rpartition("/")[2]
    return Workload(
        row["name"], row["namespace"], row.get("kind") or "Deployment", int(wanted) if wanted.isdigit() else None
    )


def found_in_words(intent: Intent, there: tuple[Workload, ...]) -> Workload | Unclear | None:
    """The workload that one of the plain words names; None where none does."""
    for word in intent.words:
        match meant(word, intent.namespace, there):
            case Workload() as workload:
                return workload
            case Unclear(several=True) as unclear:
                return unclear
    return None


def space_in_words(intent: Intent, there: tuple[Workload, ...]) -> str:
    """The namespace that was named as one, or by a plain word."""
    known = {each.namespace for each in there}
    return intent.namespace or next((word for word in (intent.target, *intent.words) if word in known), "")


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
            return Unclear(tuple(found), several=True)
    names = difflib.get_close_matches(target, [each.name for each in inside], n=5, cutoff=0.4)
    return Unclear(
        tuple(sorted((each for each in inside if each.name in names), key=lambda each: names.index(each.name)))
    )
