"""What can be asked of a cluster."""

from typing import Any, cast

from skills.action import action
from skills.clock import Clock
from skills.errors import SkillError
from skills.evidence import JSON, Evidence, Table
from skills.kubernetes.across import across
from skills.kubernetes.cluster import Cluster, Listing, path_of, seen_at
from skills.kubernetes.history import CAUSE, revision_of, revisions, selector_of, what_changed
from skills.kubernetes.kinds import (
    DAEMON_SET,
    DEPLOYMENT,
    EVENT,
    HPA,
    JOB,
    NAMES_ONLY,
    NODE,
    POD,
    PVC,
    REPLICA_SET,
    STATEFUL_SET,
    kind_named,
    rights,
)
from skills.kubernetes.problems import problems_of
from skills.kubernetes.quantities import moment
from skills.kubernetes.rows import images, row, table
from skills.kubernetes.told import call, event_fact, event_line, left_out, pods_of
from skills.names import AnyName, AnyNamespace, Most, Name, Namespace, Span
from skills.risk import Risk
from skills.timerange import parse_time_range
from skills.words import counted, told

LOOKED_AT = (POD, DEPLOYMENT, STATEFUL_SET, DAEMON_SET, JOB, PVC, HPA)


class Reads:
    """Looks, and changes nothing."""

    def __init__(self, cluster: Cluster, clock: Clock) -> None:
        self._cluster = cluster
        self._clock = clock

    @action(risk=Risk.READ, needs=rights())
    async def list(
        self, kind: str, namespace: AnyNamespace = "", selector: str = "", full: bool = False, most: Most = 50
    ) -> Evidence:
        """List things of one kind with what matters of each: pods, deployments, nodes, hpa, pvc, jobs….

        Args:
            kind: The kind, as pod, deployment, statefulset, node, hpa, pvc, job, cronjob, service, event.
            namespace: Where to look; empty for all namespaces.
            selector: A label selector, as app=order-service.
            full: Give the whole objects as well, for a closer look.
            most: How many to show.
        """
        chosen = kind_named(kind)
        listing = await self._cluster.list(chosen, namespace if chosen.namespaced else "", selector=selector)
        shown = listing.things[:most]
        now = self._clock.now()
        where = f" in {namespace}" if namespace and chosen.namespaced else ""
        facts: dict[str, JSON] = {"count": len(listing.things), "rows": [dict(row(each, now)) for each in shown]}
        if full and chosen not in NAMES_ONLY:
            facts["objects"] = cast("JSON", list(shown))
        return Evidence(
            summary=told(
                f"{counted(len(listing.things), chosen.name.lower(), chosen.plural)}{where}",
                f"{namespace or '集群'} 中共 {len(listing.things)} 个 {chosen.name}",
            ),
            query=call(path_of(chosen, namespace), labelSelector=selector),
            table=table(chosen, shown, now),
            facts=facts,
            gaps=left_out(listing, len(shown)),
        )

    @action(risk=Risk.READ, needs=rights(), command="pods <service>")
    async def describe(self, kind: str, name: Name, namespace: AnyNamespace = "") -> Evidence:
        """Show one thing whole: its state, what is wrong with it, its pods and its events.

        Args:
            kind: The kind, as deployment.
            name: Its name.
            namespace: Its namespace; empty only for kinds that have none, as node.
        """
        chosen = kind_named(kind)
        thing = await self._cluster.get(chosen, namespace, name)
        thing.setdefault("kind", chosen.name)
        now = self._clock.now()
        gaps: list[str] = []
        parts = await pods_of(self._cluster, thing, gaps)
        try:
            happened = await self._cluster.events_of(thing, most=20)
        except SkillError as error:
            happened = ()
            gaps.append(str(error))
        wrong = [str(problem) for each in (thing, *parts) for problem in problems_of(each, now)]
        told_of = row(thing, now)
        if chosen in NAMES_ONLY:
            thing = {"metadata": thing["metadata"], "keys": sorted(thing.get("data") or {})}
        events = [event_line(event) for event in happened]
        state = ", ".join(
            f"{key} {value}" for key, value in told_of.items() if value and key not in {"name", "namespace"}
        )
        bad = counted(len(wrong), "problem")
        return Evidence(
            summary=told(
                f"{chosen.name} {name}{f' in {namespace}' if namespace else ''}: {state}; {bad if wrong else 'well'}",
                f"{f'{namespace} 中的 ' if namespace else ''}{chosen.name} {name}：{state}；"
                + (f"发现 {len(wrong)} 个问题" if wrong else "没有明显的问题"),
            ),
            query=call(path_of(chosen, namespace, name)),
            table=table(POD, parts, now) if parts else None,
            lines=(*wrong, *events),
            facts={
                "object": cast("JSON", thing),
                "problems": cast("JSON", wrong),
                "events": cast("JSON", events),
                "pods": [dict(row(each, now)) for each in parts],
            },
            gaps=tuple(gaps),
        )

    @action(risk=Risk.READ, needs=(*rights(EVENT), "events:watch"), command="events [namespace=…]")
    async def events(
        self, namespace: AnyNamespace = "", time_range: Span = "1h", name: AnyName = "", warnings_only: bool = True
    ) -> Evidence:
        """Show what happened in a namespace lately, newest first.

        Args:
            namespace: Where to look; empty for all namespaces.
            time_range: When, as 1h or 今天9:00-10:00.
            name: Only about the thing of this name.
            warnings_only: Leave out what is normal.
        """
        span = parse_time_range(time_range, self._clock.now())
        fields = [f"involvedObject.name={name}"] if name else []
        fields += ["type=Warning"] if warnings_only else []
        listing = await self._cluster.list(EVENT, namespace, fields=",".join(fields))
        within = []
        for event in sorted(listing.things, key=seen_at, reverse=True):
            at = moment(seen_at(event))
            if at and span.start <= at <= span.end:
                within.append(event)
        lines = tuple(event_line(event) for event in within[:100])
        gaps = left_out(Listing(tuple(within), listing.left_out), len(lines))
        return Evidence(
            summary=told(
                f"{counted(len(within), 'warning' if warnings_only else 'event')} ({span})",
                f"{span} 共 {len(within)} 条{'告警' if warnings_only else ''}事件",
            ),
            query=call(path_of(EVENT, namespace), fieldSelector=",".join(fields)),
            lines=lines,
            facts={"events": [event_fact(event) for event in within[:100]]},
            gaps=(*gaps, told("The cluster keeps events for about an hour.", "集群只保留大约一小时的事件。"))
            if span.seconds > 7200
            else gaps,
        )

    @action(risk=Risk.READ, needs=rights(*LOOKED_AT, NODE), command="problems [namespace=…]")
    async def problems(self, namespace: AnyNamespace = "") -> Evidence:
        """Find what is plainly wrong: crashing or pending pods, stuck rollouts, failed jobs, bad nodes.

        Args:
            namespace: Where to look; empty for all namespaces and the nodes.
        """
        now = self._clock.now()
        gaps: list[str] = []
        kinds = LOOKED_AT if namespace else (*LOOKED_AT, NODE)
        listings = (await across(self._cluster, kinds, namespace, gaps)).values()
        gaps += [gap for listing in listings for gap in left_out(listing, len(listing.things))]
        found = [problem for listing in listings for thing in listing.things for problem in problems_of(thing, now)]
        rows = tuple((each.kind, each.namespace, each.name, each.reason, each.detail) for each in found[:200])
        columns = ("kind", "namespace", "name", "reason", "detail")
        where, where_zh = namespace or "the cluster", namespace or "集群"
        return Evidence(
            summary=told(f"{counted(len(found), 'problem')} in {where}", f"{where_zh} 中发现 {len(found)} 个问题")
            if found
            else told(f"Nothing is plainly wrong in {where}", f"{where_zh} 中没有明显的问题"),
            query="; ".join(call(path_of(kind, namespace)) for kind in kinds),
            table=Table(columns, rows) if rows else None,
            facts={"problems": [dict(zip(columns, each, strict=True)) for each in rows]},
            gaps=tuple(gaps),
        )

    @action(risk=Risk.READ, needs=rights(DEPLOYMENT, REPLICA_SET), command="history <service>")
    async def rollout_history(self, namespace: Namespace, deployment: Name) -> Evidence:
        """Show the revisions of a deployment, when each began, and what it changed.

        Args:
            namespace: Where it is.
            deployment: Its name.
        """
        thing = await self._cluster.get(DEPLOYMENT, namespace, deployment)
        kept = await revisions(self._cluster, thing)
        now_at = revision_of(thing)
        rows, facts, before = [], [], None
        for each in kept:
            number, began = revision_of(each), each["metadata"].get("creationTimestamp", "")
            changed = what_changed(before, each) if before else ()
            state = "now" if number == now_at else ""
            cause = (each["metadata"].get("annotations") or {}).get(CAUSE, "")
            rows.append((str(number), began, images(each), state, "; ".join(changed)[:300] or cause))
            facts.append({"revision": number, "began": began, "image": images(each), "changed": [*changed]})
            before = each
        return Evidence(
            summary=told(
                f"{deployment} is at revision {now_at}; {len(kept)} are kept",
                f"{deployment} 当前是版本 {now_at}，保留了 {len(kept)} 个版本",
            ),
            query=call(path_of(REPLICA_SET, namespace), labelSelector=selector_of(thing)),
            table=Table(("revision", "began", "image", "state", "what changed"), tuple(rows)),
            facts={"now": now_at, "revisions": cast("JSON", facts)},
        )

    @action(risk=Risk.READ, needs=("pods/log:get", "pods:get"))
    async def pod_logs(
        self, namespace: Namespace, pod: Name, container: AnyName = "", previous: bool = False, most: Most = 100
    ) -> Evidence:
        """Read the last lines that a pod wrote, straight from the cluster.

        Args:
            namespace: Where it is.
            pod: Its name.
            container: Which container; empty for its first.
            previous: What it wrote before its last restart.
            most: How many lines.
        """
        thing = await self._cluster.get(POD, namespace, pod)
        chosen = container or thing["spec"]["containers"][0]["name"]
        params: dict[str, Any] = {"container": chosen, "tailLines": most, "limitBytes": 200_000, "timestamps": "true"}
        if previous:
            params["previous"] = "true"
        path = path_of(POD, namespace, pod, "log")
        lines = tuple((await self._cluster.read_text(path, params)).splitlines())
        return Evidence(
            summary=told(
                f"{counted(len(lines), 'line')} of {pod}/{chosen}" + (" before its restart" if previous else ""),
                f"{pod}/{chosen} {'重启前' if previous else ''}的 {len(lines)} 行日志",
            ),
            query=call(path, **params),
            lines=lines,
            facts={"lines": [*lines]},
        )
