"""The card of an approval tells how it stands in the end, whoever shows it last."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from bot.domain.approval import Approval, ApprovalState, Vote
from bot.domain.message import Person, Thread
from bot.domain.plan import Step
from bot.hall.approving import Approving
from bot.talk.cards.words import Words

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LIN, CHEN = Person("lin", "Lin"), Person("chen", "Chen")
STEP = Step("kubernetes.rollout_restart", {"name": "web", "namespace": "shop"})
ALLOWED = replace(
    Approval("a1", Thread("web", "t1"), (STEP,), LIN, NOW, NOW + timedelta(hours=1)),
    state=ApprovalState.APPROVED,
    votes=(Vote(CHEN, True, NOW),),
)


@dataclass
class Gate:
    """What is kept: other replicas change it meanwhile."""

    kept: Approval

    async def approval(self, _):
        return self.kept

    async def courses(self, _):
        return {}


@dataclass
class Outbox:
    """Slow: while a card is kept, others go on."""

    gate: Gate
    meanwhile: list
    titles: list = field(default_factory=list)

    async def show(self, slot, thread, card):
        self.titles.append(card.title)
        if self.meanwhile:
            self.gate.kept = replace(self.gate.kept, state=self.meanwhile.pop(0))

    def mirrored(self, thread):
        return False


async def shown(*meanwhile):
    gate = Gate(ALLOWED)
    outbox = Outbox(gate, list(meanwhile))
    await Approving(None, gate, None, outbox, None).show(ALLOWED, Words("en"))
    return outbox.titles


async def test_it_is_shown_once_where_nothing_changes():
    assert len(await shown()) == 1


async def test_what_another_replica_did_meanwhile_has_the_last_word():
    titles = await shown(ApprovalState.EXECUTED)
    assert len(titles) == 2
    assert titles[0].startswith("Approved")
    assert titles[-1].startswith("Done")
