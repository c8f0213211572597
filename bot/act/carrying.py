"""Carries out an approval: each step taken once, checked, and the whole put back where it did not help."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import count

import structlog

from bot.act.executor import Executor
from bot.act.repairs import Repair, Repairs
from bot.act.signs import Signs
from bot.act.store import ApprovalStore
from bot.act.undo import put_back, to_undo
from bot.act.unsure import cleared, insisted
from bot.act.verify import Pace, settled, well_again
from bot.domain.approval import Approval, ApprovalState, Refusal
from bot.domain.course import Course
from bot.errors import BadInput, StoreDown
from skills import Catalogue, Evidence, Risk

WatchCourse = Callable[[int, Course], Awaitable[None]]
"""Told of each step whenever it has come further."""
StillAllowed = Callable[[Approval, int, bool], Awaitable[Refusal | None]]
"""Asked just before a step is taken; the last: for the first time."""
LEASE = 10.0
"""Seconds after which another replica takes over from one that has fallen silent."""
log = structlog.get_logger()


class Carrying:
    """All that happens after leave is given. What is on disk tells where to go on after a crash."""

    def __init__(
        self,
        catalogue: Catalogue,
        executor: Executor,
        store: ApprovalStore,
        repairs: Repairs,
        still_allowed: StillAllowed,
        pace: Pace,
        holder: str,
        signs: Signs | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._executor = executor
        self._store = store
        self._repairs = repairs
        self._still_allowed = still_allowed
        self._pace = pace
        self._holder = holder
        self._signs = signs
        self._turns = count()

    async def carry_out(self, approval_id: str, watch: WatchCourse) -> Approval | None:
        """To its end, by one replica at a time. None: it is not approved, or another replica has ended it."""
        holder = f"{self._holder[:40]}/{next(self._turns)}"
        while found := await self._approved(approval_id):
            held = await self._claim_all((approval_id, *self._targets(found[0])), holder)
            if held:
                async with self._leased(held, holder):
                    found = await self._approved(approval_id)
                    return await self._all(*found, watch) if found else None
            await self._pace.sleep(self._pace.every)
        return None

    def _targets(self, approval: Approval) -> tuple[str, ...]:
        """What it changes: one repair at a time on each."""
        changed = {
            f"target:{self._catalogue[step.action].target(step.arguments)}"
            for place, step in enumerate(approval.steps)
            if self._changes(approval, place)
        }
        return tuple(sorted(each[:400] for each in changed))

    async def _claim_all(self, ids: tuple[str, ...], holder: str) -> tuple[str, ...]:
        """All of these, or none. In one order everywhere, so that two replicas do not wait for each other."""
        for place, what in enumerate(ids):
            if not await self._store.claim(what, holder, self._pace.now(), LEASE):
                for each in ids[:place]:
                    await self._store.release(each, holder)
                return ()
        return ids

    async def _approved(self, approval_id: str) -> tuple[Approval, int] | None:
        found = await self._store.load(approval_id)
        if found is None or found[0].state is not ApprovalState.APPROVED:
            return None
        approval = found[0]
        known = all(step.action in self._catalogue for step in approval.steps)
        if not known or any(vote.digest != approval.digest for vote in approval.votes if vote.granted):
            raise BadInput("error_approval_unreadable", id=approval_id)
        return found

    async def _all(self, approval: Approval, version: int, watch: WatchCourse) -> Approval:
        courses = await self._store.courses(approval.id)
        for place in range(len(approval.steps)):
            courses[place] = await self._step(approval, place, courses.get(place, Course()), watch)
            if not courses[place].good:
                break
        last = courses[max(courses)]
        if last.good:
            state = ApprovalState.EXECUTED
        elif isinstance(last.outcome, Refusal) or (last.aftermath and last.aftermath.unseen):
            state = ApprovalState.FAILED
        else:
            state = await self._undo(approval, courses, watch)
        done = replace(approval, state=state)
        await self._store.replace(done, version)
        return done

    async def _step(self, approval: Approval, place: int, course: Course, watch: WatchCourse) -> Course:
        """One step from where it is to where it is checked."""
        if course.outcome is None:
            course = await self._taken(approval, place, watch)
        if isinstance(course.outcome, Evidence) and course.aftermath is None and self._changes(approval, place):
            course = await self._check(approval, place, course, watch)
        return course

    async def _taken(self, approval: Approval, place: int, watch: WatchCourse) -> Course:
        """Taken now. Begun before and not known to be ended: what was done is seen by the change; what was not, is
        judged anew, for hours may have passed."""
        outcome: Evidence | Refusal | None = None
        first = await self._store.begin(approval.id, place, self._pace.now())
        if first or (self._changes(approval, place) and await self._executor.took(approval, place) is False):
            outcome = await self._still_allowed(approval, place, first)
        if outcome is None:
            await self._record(approval, place, "begun")
            await watch(place, Course())
            outcome = await self._take(approval, place)
            if isinstance(outcome, Refusal) and outcome.unsure:
                outcome = await self._cleared(approval, place, outcome, watch)
        if isinstance(outcome, Refusal):
            await self._record(approval, place, "refused")
        await self._store.finish(approval.id, place, self._pace.now(), outcome)
        await watch(place, Course(outcome))
        return Course(outcome)

    async def _cleared(self, approval: Approval, place: int, lost: Refusal, watch: WatchCourse) -> Evidence | Refusal:
        """No answer came: look whether it was done."""
        if not self._changes(approval, place):
            return lost
        return await cleared(
            lost,
            lambda: self._executor.took(approval, place),
            lambda: self._executor.change(approval, place),
            lambda why: watch(place, Course(checking=why)),
            self._pace.sleep,
        )

    async def _take(self, approval: Approval, place: int) -> Evidence | Refusal:
        step = approval.steps[place]
        if self._catalogue[step.action].risk is Risk.READ:
            return await self._executor.look(step, approval.requested_by, approval.thread)
        return await self._executor.change(approval, place)

    async def _check(self, approval: Approval, place: int, course: Course, watch: WatchCourse) -> Course:
        action = self._catalogue[approval.steps[place].action]

        async def tell(why: str) -> None:
            await watch(place, replace(course, checking=why))

        until = self._pace.now() + timedelta(seconds=action.settles_in)
        after = await settled(lambda: self._executor.verify(approval, place), until, self._pace, tell)
        last = max(each for each in range(len(approval.steps)) if self._changes(approval, each))
        if after.better and place == last and approval.signals and self._signs:
            after = await well_again(self._signs, approval.signals, after, self._pace, tell)
        await self._store.settle(approval.id, place, after)
        await self._executor.note_check(approval, place, after)
        if after.better or after.unseen:
            await self._record(approval, place, "verified" if after.better else "failed")
        checked = replace(course, aftermath=after)
        await watch(place, checked)
        return checked

    async def _undo(self, approval: Approval, courses: dict[int, Course], watch: WatchCourse) -> ApprovalState:
        """The repair as a whole did not help: all of it is put back, the last step first."""
        changes = frozenset(place for place in range(len(approval.steps)) if self._changes(approval, place))
        for place in to_undo(courses, changes):
            undone = await insisted(partial(self._executor.undo, approval, place), self._pace.sleep)
            courses[place] = put_back(courses[place], undone)
            if after := courses[place].aftermath:
                await self._store.settle(approval.id, place, after)
                if not after.better:
                    await self._record(approval, place, "undone" if after.undone else "failed")
            await watch(place, courses[place])
        told = [after for place in changes if place in courses and (after := courses[place].aftermath)]
        return ApprovalState.UNDONE if all(each.undone for each in told) else ApprovalState.FAILED

    def _changes(self, approval: Approval, place: int) -> bool:
        return self._catalogue[approval.steps[place].action].risk is not Risk.READ

    @asynccontextmanager
    async def _leased(self, ids: tuple[str, ...], holder: str) -> AsyncIterator[None]:
        """The claim, said again and again while the work goes on."""
        keeping = asyncio.create_task(self._keep(ids, holder))
        try:
            yield
        finally:
            keeping.cancel()
            for each in reversed(ids):
                await self._store.release(each, holder)

    async def _keep(self, ids: tuple[str, ...], holder: str) -> None:
        while True:
            await asyncio.sleep(LEASE / 4)
            try:
                for each in ids:
                    await self._store.claim(each, holder, self._pace.now(), LEASE)
            except StoreDown as error:
                log.warning("the store is down; the claim may lapse", approval=ids[0], why=str(error))

    async def _record(self, approval: Approval, place: int, result: str) -> None:
        """Into the record that the breaker, the budgets and earned leave read."""
        if not self._changes(approval, place):
            return
        step = approval.steps[place]
        target = self._catalogue[step.action].target(step.arguments)
        at = self._pace.now().timestamp()
        name, automatic = f"{approval.id}:{place}"[:80], bool(approval.automatic)
        done = (step.action, step.digest, approval.rule, automatic, result, at, approval.finding)
        await self._repairs.keep(Repair(name, str(target), target.namespace, *done))
