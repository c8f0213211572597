"""The look at what changed lately, over all kinds that people and controllers change."""

from skills.action import action
from skills.clock import Clock
from skills.evidence import Evidence, Table
from skills.kubernetes.across import across
from skills.kubernetes.cluster import Cluster, path_of
from skills.kubernetes.kinds import (
    CONFIG_MAP,
    CRON_JOB,
    DAEMON_SET,
    DEPLOYMENT,
    EVENT,
    HPA,
    INGRESS,
    NETWORK_POLICY,
    NODE,
    QUOTA,
    REPLICA_SET,
    SERVICE,
    STATEFUL_SET,
    rights,
)
from skills.kubernetes.recent import Change, edits, fact, happenings, rollouts
from skills.kubernetes.told import call
from skills.names import AnyName, AnyNamespace, Span
from skills.risk import Risk
from skills.timerange import parse_time_range
from skills.words import counted, told

EDITABLE = (
    DEPLOYMENT, STATEFUL_SET, DAEMON_SET, CRON_JOB, CONFIG_MAP, SERVICE, INGRESS, HPA, NETWORK_POLICY, QUOTA, NODE,
)  # fmt: skip
READ = (*EDITABLE, REPLICA_SET, EVENT)
MOST = 60


class Lately:
    """Answers "what changed?" before anybody asks "why is it broken?"."""

    def __init__(self, cluster: Cluster, clock: Clock) -> None:
        self._cluster = cluster
        self._clock = clock

    @action(risk=Risk.READ, needs=rights(*READ), command="changes <service> [2h]")
    async def recent_changes(
        self, namespace: AnyNamespace = "", time_range: Span = "1h", name: AnyName = ""
    ) -> Evidence:
        """Show what was changed: rollouts, edits by hand and by whom, scaling, nodes; newest first.

        Args:
            namespace: Where to look; empty for all namespaces and the nodes.
            time_range: When, as 2h or 今天9:00-10:00.
            name: Only of the thing of this name, and of what is named after it.
        """
        span = parse_time_range(time_range, self._clock.now())
        gaps: list[str] = []
        kinds = [kind for kind in READ if kind.namespaced or not namespace]
        listings = await across(self._cluster, kinds, namespace, gaps, authors=True)
        read = {kind: listing.things for kind, listing in listings.items()}
        found = [
            *rollouts(read[DEPLOYMENT], read[REPLICA_SET]),
            *edits(tuple(thing for kind, things in read.items() if kind in EDITABLE for thing in things)),
            *happenings(read[EVENT]),
        ]
        within = sorted(
            (each for each in found if span.start <= each.at <= span.end and each.name.startswith(name)),
            key=lambda each: each.at,
            reverse=True,
        )
        if len(within) > MOST:
            gaps.append(
                told(f"{len(within) - MOST} older ones are not shown.", f"另有 {len(within) - MOST} 条较早的未显示。")
            )
        rows = tuple(self._row(each) for each in within[:MOST])
        where, where_zh = namespace or "the cluster", namespace or "集群"
        return Evidence(
            summary=told(
                f"{counted(len(within), 'change')} in {where} ({span})", f"{span} {where_zh} 中有 {len(within)} 次变更"
            )
            if within
            else told(f"Nothing was changed in {where} ({span})", f"{span} {where_zh} 中没有变更"),
            query="; ".join(call(path_of(kind, namespace if kind.namespaced else "")) for kind in read),
            table=Table(("when", "namespace", "kind", "name", "what", "by"), rows) if rows else None,
            facts={
                "changes": [fact(each) for each in within[:MOST]],
            },
            gaps=tuple(gaps),
        )

    def _row(self, each: Change) -> tuple[str, ...]:
        zone = self._clock.now().tzinfo
        return (
            each.at.astimezone(zone).strftime("%m-%d %H:%M"), each.namespace, each.kind, each.name, each.what, each.by,
        )  # fmt: skip
