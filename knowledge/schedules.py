"""What the settings say of reading by the clock: which source, for which workspace, and for whose eyes."""

import re
from dataclasses import dataclass

LINE = re.compile(r"(?P<source>[^\s:]+(?::.*?)?)(?:\s+for\s+(?P<tenant>\S+))?(?:\s+label\s+(?P<label>\S.*))?")
EXAMPLE = "jira for T024BE7LH label sre"


@dataclass(frozen=True, slots=True)
class Schedule:
    """One source, read by the clock."""

    source: str
    tenant: str = ""
    """The workspace whose people alone find it, by the platform's id; empty: all."""
    label: str = ""
    """What a reader must hold to see what the source itself hides from nobody."""

    def __str__(self) -> str:
        """As the settings say it."""
        whose = f" for {self.tenant}" if self.tenant else ""
        return f"{self.source}{whose}" + (f" label {self.label}" if self.label else "")


def wanted(told: str) -> tuple[Schedule, ...]:
    """Sources with commas between: `jira, confluence for T024BE7LH, markdown:/srv/hr for T024BE7LH label hr`.

    Raises:
        ValueError: A part cannot be read for certain. It is refused, or it might be read for everybody.
    """
    found: dict[tuple[str, str], Schedule] = {}
    for part in (each.strip() for each in told.split(",") if each.strip()):
        read = _read(part)
        before = found.setdefault((read.source, read.tenant), read)
        if before.label != read.label:
            raise ValueError(f"“{before}” and “{read}” give the same documents two labels")
    return tuple(found.values())


def _read(part: str) -> Schedule:
    found = LINE.fullmatch(part)
    if found is None or any(re.search(r"\s(?:for|label)(?:\s|$)", found[each] or "") for each in ("source", "label")):
        raise ValueError(f"“{part}” is not SOURCE, SOURCE for WORKSPACE, or as in “{EXAMPLE}”")
    return Schedule(found["source"], found["tenant"] or "", found["label"] or "")
