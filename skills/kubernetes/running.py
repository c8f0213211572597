"""What runs in the cluster: all workloads on one page, and the ones that go by a name."""

from skills.action import action
from skills.clock import Clock
from skills.evidence import Evidence, Table
from skills.kubernetes.across import across
from skills.kubernetes.cluster import Cluster, Thing, path_of
from skills.kubernetes.kinds import CRON_JOB, DAEMON_SET, DEPLOYMENT, STATEFUL_SET, Kind, rights
from skills.kubernetes.rows import row
from skills.kubernetes.told import call
from skills.names import AnyNamespace, Name
from skills.risk import Risk
from skills.words import counted, told

SERVING = (DEPLOYMENT, STATEFUL_SET, DAEMON_SET)
FINDABLE = (*SERVING, CRON_JOB)
COLUMNS = ("kind", "namespace", "name", "ready", "image", "age")
MOST = 300


class Running:
    """Knows what is there by name, before anything is asked of it."""

    def __init__(self, cluster: Cluster, clock: Clock) -> None:
        self._cluster = cluster
        self._clock = clock

    @action(risk=Risk.READ, needs=rights(*SERVING), command="services")
    async def workloads(self, namespace: AnyNamespace = "") -> Evidence:
        """List what runs: deployments, stateful sets and daemon sets, with how many of their pods are ready.

        Args:
            namespace: Where to look; empty for all namespaces.
        """
        gaps: list[str] = []
        found = await self._all(SERVING, namespace, gaps)
        now = self._clock.now()
        seen = [{"kind": each["kind"], **row(each, now)} for each in found]
        rows = tuple(tuple(each.get(column, "") for column in COLUMNS) for each in seen)
        if len(rows) > MOST:
            gaps.append(told(f"{len(rows) - MOST} more are not shown.", f"还有 {len(rows) - MOST} 个未显示。"))
        short = sum(not _whole(each["ready"]) for each in seen)
        where = f" in {namespace}" if namespace else ""
        return Evidence(
            summary=told(
                f"{counted(len(rows), 'workload')}{where}, {short or 'none'} short of ready pods",
                f"{namespace or '集群'} 中共 {len(rows)} 个工作负载，"
                + (f"{short} 个的 Pod 未全部就绪" if short else "Pod 全部就绪"),
            ),
            query="; ".join(call(path_of(kind, namespace)) for kind in SERVING),
            table=Table(COLUMNS, rows[:MOST]) if rows else None,
            facts={"count": len(rows), "workloads": [dict(each) for each in seen[:MOST]]},
            gaps=tuple(gaps),
        )

    @action(risk=Risk.READ, needs=rights(*FINDABLE))
    async def find(self, name: Name) -> Evidence:
        """Find workloads by their name or a part of it, in all namespaces.

        Args:
            name: The name or a part of it, as order.
        """
        gaps: list[str] = []
        found = [thing for thing in await self._all(FINDABLE, "", gaps) if name in thing["metadata"]["name"]]
        found.sort(key=lambda thing: (thing["metadata"]["name"] != name, len(thing["metadata"]["name"])))
        rows = tuple((each["kind"], each["metadata"]["namespace"], each["metadata"]["name"]) for each in found[:50])
        return Evidence(
            summary=told(
                f"{counted(len(found), 'workload')} named like {name}", f"名称包含 {name} 的工作负载：{len(found)} 个"
            ),
            query="; ".join(call(path_of(kind)) for kind in FINDABLE),
            table=Table(("kind", "namespace", "name"), rows),
            facts={"found": [dict(zip(("kind", "namespace", "name"), each, strict=True)) for each in rows]},
            gaps=tuple(gaps),
        )

    async def _all(self, kinds: tuple[Kind, ...], namespace: str, gaps: list[str]) -> list[Thing]:
        """Of these kinds; one that may not be read is a gap."""
        read = await across(self._cluster, kinds, namespace, gaps)
        return [thing for listing in read.values() for thing in listing.things]


def _whole(ready: str) -> bool:
    """Whether 3/3 are ready."""
    up, _, wanted = ready.partition("/")
    return up == wanted
