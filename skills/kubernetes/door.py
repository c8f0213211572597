"""One simple door onto the changes that can be put back: what is to be done, and to what."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, cast

from skills.action import Action, action, actions_of
from skills.change import Change, Deed, StandIn
from skills.errors import BadArguments
from skills.kubernetes.batch import Batch
from skills.kubernetes.nodes import Nodes
from skills.kubernetes.workloads import Workloads
from skills.risk import Risk

Simple = Literal[
    "restart",
    "restart_pod",
    "rollout_restart",
    "scale_deployment",
    "scale_statefulset",
    "rollback_deployment",
    "set_image",
    "cordon",
    "uncordon",
    "suspend_cronjob",
    "resume_cronjob",
]
_NAMES = {
    "restart_pod": "pod",
    "rollout_restart": "name",
    "scale_deployment": "deployment",
    "scale_statefulset": "statefulset",
    "rollback_deployment": "deployment",
    "set_image": "name",
    "suspend_cronjob": "cronjob",
    "resume_cronjob": "cronjob",
}
_VALUES = {
    "scale_deployment": "replicas",
    "scale_statefulset": "replicas",
    "rollback_deployment": "revision",
    "set_image": "image",
}


def _needs(*methods: Callable[..., Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(right for method in methods for right in cast("Any", method).terms.needs))


class Door:
    """Validates, and hands on to the action that is meant."""

    def __init__(self, *parts: object, default_namespace: str) -> None:
        self._actions: dict[str, Action] = {}
        for part in parts:
            self._actions |= actions_of("kubernetes", part)
        self._default_namespace = default_namespace

    @action(
        risk=Risk.CHANGE,
        needs=_needs(
            Workloads.restart_pod,
            Workloads.rollout_restart,
            Workloads.scale_deployment,
            Workloads.scale_statefulset,
            Workloads.rollback_deployment,
            Workloads.set_image,
            Nodes.cordon,
            Nodes.uncordon,
            Batch.suspend_cronjob,
            Batch.resume_cronjob,
        ),
        undo="as the action that is meant",
        verify="as the action that is meant",
        settles_in=600,
    )
    def execute_k8s_action(self, action: Simple, target: str, value: str = "") -> Deed:
        """Do one change that can be put back; the action that is meant is shown and judged in its stead.

        Args:
            action: What to do.
            target: To what, as namespace/name; a node's name alone.
            value: The number of replicas, the revision, or the image, where it needs one.
        """
        name = "rollout_restart" if action == "restart" else action
        meant = self._actions[f"kubernetes.{name}"]
        arguments = meant.normalise(self._arguments(name, target, value))
        return StandIn(meant.name, arguments, cast("Change", meant.change).make(arguments))

    def _arguments(self, name: str, target: str, value: str) -> Mapping[str, Any]:
        if name in {"cordon", "uncordon"}:
            return {"node": target}
        namespace, _, thing = target.rpartition("/")
        if "/" in namespace:
            raise BadArguments("bad_target", target=target[:80])
        given = {"namespace": namespace or self._default_namespace, _NAMES[name]: thing}
        if value:
            if name not in _VALUES:
                raise BadArguments("no_value_taken", action=name)
            given[_VALUES[name]] = value
        return given
