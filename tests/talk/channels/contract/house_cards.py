"""The cards that the house itself makes, one of each kind and state, from the same words in both languages."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain.alert import Alert
from bot.domain.approval import Approval, ApprovalState, Vote
from bot.domain.card import Chart, Line
from bot.domain.course import Course
from bot.domain.incident import Incident, IncidentState
from bot.domain.message import Person, Thread
from bot.domain.plan import Plan, Step, Usage
from bot.domain.report import Report, Similar
from bot.talk.cards.answer import Answer
from bot.talk.cards.approval import approval_card
from bot.talk.cards.board import board_card
from bot.talk.cards.capacity import capacity_card
from bot.talk.cards.catching_up import catching_up_card
from bot.talk.cards.incident import incident_card
from bot.talk.cards.notice import notice_card
from bot.talk.cards.summary import Repair, summary_card
from bot.talk.cards.words import Words
from skills import Evidence, Series, Table
from skills.change import Preview

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
ZONE = "Asia/Shanghai"
LIN = Person("U1", "林 Lin", "slack", "T1", zone=ZONE)
CHEN = Person("U2", "陈 Chen", "slack", "T1", frozenset({"approver"}), zone=ZONE)
HERE = Thread("slack", "5.1", "C1", "T1")
RESTART = Step("kubernetes.rollout_restart", {"deployment": "order-service", "namespace": "shop"}, "frees the pool")
SCALE = Step("kubernetes.scale_deployment", {"deployment": "order-service", "namespace": "shop", "replicas": 5})
PREVIEW = Preview(("spec.replicas: 3 -> 5",), ("shop/order-1", "shop/order-2"), notes=("One node has room.",))
CHART = Chart("p99", (Line("p99", ((0.0, 0.2), (60.0, 3.1))),), "s", (), "p99 rose from 0.2 s to 3.1 s")


def approvals():
    asked = Approval(
        "ap-1",
        HERE,
        (RESTART, SCALE),
        LIN,
        NOON,
        NOON + timedelta(minutes=15),
        title="Restart and scale order-service",
        reason="The pool is exhausted <!channel>.",
        previews=(None, PREVIEW),
        undos=("", "replicas: 3"),
        approvers=("approver",),
        rule="changing",
    )
    yes = Vote(CHEN, True, NOON + timedelta(minutes=1), "", asked.digest)
    no = Vote(CHEN, False, NOON + timedelta(minutes=1), "not during the *sale*", asked.digest)
    for state in ApprovalState:
        votes = {ApprovalState.PENDING: (), ApprovalState.EXPIRED: (), ApprovalState.REJECTED: (no,)}.get(state, (yes,))
        yield state.value, replace(asked, state=state, votes=votes)
    yield "typed", replace(asked, typed="order-service", glass="the shop burns")


def incident(state):
    labels = {"alertname": "OrderSlow", "namespace": "shop", "service": "order-service", "severity": "critical"}
    alerts = tuple(
        Alert(f"k{n}", f"f{n}", labels | {"pod": f"order-{n}"}, state is not IncidentState.RESOLVED or n > 1, NOON)
        for n in range(3)
    )
    report = Report(
        "Connection pool of order-service is exhausted",
        "# Report\n\n**Cause**: pool\n\n| query | value |\n|-|-|\n| p99 | 3.1 s |",
        confidence=0.92,
        chart=CHART,
        excerpt=("ERROR HikariPool-1 <@U1> timed out",),
        steps=(RESTART,),
    )
    made = Incident(
        "0123456789ab", alerts, NOON, state, report=report, repeats=4, similar=(Similar("INC-7", "", ("pool",)),)
    )
    made = made.marked(NOON, "opened", "OrderSlow").marked(NOON + timedelta(minutes=2), "acknowledged", CHEN.name)
    if state is IncidentState.RESOLVED:
        made = replace(made, resolved_at=NOON + timedelta(minutes=30), draft="d-1", assigned_to=CHEN)
    return replace(made, acknowledged_by=CHEN)


def answers(words):
    evidence = Evidence("2 pods use most", "topk(2, rate(cpu[1h]))", "http://p/graph")
    thinking = Answer("a-1", words).took("0.0", words("action_top_pods"), None)
    done = replace(
        thinking.took("0.0", words("action_top_pods"), evidence),
        text="**order-service** uses *most*: 92%.\n\n- `order-1`\n- `order-2`",
        plan=Plan("", brain="dify", usage=Usage(1820, 0.01, "USD", 3.4)),
        done=True,
        suggested=("Why?",),
    )
    yield "thinking", thinking.card()
    yield "done", done.card()
    yield "failed", replace(done, text="", error="The brain is away.").card()


def forecast(language):
    """A capacity report as the skill tells it."""
    hours = [NOON.timestamp() + 3_600 * n for n in range(-48, 73)]
    level = [4.0 + 0.02 * n + 1.1 * ((n % 24) > 9) for n in range(121)]
    seen = tuple(zip(hours[:49], level[:49], strict=True))
    ahead = tuple(zip(hours[48:], level[48:], strict=True))
    label = {"en": ("CPU requested", "expected", "room"), "zh": ("已申请 CPU", "预测", "上限")}[language]
    lines = (
        Series(label[0], {}, seen, "cores"),
        Series(label[1], {}, ahead, "cores"),
        Series(label[2], {}, ((hours[0], 7.0), (hours[-1], 7.0)), "cores"),
    )
    told = {
        "en": "Two more nodes are needed before Tuesday 09:00.",
        "zh": "周二 09:00 前需要再加 2 个节点。",
    }[language]
    rows = ((("cluster", "5.9", "7.0", "2026-11-24 09:00")), ("shop/redis-data", "81 %", "100 %", "2026-11-29"))
    return Evidence(
        told,
        "sum(kube_pod_container_resource_requests{resource='cpu'})",
        table=Table(("what", "now", "most", "full"), rows),
        series=lines,
        lines=("# Capacity", told, "- `shop/redis-data` grows by 2.1 % a day"),
        facts={"advice": {"kind": "add", "nodes": 2}},
    )


def house_cards(language):
    """By name."""
    words = Words(language)
    asked = dict(approvals())
    course = Course(Evidence("restarted", "PATCH deployments/order-service"))
    made = {f"approval {name}": approval_card(each, words) for name, each in asked.items()}
    made |= {f"answer {name}": card for name, card in answers(words)}
    for state in IncidentState:
        made[f"incident {state.value}"] = incident_card(incident(state), words, ZONE, silences=True)
    over, fires = incident(IncidentState.RESOLVED), incident(IncidentState.WAITING)
    repair = Repair(asked["executed"], {0: course})
    made["summary"] = summary_card(over, (repair,), words, ZONE)
    made["catch up"] = catching_up_card(fires, (repair,), (asked["pending"],), words, ZONE)
    made["hand over"] = catching_up_card(fires, (), (), words, ZONE, words("handover_note", old="Lin", new="陈"))
    made["board"] = board_card((fires,), (asked["pending"], asked["typed"]), {"ap-1"}, words, ZONE)
    made["quiet board"] = board_card((), (), set(), words, ZONE)
    made["capacity report"] = capacity_card(forecast(language), words, ZONE)
    made["notice"] = notice_card(words("approval_own"), words, "warn")
    return made
