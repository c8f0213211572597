"""Briefings for brains to read, and a small skill with one look and one change."""

from datetime import UTC, datetime

from bot.domain.briefing import Briefing
from bot.domain.case import Case
from bot.domain.message import Person, Thread
from skills import Evidence, Risk, action
from skills.action import actions_of

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ASKER = Person("U1", "Lin", "slack", "T1", zone="Asia/Shanghai")
THREAD = Thread("slack", "171.5", "C1", "T1")


class RestartDeed:
    """Restarts nothing: brains only name it."""


class Shop:
    """What the fixtures' plans name."""

    @action(risk=Risk.READ)
    async def query_prometheus(self, promql: str, time_range: str = "1h") -> Evidence:
        """Run PromQL.

        Args:
            promql: The query.
            time_range: How far back.
        """
        return Evidence(f"1 series for {promql}", promql)

    @action(risk=Risk.CHANGE, needs=("apps/deployments:patch",), verify="pods become ready")
    def rollout_restart(self, namespace: str, name: str, kind: str = "Deployment"):
        """Restart a workload, pod by pod.

        Args:
            namespace: Where it is.
            name: Its name.
            kind: What it is.
        """
        return RestartDeed()


ACTIONS = tuple(actions_of("kubernetes", Shop()).values())


def briefing(question="hello", **case):
    return Briefing(Case("case-1", THREAD, ASKER, question, **case), NOW, actions=ACTIONS)
