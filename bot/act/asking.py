"""Makes an approval of the steps of a plan, or says why there is none."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.act.autonomy import RECORD, Autonomy
from bot.act.breaker import Breaker, TooSoon, unmanaged
from bot.act.ledger import Ledger
from bot.act.ledger.waiting import Waiting
from bot.act.policy import Judgement, Policy
from bot.act.repairs import Repairs
from bot.act.rulebook import Rulebook
from bot.act.shadows import Shadows
from bot.act.signs import Signs
from bot.act.store import ApprovalStore
from bot.domain.approval import Approval, ApprovalState, Past, Refusal, Signal, Verdict
from bot.domain.case import Case
from bot.domain.message import Person
from bot.domain.plan import Plan, Step, digest_of
from bot.domain.record import AuditRecord
from skills import Catalogue, Risk, SkillError
from skills.change import Preview

HOUR = timedelta(hours=1)
GLASS = "glass"
SILENCES = "alertmanager."
MOST_PAST = 5


@dataclass(frozen=True, slots=True)
class Asking:
    """All that stands between a plan and its card."""

    catalogue: Catalogue
    policy: Policy
    store: ApprovalStore
    repairs: Repairs
    breaker: Breaker
    autonomy: Autonomy
    shadows: Shadows
    ledger: Ledger
    waiting: Waiting
    rulebook: Rulebook
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    signs: Signs | None = None

    def whole(self, step: Step) -> Step | Refusal:
        """The step with its full name and normalised arguments."""
        try:
            action, arguments = self.catalogue.resolve(step.action, step.arguments)
            return replace(step, action=action.name, arguments=arguments)
        except SkillError as error:
            return Refusal(step, error.key, error.values, str(error))

    def target(self, step: Step) -> str:
        """What it is about, as one string."""
        return str(self.catalogue[step.action].target(step.arguments))

    async def judge(self, step: Step, asked_by: Person, glass: bool | None = None) -> Judgement:
        """What the policy says of it now; `glass`: whether it is broken for this, where that is known."""
        action = self.catalogue[step.action]
        if glass is None:
            glass = action.risk is not Risk.READ and await self.glass(asked_by) != ""
        labels: Mapping[str, str] = {}
        if action.change and self.policy.reads_labels:
            try:
                labels = (await action.change.observe(step.arguments)).labels
            except SkillError as error:
                return Judgement(Verdict.REFUSE, key="refused_unseen", detail=str(error))
        judged = self.policy.judge(action, action.target(step.arguments), asked_by, self.now(), glass, labels)
        if action.risk is not Risk.READ:
            await self.rulebook.look()
        return judged

    async def glass(self, person: Person) -> str:
        """The reason for which this person has broken the glass; empty: it is whole, or was mended by time."""
        mark = await self.repairs.marked(f"{GLASS}:{person.key}")
        whole = mark is None or self.now().timestamp() - mark[0] > self.policy.glass.lasts.total_seconds()
        return "" if whole or mark is None or not self.policy.may_break_glass(person) else mark[1]

    async def refuse(self, step: Step, judgement: Judgement, who: Person, thread: str) -> Refusal:
        """Told to who asked, and written down."""
        values = {"action": step.action, "rule": judgement.rule or "-", "detail": judgement.detail}
        why = f"refused by the policy ({judgement.key}, rule: {judgement.rule or 'none fits'})"
        await self.note("refused", who.key, f"{step.action} {step.digest}", why, thread)
        return Refusal(step, judgement.key, values, why)

    async def ask(self, plan: Plan, steps: Sequence[Step], case: Case) -> Approval | Refusal:
        """One approval for these steps in this order, bound to what is live now; any that may not be refuses all."""
        whole: list[Step] = []
        judged: list[Judgement] = []
        for step in steps:
            each = self.whole(step)
            if isinstance(each, Refusal):
                return each
            judgement = await self.judge(each, case.asked_by)
            if judgement.verdict is Verdict.REFUSE:
                return await self.refuse(each, judgement, case.asked_by, case.thread.key)
            whole.append(each)
            judged.append(judgement)
        approval = self._drafted(plan, whole, judged, case)
        if isinstance(approval, Refusal):
            return approval
        glass, past = await self.glass(case.asked_by), await self._past(whole)
        looked = await self._look_ahead(replace(approval, glass=glass, past=past, finding=plan.finding))
        if isinstance(looked, Refusal):
            return looked
        looked = replace(looked, signals=await self._signals(looked, case))
        if stopped := await self._too_much(looked, judged) or await self._too_soon(looked):
            step, why = stopped
            await self.note("refused", case.asked_by.key, f"{step.action} {step.digest}", why.why, case.thread.key)
            return Refusal(step, why.key, why.values, why.why)
        ready = await self.autonomy.settled(looked, judged, self.catalogue, self.now(), self.policy.earning)
        await self.note("asked", case.asked_by.key, f"{ready.id} {ready.digest}", ready.title, case.thread.key)
        await self._supersede(ready)
        await self.store.add(ready)
        if ready.state is not ApprovalState.PENDING:
            await self.note(ready.state.value, "policy", ready.id, ready.automatic, case.thread.key, ready.digest)
        if ready.state is ApprovalState.SHADOW:
            await self.shadows.keep(ready, self.catalogue)
        if ready.glass:
            await self.note("glass", case.asked_by.key, ready.id, ready.glass, case.thread.key, ready.digest)
        return ready

    def _drafted(
        self, plan: Plan, steps: Sequence[Step], judged: Sequence[Judgement], case: Case
    ) -> Approval | Refusal:
        """With the strictest terms of all its steps: who approves it may approve each."""
        asking = [each for each in judged if each.verdict is Verdict.ASK]
        first = asking[0]
        approvers = tuple(role for role in first.approvers if all(role in each.approvers for each in asking))
        if not approvers:
            return Refusal(steps[0], "refused_no_common_approver", {}, "no role may approve all of these steps")
        strictest = max(asking, key=lambda each: each.quorum)
        now = self.now()
        return Approval(
            id=self.new_id(),
            thread=case.thread,
            steps=tuple(steps),
            requested_by=case.asked_by,
            asked_at=now,
            expires_at=now + min(each.expires for each in asking),
            plan_id=plan.id,
            title=plan.title,
            reason=plan.reason or plan.says,
            quorum=strictest.quorum,
            approvers=approvers,
            self_approval=all(each.self_approval for each in asking),
            rule=strictest.rule,
            typed=next((each.typed for each in asking if each.typed), ""),
        )

    async def _look_ahead(self, approval: Approval) -> Approval | Refusal:
        """With what is live now and what the cluster says would happen. A failing dry run is a refusal."""
        targets, previews, undos = [], [], []
        for step in approval.steps:
            action = self.catalogue[step.action]
            change = action.change
            undos.append(action.undo if change else None)
            try:
                targets.append(await change.observe(step.arguments) if change else None)
                previews.append(await change.preview(step.arguments) if change else None)
            except SkillError as error:
                return Refusal(step, error.key, error.values, str(error))
        return replace(approval, targets=tuple(targets), previews=tuple(previews), undos=tuple(undos))

    async def _signals(self, approval: Approval, case: Case) -> tuple[Signal, ...]:
        """What it is to end, where it is done for an incident; to silence alerts is meant to end nothing."""
        repairs = [step for step in approval.steps if self._changes(step) and not step.action.startswith(SILENCES)]
        if self.signs is None or not repairs:
            return ()
        return await self.signs.of(case.incident, (self.catalogue[s.action].target(s.arguments) for s in repairs))

    async def _past(self, steps: Sequence[Step]) -> tuple[Past, ...]:
        """How the same actions in the same namespaces ended before, those of the same targets first."""
        found: list[Past] = []
        for step in steps:
            if self._changes(step):
                target = self.catalogue[step.action].target(step.arguments)
                lately = await self.repairs.since(self.now() - RECORD, action=step.action)
                alike = [each for each in lately if each.ended and each.namespace == target.namespace]
                first = [each for each in alike if each.target == str(target)]
                others = [each for each in alike if each.target != str(target)]
                found += [Past(datetime.fromtimestamp(e.at, UTC), e.target, e.result) for e in (*first, *others)]
        return tuple(dict.fromkeys(found))[:MOST_PAST]

    async def _too_much(self, approval: Approval, judged: Sequence[Judgement]) -> tuple[Step, TooSoon] | None:
        """What goes past the limits of its rule: in one step, or within an hour."""
        before: Counter[str] = Counter()
        for step, judgement, preview in zip(approval.steps, judged, approval.previews, strict=True):
            if over := judgement.limits.exceeded(preview or Preview()):
                name, found, most = over
                return step, TooSoon(f"refused_limit_{name}", {"found": f"{found:g}", "most": f"{most:g}"})
            if late := await self.spent(judgement, before[judgement.rule]):
                return step, late
            before[judgement.rule] += self._changes(step)
        return None

    async def spent(self, judgement: Judgement, before: int = 0) -> TooSoon | None:
        """Whether its rule has let enough be done within an hour; `before`: by earlier steps of the same plan."""
        most = judgement.limits.per_hour
        if most is None:
            return None
        if len(await self.repairs.since(self.now() - HOUR, rule=judgement.rule)) + before >= most:
            return TooSoon("refused_limit_hour", {"rule": judgement.rule, "most": most})
        return None

    async def _too_soon(self, approval: Approval) -> tuple[Step, TooSoon] | None:
        """What is being done already, or was done too lately, or keeps failing."""
        open_ = await self.store.in_state(ApprovalState.PENDING, ApprovalState.APPROVED)
        mine = {step.digest for step in approval.steps if self._changes(step)}
        by_itself = approval.requested_by.channel == "bot"
        for step, preview in zip(approval.steps, approval.previews, strict=True):
            if not self._changes(step):
                continue
            target = self.target(step)
            for other in open_:
                if other.state is ApprovalState.APPROVED and target in self.targets(other):
                    return step, TooSoon("refused_busy", {"target": target, "title": other.title})
                if mine == {each.digest for each in other.steps if self._changes(each)} and self._live(other):
                    return step, TooSoon("refused_duplicate", {"title": other.title or target})
            late = await self.breaker.why_not(
                target, step, approval.finding, by_itself, self.now(), self.policy.breaker
            )
            if late := late or (unmanaged(preview) if by_itself else None):
                return step, late
        return None

    async def _supersede(self, approval: Approval) -> None:
        """A newer plan of the same thread for the same things takes the place of the older."""
        mine = self.targets(approval)
        for other in await self.store.in_state(ApprovalState.PENDING, thread=approval.thread.key):
            if other.id != approval.id and mine & self.targets(other):
                await self.supersede(other.id, approval.id)

    async def supersede(self, old: str, new: str) -> Approval | None:
        """Close a pending one because another takes its place."""
        found = await self.store.load(old)
        if found is None or found[0].state is not ApprovalState.PENDING:
            return None
        gone = replace(found[0], state=ApprovalState.SUPERSEDED, settled_at=self.now())
        if not await self.store.replace(gone, found[1]):
            return None
        await self.note("superseded", "bot", old, f"by {new}", gone.thread.key, gone.digest)
        return gone

    def targets(self, approval: Approval) -> set[str]:
        """All that it changes; what was altered where it is kept stands in nobody's way."""
        found = set()
        for step in approval.steps:
            if self._changes(step):
                with suppress(SkillError):
                    found.add(self.target(step))
        return found

    def _changes(self, step: Step) -> bool:
        return step.action in self.catalogue and self.catalogue[step.action].risk is not Risk.READ

    def _live(self, other: Approval) -> bool:
        return other.state is ApprovalState.APPROVED or other.expires_at > self.now()

    async def thought(self, plan: Plan, case: Case) -> None:
        """Into the ledger: which brain answered whom, asked with which words, at what cost."""
        facts = {
            "prompts": plan.prompts,
            "asked": digest_of(plan.asked)[:16],
            "plan": plan.id,
            "tokens": plan.usage.tokens,
            "cost": plan.usage.cost,
            "currency": plan.usage.currency,
            "seconds": plan.usage.seconds,
        }
        outcome = ", ".join(step.action for step in plan.steps) or plan.problem[:300] or "answered"
        await self.waiting.append(
            AuditRecord(self.now(), case.asked_by.key, "brain", plan.brain, outcome, "", case.thread.key, facts)
        )

    async def note(self, did: str, who: str, to: str, outcome: str, thread: str, leave: str = "") -> None:
        """Into the ledger."""
        await self.ledger.append(AuditRecord(self.now(), who, did, to, outcome, leave, thread))


def values_of(approval: Approval) -> dict[str, Any]:
    """Who was first, for the one who was not."""
    if not approval.votes:
        return {}
    vote = approval.votes[-1]
    return {"who": vote.person.name, "at": vote.at.isoformat()}
