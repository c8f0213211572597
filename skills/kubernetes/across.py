"""Lists several kinds at once: one that may not be read is a gap; where none may be read, that is the answer."""

from collections.abc import Iterable

from skills.errors import SkillError
from skills.kubernetes.cluster import Cluster, Listing
from skills.kubernetes.kinds import Kind
from skills.words import told

FATAL = frozenset({"no_namespace", "unreachable", "not_signed_in"})
"""What is wrong with one kind is then wrong with all."""


async def across(
    cluster: Cluster, kinds: Iterable[Kind], namespace: str, gaps: list[str], authors: bool = False
) -> dict[Kind, Listing]:
    """What there is of each kind; what could not be read goes to the gaps. Raises SkillError when nothing could."""
    read: dict[Kind, Listing] = {}
    refused: list[SkillError] = []
    for kind in kinds:
        try:
            read[kind] = await cluster.list(kind, namespace if kind.namespaced else "", authors=authors)
        except SkillError as error:
            if error.key in FATAL:
                raise
            refused.append(error)
            read[kind] = Listing(())
            gaps.append(told(f"{kind.name} could not be read: {error}", f"{kind.name} 无法读取：{error}"))
    if refused and len(refused) == len(read):
        raise refused[0]
    return read
