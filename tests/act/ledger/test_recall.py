"""Who did it, when, and by whose leave: asked in Chinese and English, answered from the ledger."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.act.ledger.file import FileLedger
from bot.act.ledger.recall import read_order, read_question, recalled, row
from bot.domain.message import Message, Person, Thread
from bot.domain.record import AuditRecord
from bot.hall.recounting import Recounting
from bot.talk.cards.words import Words

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 22, 12, tzinfo=SHANGHAI)
TO = "kubernetes.rollout_restart shop/Deployment/order-service"


def done(hours, to=TO, did="result", leave="a1 digest rule", who="web:x:lin"):
    return AuditRecord((NOW - timedelta(hours=hours)).astimezone(UTC), who, did, to, "done", leave)


@pytest.mark.parametrize(
    ("text", "deed", "name", "hours"),
    [
        ("who restarted order-service yesterday?", "restart", "order-service", 24),
        ("昨天谁重启了 order-service?", "restart", "order-service", 24),
        ("谁在过去2小时扩容了 cart-service", "scale", "cart-service", 2),
        ("who scaled up cart in the last 3 hours", "scale", "cart", 3),
        ("order-service 是谁回滚的？", "undo|rollback|roll_back", "order-service", 168),
        ("Who restarted the payment-api between 9 and 10?", "restart", "payment-api", 1),
    ],
)
def test_what_is_asked(text, deed, name, hours):
    asked = read_question(text, NOW)
    assert (asked.deed, asked.name) == (deed, name)
    assert asked.when.seconds == hours * 3600


@pytest.mark.parametrize(
    "text",
    ["who is on call?", "谁在值班", "restart order-service", "why did it restart?", "who changed cart today", ""],
)
def test_what_asks_something_else(text):
    assert read_question(text, NOW) is None


def test_the_change_is_found_with_who_approved_it_and_nothing_beside_it():
    records = [
        done(20, "a1", "decided", "digest", "web:x:chen"),
        done(20),
        done(20, did="intent"),
        done(2),
        done(20, TO.replace("order-service", "order-service-v2")),
        done(20, "kubernetes.scale_deployment shop/Deployment/order-service"),
    ]
    records[0] = AuditRecord(records[0].at, "web:x:chen", "decided", "a1", "approved", "digest")
    (found,) = recalled(records, read_question("who restarted order-service yesterday?", NOW))
    assert row(found, SHANGHAI) == ("2026-11-21 16:00", "lin", TO, "web:x:chen", "done")
    assert len(list(recalled(records, read_order("/audit order-service", NOW)))) == 3
    for asked in ("who restarted order-service yesterday?", "昨天谁重启了 order-service？"):
        assert read_order(f"/audit {asked}", NOW) == read_question(asked, NOW)


class Gate:
    """Gives a role to one person, and to nobody else."""

    def knows(self, person):
        return person.id == "chen"


async def test_who_has_no_role_sees_only_their_own(tmp_path):
    ledger = FileLedger(tmp_path / "audit.jsonl")
    for who in ("web::lin", "web::lee"):
        await ledger.append(done(1, who=who))
    recounting = Recounting(Gate(), ledger, lambda: NOW)
    for person, count in (("chen", 2), ("lee", 1), ("mallory", 0)):
        asker = Person(person, person, zone="Asia/Shanghai")
        asked = Message("m1", Thread("web", "t1"), asker, "who restarted order-service today?", NOW)
        card = await recounting.card(asked, Words("en"))
        rows = [each.rows for each in card.blocks if hasattr(each, "rows")]
        assert len(rows[0] if rows else ()) == count
