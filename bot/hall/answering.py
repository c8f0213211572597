"""A question, from the first thought to the answer, or to where a person must decide."""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

import structlog

from bot.act.gate import Gate
from bot.domain.approval import Approval, Refusal
from bot.domain.case import Case
from bot.domain.message import Press
from bot.domain.plan import Plan
from bot.domain.thought import Activity, Began, Thought
from bot.errors import BotError, BrainError, Declined, StoreDown
from bot.hall.approving import Approving
from bot.hall.explaining import Explaining
from bot.hall.filling import filled_in
from bot.talk.cards.answer import Answer
from bot.talk.cards.approval import brief
from bot.talk.cards.evidence import worded
from bot.talk.cards.notice import notice_card
from bot.talk.cards.words import Words
from bot.talk.outbox import Outbox
from bot.think.analyst import Analyst
from bot.think.casebook import Casebook
from bot.think.diagnosis.reworded import added
from skills import Evidence
from skills.clock import reader_in

SUGGEST_SECONDS = 20.0
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Answering:
    """Thinks and acts in rounds, and shows both as they go. Never waits for a person."""

    casebook: Casebook
    analyst: Analyst
    gate: Gate
    outbox: Outbox
    approving: Approving
    explaining: Explaining
    most_rounds: int
    under_way: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    """What is being answered now, by the id of the answer: so that it can be stopped."""
    errands: set[asyncio.Task[None]] = field(default_factory=set)
    """What may still be added to answers that are given."""

    async def answer(self, answer_id: str, case: Case, quoted: str = "") -> None:
        """Answer the question of the case; `quoted`: it was asked by a button, so the answer repeats it."""
        slot = f"answer:{answer_id}"
        with reader_in(ZoneInfo(case.asked_by.zone), case.language), self.analyst.with_rights_of(case):
            answer = Answer(answer_id, Words(case.language), quoted=quoted, zone=case.asked_by.zone)
            task = asyncio.ensure_future(self._rounds(slot, answer, case))
        self.under_way[answer_id] = task
        try:
            await asyncio.wait([task])
        finally:
            self.under_way.pop(answer_id, None)
            if not task.done():
                task.cancel()
        if task.cancelled():
            words = Words(case.language)
            await self.outbox.show(slot, case.thread, notice_card(words("stopped"), words))
            await self.gate.thought(self.analyst.unanswered(case, "stopped"), case)
            begun = await self.casebook.of_thread(case.thread)
            await self.casebook.keep(replace(case, conversation=begun.conversation if begun else case.conversation))
        else:
            task.result()

    async def fill(self, press: Press) -> None:
        """What the brain waited for was filled in on its card: it goes on, in the language that it was asked in."""
        asked, filled = filled_in(press)
        before = await self.casebook.of_thread(press.thread)
        case = await self.casebook.of_message(asked)
        language = before.language if before else press.person.language
        quoted = f"{press.person.name}: {' · '.join(asked.text.splitlines())}"
        await self.answer(press.key, replace(case, filled=filled, language=language), quoted)

    async def rate(self, press: Press, up: bool) -> None:
        """A thumb is written down here in any case; whoever gave it hears where the brain did not hear of it."""
        case = await self.casebook.of_thread(press.thread)
        if case is None:
            return
        await self.gate.note(press.person, f"rated {'up' if up else 'down'}", press.target)
        try:
            await self.analyst.rate(case, up, press.value)
        except BrainError as error:
            words = Words(press.person.language)
            told = words("rated_here", why=words.of_error(error.key, error.values, str(error)))
            await self.outbox.whisper(press.thread, press.person, notice_card(told, words, "ok"))

    def stop(self, answer_id: str) -> bool:
        """Stop an answer that is under way; False if it is not."""
        task = self.under_way.get(answer_id)
        return task.cancel() if task else False

    async def _rounds(self, slot: str, answer: Answer, case: Case) -> None:
        waiting = tuple(each.title for each in await self.gate.pending(case.thread.key))
        asked: Approval | None = None
        answer, case = await self._explained(slot, answer, case)
        for number in range(self.most_rounds):
            answer, case, plan = await self._think(slot, answer, case, waiting)
            if plan is None:
                break
            case = replace(case, conversation=plan.conversation or case.conversation)
            if plan.problem and not plan.steps:
                answer = replace(answer, error=answer.words("plan_left_out", why=plan.problem))
            if not plan.steps:
                break
            answer, case, asked = await self._act(slot, answer, case, plan, number)
            if asked:
                break
        else:
            answer = replace(answer, text=answer.words("too_many_rounds", rounds=self.most_rounds))
        await self._finish(slot, answer, case, asked)

    async def _explained(self, slot: str, answer: Answer, case: Case) -> tuple[Answer, Case]:
        """With the diagnosis, where the question asks for a cause: a brain words it, and never needs to find it."""
        if not self.explaining.asks(case):
            return answer, case
        label = answer.words("task_diagnose")
        answer = answer.took("diagnosis", label, None)
        await self.outbox.live(slot, case.thread, answer.card)
        report = await self.explaining.explain(case)
        return answer.explained(label, report), replace(case, report=report.markdown)

    async def _think(
        self, slot: str, answer: Answer, case: Case, waiting: tuple[str, ...]
    ) -> tuple[Answer, Case, Plan | None]:
        """One round of the brain, shown as it goes; no plan: it failed, and the answer says why."""
        answer = replace(answer, text="", plan=None)
        await self.outbox.live(slot, case.thread, answer.card)
        try:
            async with aclosing(self.analyst.think(case, waiting)) as thoughts:
                async for thought in thoughts:
                    answer = answer.heard(thought)
                    if isinstance(thought, Began) and thought.conversation != case.conversation:
                        case = replace(case, conversation=thought.conversation)
                        await self.casebook.keep(case)  # an answer that breaks must not lose the conversation
                    await self._written_down(thought, case)
                    await self.outbox.live(slot, case.thread, answer.card)
                    if isinstance(thought, Plan):
                        return answer, case, thought
        except StoreDown:
            raise
        except BotError as error:
            if isinstance(error, Declined):
                await self.gate.thought(self.analyst.unanswered(case, error.key), case)
            return replace(answer, error=answer.words.of_error(error.key, error.values, str(error))), case, None
        return answer, case, Plan(answer.text)

    async def _written_down(self, thought: Thought, case: Case) -> None:
        """Every call of a brain is in the ledger: what it was asked by which prompts, also where no answer came."""
        match thought:
            case Plan() if thought.prompts or thought.asked:
                await self.gate.thought(thought, case)
            case Activity(id, name, "failed", why) if id == f"brain-{name}":
                await self.gate.thought(self.analyst.unanswered(case, why, name), case)

    async def _act(
        self, slot: str, answer: Answer, case: Case, plan: Plan, number: int
    ) -> tuple[Answer, Case, Approval | None]:
        """The steps of one plan, through the gate, shown as they go."""
        shown = answer

        async def watch(place: int, outcome: Evidence | Refusal | None) -> None:
            nonlocal shown
            shown = shown.took(f"{number}.{place}", brief(plan.steps[place], shown.words), outcome)
            await self.outbox.live(slot, case.thread, shown.card)

        taken = await self.gate.take(plan, case, watch)
        if taken.seen and isinstance(taken.seen[-1], Refusal) and taken.seen[-1] not in shown.seen:
            await watch(len(taken.seen) - 1, taken.seen[-1])
        return shown, case.learned(*(worded(each, answer.words) for each in taken.seen)), taken.asked

    async def _finish(self, slot: str, answer: Answer, case: Case, asked: Approval | None) -> None:
        """Keep the answer and the case; then, if leave is needed, ask for it."""
        done = replace(answer, done=True, unfounded=unfounded(answer, case))
        if self.gate.unwritten and not done.error:
            done = replace(done, error=answer.words("ledger_waits"))
        await self.outbox.show(slot, case.thread, done.card())
        if asked:
            await self.approving.ask(asked, answer.words)
        await self.casebook.keep(case.said("DutyBot", done.text or done.error))
        if not asked and not done.error:
            errand = asyncio.create_task(self._suggest(slot, done, case))
            self.errands.add(errand)
            errand.add_done_callback(self.errands.discard)

    async def _suggest(self, slot: str, done: Answer, case: Case) -> None:
        """What one may ask next, added when the brain has thought of it: nobody waits for that."""
        try:
            async with asyncio.timeout(SUGGEST_SECONDS):
                suggested = await self.analyst.suggest(case)
            if suggested:
                await self.outbox.show(slot, case.thread, replace(done, suggested=suggested).card())
        except (TimeoutError, BotError) as error:
            log.info("nothing is suggested", why=str(error) or type(error).__name__)

    async def close(self) -> None:
        """Leave what was not yet added."""
        for errand in self.errands:
            errand.cancel()
        await asyncio.gather(*self.errands, return_exceptions=True)


def unfounded(answer: Answer, case: Case) -> tuple[str, ...]:
    """A brain may reword a diagnosis, and add nothing to it: what it added is told beside its words."""
    if answer.report is None or not answer.text:
        return ()
    evidence = [answer.report.markdown, answer.report.headline, case.question, *(turn.said for turn in case.turns[:-1])]
    return added(answer.text, [*evidence, *map(repr, case.seen)])
