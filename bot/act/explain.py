"""Says what the policy would make of a request, in plain English, and by which rule."""

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.act.policy import Judgement, Policy
from bot.domain.approval import Verdict
from bot.domain.message import Person
from bot.errors import BadInput
from skills import Action, Catalogue, Clock, SkillError, discover
from skills.change import Target


def explained(request: str, policy: Policy, skills: Sequence[str], now: datetime | None = None) -> list[str]:
    """One line for each thing worth knowing. Raises BadInput for what cannot be read.

    After the target may stand its labels, as tier=critical, where rules go by them.
    """
    parts = request.split()
    labels = dict(part.split("=", 1) for part in parts[3:] if "=" in part)
    if len(parts) < 3 or len(labels) != len(parts) - 3:
        raise BadInput("", why='write WHO ACTION TARGET, as "web::asker kubernetes.rollout_restart shop/Deployment/x"')
    who, action, target = _person(parts[0]), _action(parts[1], discover(tuple(skills), Clock(), {})), _target(parts[2])
    judged = policy.judge(action, target, who, now or datetime.now(UTC), labels=labels)
    roles = ", ".join(sorted(policy.roles(who))) or "none"
    if policy.reads_labels and not labels:
        target_told = f"{target} (no labels given: add them as NAME=VALUE)"
    else:
        target_told = str(target)
    head = [f"who     {who.key} (roles: {roles})", f"what    {action.name} (risk {action.risk.name}) on {target_told}"]
    return [*head, f"rule    {judged.rule or 'none fits'}", *_verdict(judged)]


def _verdict(judged: Judgement) -> list[str]:
    match judged.verdict:
        case Verdict.REFUSE:
            return [f"verdict refused: {judged.key}" + (f" ({judged.detail})" if judged.detail else "")]
        case Verdict.RUN:
            return ["verdict it runs at once"]
        case Verdict.ASK:
            own = "who asked counts as well" if judged.self_approval else "never who asked"
            who = ", ".join(judged.approvers)
            lines = [
                f"verdict leave is asked for: {judged.quorum} of {who}, {own}; open for {judged.expires}",
                "limits  " + (judged.limits.model_dump_json(exclude_none=True) or "none"),
            ]
            if judged.shadow:
                lines.append("shadow  nothing is done in this namespace; the plan is written down")
            if entry := judged.automatic:
                earned = "once its record has earned it, " if entry.earned else ""
                lines.append(f"alone   {earned}DutyBot does it without asking, {entry.per_hour} an hour ({entry.name})")
            return lines


def _person(text: str) -> Person:
    channel, _, rest = text.partition(":")
    workspace, _, name = rest.rpartition(":")
    if not name:
        raise BadInput("", why=f"{text!r} is nobody; write channel:workspace:id, as slack:T01:U024BE7LH or web::asker")
    return Person(name, name, channel, workspace)


def _action(name: str, catalogue: Catalogue) -> Action:
    try:
        return catalogue.find(name)
    except SkillError as error:
        raise BadInput(error.key, **error.values) from error


def _target(text: str) -> Target:
    parts = text.split("/")
    if len(parts) == 2:
        return Target(parts[0], parts[1])
    if len(parts) == 3:
        return Target(parts[1], parts[2], parts[0])
    raise BadInput("", why=f"{text!r} is no target; write namespace/Kind/name, as shop/Deployment/order-service")
