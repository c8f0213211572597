"""Carries out an approval: each step taken once, checked, and the whole put back where it did not help."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import structlog

from bot.act.executor import Executor
from bot.act.store import ApprovalStore
from bot.act.undo import put_back, to_undo
from bot.act.verify import Pace, settled
from bot.domain.approval import Approval, ApprovalState, Refusal
from bot.domain.course import Course
from bot.errors import StoreDown
from skills import Catalogue, Evidence, Risk

WatchCourse = Callable[[int, Course], Awaitable[None]]
"""Told of each step whenever it has come further."""
LEASE = 10.0
"""Seconds after which another replica takes over from one that has fallen silent."""
log = structlog.get_logger()


class Carrying:
    """All that happens after leave is given. What is on disk tells where to go on after a crash."""

    def __init__(self, catalogue: Catalogue, executor: Executor, store: ApprovalStore, pace: Pace, holder: str) -> None:
        self._catalogue = catalogue
        self._executor = executor
        self._store = store
        self._pace = pace
        self._holder = holder

    async def carry_out(self, approval_id: str, watch: WatchCourse) -> Approval | None:
        """To its end, by one replica at a time. None: it is not approved, or another replica has ended it."""
        while await self._approved(approval_id):
            if await self._store.claim(approval_id, self._holder, self._pace.now(), LEASE):
                async with self._leased(approval_id):
                    found = await self._approved(approval_id)
                    return await self._all(*found, watch) if found else None
            await self._pace.sleep(self._pace.every)
        return None

    async def _approved(self, approval_id: str) -> tuple[Approval, int] | None:
        found = await self._store.load(approval_id)
        return found if found and found[0].state is ApprovalState.APPROVED else None

    async def _all(self, approval: Approval, version: int, watch: WatchCourse) -> Approval:
        courses = await self._store.courses(approval.id)
        for place in range(len(approval.steps)):
            courses[place] = await self._step(approval, place, courses.get(place, Course()), watch)
            if not courses[place].good:
                break
        last = courses[max(courses)]
        if last.good:
            state = ApprovalState.EXECUTED
        elif isinstance(last.outcome, Refusal):
            state = ApprovalState.FAILED
        else:
            state = await self._undo(approval, courses, watch)
        done = replace(approval, state=state)
        await self._store.replace(done, version)
        return done

    async def _step(self, approval: Approval, place: int, course: Course, watch: WatchCourse) -> Course:
        """One step from where it is to where it is checked."""
        if course.outcome is None:
            await self._store.begin(approval.id, place, self._pace.now())
            await watch(place, course)
            course = Course(await self._take(approval, place))
            if course.outcome is not None:
                await self._store.finish(approval.id, place, self._pace.now(), course.outcome)
            await watch(place, course)
        if isinstance(course.outcome, Evidence) and course.aftermath is None and self._changes(approval, place):
            course = await self._check(approval, place, course, watch)
        return course

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
        await self._store.settle(approval.id, place, after)
        await self._executor.note_check(approval, place, after)
        checked = replace(course, aftermath=after)
        await watch(place, checked)
        return checked

    async def _undo(self, approval: Approval, courses: dict[int, Course], watch: WatchCourse) -> ApprovalState:
        """The repair as a whole did not help: all of it is put back, the last step first."""
        changes = frozenset(place for place in range(len(approval.steps)) if self._changes(approval, place))
        for place in to_undo(courses, changes):
            courses[place] = put_back(courses[place], await self._executor.undo(approval, place))
            if after := courses[place].aftermath:
                await self._store.settle(approval.id, place, after)
            await watch(place, courses[place])
        told = [after for place in changes if place in courses and (after := courses[place].aftermath)]
        return ApprovalState.UNDONE if all(each.undone for each in told) else ApprovalState.FAILED

    def _changes(self, approval: Approval, place: int) -> bool:
        return self._catalogue[approval.steps[place].action].risk is not Risk.READ

    @asynccontextmanager
    async def _leased(self, approval_id: str) -> AsyncIterator[None]:
        """The claim, said again and again while the work goes on."""
        keeping = asyncio.create_task(self._keep(approval_id))
        try:
            yield
        finally:
            keeping.cancel()
            await self._store.release(approval_id, self._holder)

    async def _keep(self, approval_id: str) -> None:
        while True:
            await asyncio.sleep(LEASE / 4)
            try:
                await self._store.claim(approval_id, self._holder, self._pace.now(), LEASE)
            except StoreDown as error:
                log.warning("the store is down; the claim may lapse", approval=approval_id, why=str(error))
