"""The threats of SECURITY.md that no other test holds; and that every test which it names is there."""

import json
import random
import re
import string
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.act.ledger.file import FileLedger
from bot.domain.briefing import Briefing
from bot.domain.case import Case
from bot.domain.message import Person, Thread
from bot.domain.plan import Plan
from bot.domain.record import AuditRecord
from bot.talk.cards.answer import Answer
from bot.talk.cards.masked import masked
from bot.talk.cards.words import Words
from bot.telemetry.logs import _masked
from bot.think import prompts
from bot.think.agent.toolbox import Toolbox
from knowledge import Document, Passage
from skills import BadArguments, Evidence, Risk, discover

ROOT = Path(__file__).parents[2]
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
CATALOGUE = discover(("kubernetes", "prometheus", "loki", "alertmanager"))
CHANCE = random.Random(20)
CASE = Case("c1", Thread("web", "t1"), Person("asker", "Lin"), "why is payment-api slow?")
SMUGGLED = (
    "*",
    "--server=https://198.51.100.7:6443",
    "../x",
    "a; kubectl delete ns prod",
    "a b",
    "A",
    "",
    "a/b",
    "$(id)",
)
SMUGGLED += ("`id`", "a\nb", "重启", "-x", "a%2fb", "a" * 300)


def _letters(count):
    return "".join(CHANCE.choices(string.ascii_letters + string.digits, k=count))


SHAPES = (
    lambda: ("password={}", _letters(16)),
    lambda: ("Authorization: Bearer {}", _letters(40)),
    lambda: ("mysql://root:{}@db:3306/shop", _letters(14)),
    lambda: ("token {}", "gh" + "p_" + _letters(36)),
    lambda: ("数据库密码：{}", _letters(15)),
)
CANARIES = tuple((template.format(secret), secret) for place in range(20) for template, secret in [SHAPES[place % 5]()])


def test_t3_no_tool_of_a_model_writes_or_approves():
    box = Toolbox(Briefing(CASE, NOON, actions=tuple(CATALOGUE.values())), look=lambda *_: None)
    names = [tool.name for tool in box.tools()]
    assert "propose_plan" in names
    changing = [each.name.partition(".")[2] for each in CATALOGUE.values() if each.risk is not Risk.READ]
    assert not [name for name in names if any(name.endswith(each) for each in changing)]
    assert not [name for name in names if re.search("approv|settle|grant|execute|policy|memory", name)]


@pytest.mark.parametrize("name", SMUGGLED)
def test_t9_no_argument_is_more_than_one_name(name):
    for action in ("kubernetes.rollout_restart", "kubernetes.scale_deployment", "kubernetes.restart_pod"):
        field = {"kubernetes.rollout_restart": "name", "kubernetes.scale_deployment": "deployment"}.get(action, "pod")
        more = {"replicas": 1} if field == "deployment" else {}
        with pytest.raises(BadArguments):
            CATALOGUE.resolve(action, {"namespace": "prod", field: name, **more})


def test_t13_no_action_takes_an_address():
    for action in CATALOGUE.values():
        fields = action.schema().get("properties", {})
        assert not [name for name in fields if re.search("url|host|server|endpoint|address|proxy", name)], action.name


def test_t15_no_action_writes_policy_or_knowledge():
    forbidden = re.compile("policy|approv|remember|memory|knowledge|secret|rbac|role|exec$")
    assert not [name for name in CATALOGUE if forbidden.search(name)]


async def test_twenty_secrets_reach_no_prompt_card_ledger_or_log(tmp_path):
    ledger = FileLedger(tmp_path / "audit.jsonl")
    sinks = {"prompt": "", "card": "", "log": ""}
    for text, _ in CANARIES:
        seen = Evidence(text, "GET /", lines=(text,), facts={"line": text})
        case = Case(**{**{name: getattr(CASE, name) for name in CASE.__slots__}, "question": f"what is {text}"})
        case = case.learned(seen).said("Chen", text).said("Lin", "and now?")
        page = Document(text, text, "https://wiki/x")
        briefing = Briefing(case, NOON, (Passage(page, text),), tuple(CATALOGUE.values())[:1], text)
        sinks["prompt"] += json.dumps(prompts.inputs_of(briefing), ensure_ascii=False) + prompts.query_of(
            briefing, True
        )
        card = Answer("a", Words("en"), text, seen=(seen,), labels=("",), plan=Plan(text), done=True).card()
        sinks["card"] += repr(masked(card))
        sinks["log"] += repr(_masked(None, "info", {"event": text, "why": [text]}))
        await ledger.append(AuditRecord(NOON, "web::asker", "look", "x", text, facts={"arguments": {"line": text}}))
    sinks["ledger"] = ledger.path.read_text()
    leaked = [(sink, text) for sink, told in sinks.items() for text, secret in CANARIES if secret in told]
    assert len(CANARIES) == 20
    assert not leaked
    assert all(told.count("[REDACTED:") >= 20 for sink, told in sinks.items() if sink != "prompt")


def test_every_test_that_security_md_names_is_there():
    page = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page)
    assert {f"T{number}" for number in range(1, 19)} <= set(re.findall(r"^\| (T\d+) ", page, re.MULTILINE))
    for path, name in named:
        assert re.search(rf"def {name}\b", (ROOT / path).read_text(encoding="utf-8")), f"{path}::{name}"
    assert len(named) >= 40
    for row in re.findall(r"^\| T\d+ .*$", page, re.MULTILINE):
        number, *_, held, asked, measured = (cell.strip() for cell in row.strip("|").split("|"))
        assert "::" in held, number
        assert re.search(r"\d", asked + measured), f"{number}: no number is asked for, or none was measured"
