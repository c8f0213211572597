"""A Kubernetes object as the API gave it, read without ever failing on what is missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain.finding import Subject


@dataclass(frozen=True, slots=True)
class Thing:
    """A Kubernetes object as the API gave it."""

    kind: str
    namespace: str
    name: str
    raw: Mapping[str, Any]

    @property
    def subject(self) -> Subject:
        return Subject(self.kind, self.namespace, self.name)

    @property
    def labels(self) -> Mapping[str, str]:
        return self._texts("labels")

    @property
    def annotations(self) -> Mapping[str, str]:
        return self._texts("annotations")

    def _texts(self, name: str) -> Mapping[str, str]:
        found = self.get("metadata", name)
        return found if isinstance(found, Mapping) else {}

    @property
    def query(self) -> str:
        """The call that shows it again."""
        where = f" -n {self.namespace}" if self.namespace else ""
        return f"kubectl get {self.kind.lower()} {self.name}{where} -o yaml"

    def get(self, *path: str | int) -> Any:
        """What lies at that path, or None. Never raises: objects come from outside."""
        spot: Any = self.raw
        for step in path:
            if isinstance(spot, Mapping) and isinstance(step, str):
                spot = spot.get(step)
            elif isinstance(spot, list) and isinstance(step, int) and -len(spot) <= step < len(spot):
                spot = spot[step]
            else:
                return None
        return spot

    def each(self, *path: str | int) -> list[Mapping[str, Any]]:
        """The mappings in the list at that path."""
        found = self.get(*path)
        return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []

    def number(self, *path: str | int) -> int | None:
        found = self.get(*path)
        return found if isinstance(found, int) and not isinstance(found, bool) else None

    def text(self, *path: str | int) -> str:
        found = self.get(*path)
        return found if isinstance(found, str) else ""
