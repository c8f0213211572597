"""Calls people: where a repair did not help, where repairs are paused, and where somebody broke the glass."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.act.gate import Gate
from bot.domain.approval import Approval, ApprovalState, Refusal
from bot.domain.card import Card, plain
from bot.domain.message import Thread
from bot.talk.cards.approval import called
from bot.talk.cards.evidence import refusal_text
from bot.talk.cards.notice import notice_card
from bot.talk.cards.words import Words
from bot.talk.channels import Channel, Peopled
from bot.talk.outbox import Outbox

AT_A_LOSS = frozenset({ApprovalState.UNDONE, ApprovalState.FAILED})


@dataclass(frozen=True, slots=True)
class Calling:
    """In the thread for everybody, and to each approver."""

    gate: Gate
    outbox: Outbox
    channels: Mapping[str, Channel] = field(default_factory=dict)

    async def hand_over(self, approval: Approval, words: Words) -> None:
        """What did not help is a person's now; where repairs are paused, each approver is told."""
        if approval.state not in AT_A_LOSS:
            return
        slot = f"handed:{approval.id}"
        if await self.outbox.knows(slot):
            return
        paused = await self.gate.latitude.paused(approval)
        told = words(f"handed_over_{approval.state.value}", title=plain(approval.title or approval.steps[0].action))
        if paused:
            told += "\n\n" + words.of_error(paused.key, paused.values, paused.why)
        card = notice_card(told, words, "crit")
        await self.outbox.show(slot, approval.thread, card)
        if paused:
            await self.all_approvers(card)

    async def tell_refused(self, refused: Refusal, thread: Thread, slot: str, words: Words) -> None:
        """Why we do not repair by ourselves; where repairs are paused, each approver is told."""
        known = await self.outbox.knows(slot)
        pausing = refused.key.startswith("breaker_open")
        text = words("step_about", step=called(refused.step, words), about=refusal_text(refused, words))
        card = notice_card(words("not_repaired", why=plain(text)), words, "crit" if pausing else "warn")
        await self.outbox.show(slot, thread, card)
        if pausing and not known:
            await self.all_approvers(card)

    async def all_approvers(self, card: Card) -> None:
        """A word to each in private: whom the policy names, and who is one by a group or department of a platform."""
        people = list(self.gate.latitude.approvers())
        for channel in self.channels.values():
            if isinstance(channel, Peopled):
                people += await channel.members(self.gate.latitude.approving)
        once = {(person.channel, person.id): person for person in reversed(people)}
        told = (self.outbox.whisper(Thread(p.channel, "", "", p.workspace), p, card) for p in once.values())
        await asyncio.gather(*told)
