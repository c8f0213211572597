"""Leave: shown, given or not, and the steps taken by it."""

from dataclasses import dataclass, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from bot.act.gate import Gate
from bot.domain.approval import Approval, ApprovalState, Refusal
from bot.domain.case import Case
from bot.domain.course import Course
from bot.domain.event import Finished, Granted
from bot.domain.message import Decision, Press
from bot.errors import BadInput
from bot.hall.calling import Calling
from bot.hall.editing import read_form
from bot.talk.cards.approval import approval_card
from bot.talk.cards.evidence import refusal_text
from bot.talk.cards.notice import notice_card
from bot.talk.cards.words import Words
from bot.talk.inbox import Inbox
from bot.talk.outbox import Outbox
from bot.talk.threads import our_thread
from bot.think.casebook import Casebook
from skills.clock import reader_in

UNSEEN = timedelta(seconds=10)
"""After so long what was asked for should be on its card, and what was allowed under way."""


@dataclass(frozen=True, slots=True)
class Approving:
    """One renderer for every state of an approval; what is decided is kept before it is done."""

    casebook: Casebook
    gate: Gate
    inbox: Inbox
    outbox: Outbox
    calling: Calling
    mirrors: tuple[str, ...] = ()
    """Places that show each request as well, as channel:place; a word there counts as one in its thread."""

    async def ask(self, approval: Approval, words: Words) -> None:
        """A new request: shown with its buttons; where leave was given beforehand, the work begins."""
        await self.show(approval, words)
        for old in await self.gate.superseded_by(approval):
            await self.show(old, words)
        if approval.state is ApprovalState.APPROVED:
            await self.inbox.hear(Granted(f"granted:{approval.id}", approval.thread, approval.id))

    async def settle(self, decision: Decision) -> Approval | None:
        """A click: counted, or told why not; the last word that is needed sets the work going. None: not counted."""
        settled = await self.gate.settle(decision)
        approval = settled.approval
        if not settled.counted:
            words = Words(decision.person.language)
            text = words(settled.key, **(settled.values or {}))
            await self.outbox.whisper(decision.thread, decision.person, notice_card(text, words, "warn"))
        if approval is None:
            return None
        if settled.counted:
            await self.show(approval, await self._words(approval))
        if approval.state is ApprovalState.APPROVED:
            await self.inbox.hear(Granted(f"granted:{approval.id}", approval.thread, approval.id))
        return approval if settled.counted else None

    async def edit(self, press: Press, case: Case | None) -> None:
        """Other arguments than those on the card: another request, and the old one is closed."""
        words = Words(press.person.language)
        old = await self.gate.approval(press.target)
        case = case or (await self.casebook.of_thread(old.thread) if old else None)
        try:
            changes = read_form(press.value)
        except BadInput as error:
            await self._whisper(press, words(error.key))
            return
        if case is None or old is None:
            await self._whisper(press, words("approval_unknown"))
            return
        mine = replace(case, thread=old.thread, asked_by=press.person)
        with reader_in(ZoneInfo(press.person.zone), case.language):
            asked = await self.gate.edit(press.target, changes, mine)
        if asked is None:
            await self._whisper(press, words("approval_same"))
        elif isinstance(asked, Refusal):
            await self._whisper(press, refusal_text(asked, words))
        else:
            await self.ask(asked, Words(case.language))

    async def _whisper(self, press: Press, text: str) -> None:
        words = Words(press.person.language)
        await self.outbox.whisper(press.thread, press.person, notice_card(text, words, "warn"))

    async def carry_out(self, granted: Granted) -> None:
        """Leave is given: take the steps, each once, and tell each."""
        approval = await self.gate.approval(granted.approval_id)
        if approval is None:
            return
        words = await self._words(approval)
        progress = await self.gate.courses(approval.id)

        async def watch(place: int, course: Course) -> None:
            progress[place] = course
            now = dict(progress)
            await self.outbox.live(_slot(approval), approval.thread, lambda: approval_card(approval, words, now))

        with reader_in(ZoneInfo(approval.requested_by.zone), words.language):
            done = await self.gate.carry_out(granted.approval_id, watch) or await self.gate.approval(approval.id)
        await self.show(done or approval, words)
        await self.calling.hand_over(done or approval, words)
        await self.inbox.hear(Finished(f"finished:{approval.id}", approval.thread, approval.id))

    async def expire(self) -> None:
        """Close the approvals that nobody answered in time, and say so on their cards; weigh what shadow mode left."""
        await self.gate.latitude.weigh()
        for gone in await self.gate.expire():
            await self.show(gone, await self._words(gone))

    async def resume(self) -> None:
        """What was asked for, or allowed, just before an end: its card is shown after all, and the work begins."""
        long_ago = self.gate.now() - UNSEEN
        for each in await self.gate.pending():
            if each.asked_at < long_ago and not await self.outbox.knows(_slot(each)):
                await self.show(each, await self._words(each))
        for each in await self.gate.allowed():
            if (each.settled_at or each.asked_at) < long_ago:  # heard already, it is not heard again
                await self.inbox.hear(Granted(f"granted:{each.id}", each.thread, each.id))

    async def show(self, approval: Approval, words: Words) -> None:
        """Its card, as it stands now: if another replica has gone on meanwhile, the card says so in the end."""
        shown: tuple[ApprovalState, int] | None = None
        while (stage := (approval.state, len(approval.votes))) != shown:
            await self._show(approval, words)
            shown, approval = stage, await self.gate.approval(approval.id) or approval

    async def _show(self, approval: Approval, words: Words) -> None:
        card = approval_card(approval, words, await self.gate.courses(approval.id))
        await self.outbox.show(_slot(approval), approval.thread, card)
        for mirror in () if self.outbox.mirrored(approval.thread) else self.mirrors:
            channel, _, place = mirror.partition(":")
            if (channel, place) != (approval.thread.channel, approval.thread.place):
                slot = f"{_slot(approval)}@{mirror}"[:400]
                await self.outbox.show(slot, our_thread(channel, place, slot), card)

    async def _words(self, approval: Approval) -> Words:
        """In the language of its thread."""
        case = await self.casebook.of_thread(approval.thread)
        return Words(case.language if case else approval.requested_by.language)


def _slot(approval: Approval) -> str:
    return f"approval:{approval.id}"
