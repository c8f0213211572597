"""The header card of an incident tells how it stands in the end, whoever shows it last."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from bot.domain.alert import Alert
from bot.domain.incident import Incident, IncidentState
from bot.domain.message import Thread
from bot.hall.headers import Headers

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FIRING = Incident("i1", (Alert("k", "f", {"alertname": "Slow"}, True, NOW),), NOW)
HOME = SimpleNamespace(language="en", zone="UTC", thread=lambda incident: Thread("web", incident.id))


@dataclass
class Kept:
    """What is kept: others change it meanwhile."""

    newest: Incident = FIRING

    async def get(self, _):
        return self.newest


@dataclass
class Outbox:
    """Slow: while a card is kept, others go on."""

    kept: Kept
    meanwhile: list = field(default_factory=list)
    shown: list = field(default_factory=list)

    async def show(self, slot, thread, card):
        await asyncio.sleep(0.01)
        self.shown.append(card.title)
        if self.meanwhile:
            news = self.meanwhile.pop(0)
            if isinstance(news, Exception):
                raise news
            self.kept.newest = replace(self.kept.newest, state=news)


@pytest.fixture
def kept():
    return Kept()


def headers(kept, outbox):
    return Headers(kept, outbox, HOME, SimpleNamespace(able=False))


async def test_what_others_did_meanwhile_has_the_last_word(kept):
    outbox = Outbox(kept, [IncidentState.LOOKING, IncidentState.VERIFIED])
    await headers(kept, outbox).show(FIRING)
    assert len(outbox.shown) == 3
    assert len(set(outbox.shown)) == 3


async def test_many_who_come_with_one_state_show_it_once(kept):
    outbox = Outbox(kept)
    ours = headers(kept, outbox)
    await asyncio.gather(*(ours.show(FIRING) for _ in range(50)))
    assert len(outbox.shown) == 1


async def test_who_comes_with_an_old_state_shows_the_new_one(kept):
    outbox = Outbox(kept)
    ours = headers(kept, outbox)
    await ours.show(FIRING)
    kept.newest = replace(FIRING, state=IncidentState.WAITING)
    await ours.show(kept.newest)
    await ours.show(FIRING)
    assert len(outbox.shown) == 2
    assert outbox.shown[0] != outbox.shown[1]


async def test_what_could_not_be_kept_is_shown_by_the_next(kept):
    outbox = Outbox(kept, [OSError("no space")])
    ours = headers(kept, outbox)
    with pytest.raises(OSError, match="no space"):
        await ours.show(FIRING)
    await ours.show(FIRING)
    assert len(outbox.shown) == 2
