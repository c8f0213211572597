"""Asked once more just before a step is taken: rules, roles, budgets and the target may have changed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.act.asking import Asking
from bot.act.breaker import TooSoon
from bot.act.policy import Judgement
from bot.domain.approval import Approval, Refusal, Verdict
from bot.domain.plan import Step
from skills import Risk, SkillError

LASTS = timedelta(hours=1)
"""Leave that nobody has acted on for so long, because we were down, is asked for again."""


@dataclass(frozen=True, slots=True)
class Rechecking:
    """With the same rules and records as when it was asked for."""

    asking: Asking
    now: Callable[[], datetime]

    async def why_not(self, approval: Approval, place: int, first: bool) -> Refusal | None:
        """Why a step is not to be taken after all; None: it may be. `first`: it was not begun before."""
        step = approval.steps[place]
        if self.asking.catalogue[step.action].risk is Risk.READ:
            return None
        who, thread = approval.requested_by, approval.thread.key
        judgement = await self.asking.judge(step, who, bool(approval.glass))
        if key := await self._withdrawn(approval, place, judgement, first):
            return await self.asking.refuse(step, replace(judgement, key=key), who, thread)
        if over := await self._grown(step, judgement):
            return over
        if not first:
            return None  # it stands in the record already: it would be in its own way
        late = await self.asking.spent(judgement) or await self.asking.breaker.why_not(
            self.asking.target(step), step, approval.finding, False, self.now(), self.asking.policy.breaker
        )
        return Refusal(step, late.key, late.values, late.why) if late else None

    async def _withdrawn(self, approval: Approval, place: int, judgement: Judgement, first: bool) -> str:
        """Wording key of why the leave that was given does not count now; empty: it does."""
        if judgement.verdict is Verdict.REFUSE:
            return judgement.key
        if judgement.shadow:
            return "refused_shadow"
        if place == 0 and first and approval.settled_at and self.now() - approval.settled_at > LASTS:
            return "refused_leave_old"
        if approval.automatic:
            return await self._unearned(approval, place, judgement, first)
        who = approval.requested_by
        votes = {vote.person.key: vote for vote in approval.votes if vote.granted}
        own = {who.key} if not judgement.self_approval else set()
        able = [v for key, v in votes.items() if key not in own and v.digest == approval.digest]
        granted = sum(self.asking.policy.may_approve(vote.person, judgement.approvers) for vote in able)
        return "refused_leave_gone" if granted < judgement.quorum else ""

    async def _unearned(self, approval: Approval, place: int, judgement: Judgement, first: bool) -> str:
        """What nobody was asked about, asked by the policy, the record and the budget as they are now."""
        autonomy, asking = self.asking.autonomy, self.asking
        if judgement.automatic and first and await autonomy.spent(judgement.automatic, self.now()):
            return "refused_budget"
        step, bar = approval.steps[place], asking.policy.earning
        leave = await autonomy.leave(approval, step, judgement, asking.catalogue, self.now(), bar)
        return "" if leave else "refused_leave_gone"

    async def _grown(self, step: Step, judgement: Judgement) -> Refusal | None:
        """What it would hit now, measured again: more than its rule allows is not done, whatever the card showed."""
        change, limits = self.asking.catalogue[step.action].change, judgement.limits
        if change is None or not limits.measured:
            return None
        try:
            over = limits.exceeded(await change.preview(step.arguments))
        except SkillError as error:
            return Refusal(step, error.key, error.values, str(error))
        if over is None:
            return None
        name, found, most = over
        late = TooSoon(f"refused_limit_{name}", {"found": f"{found:g}", "most": f"{most:g}"})
        return Refusal(step, late.key, late.values, late.why)
