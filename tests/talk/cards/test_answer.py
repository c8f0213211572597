"""An answer says what it found once, and not again beside each step, over each chart and on each fold."""

from dataclasses import asdict, replace

from bot.domain.approval import Refusal
from bot.domain.card import Attached, Fold
from bot.domain.plan import Plan, Step
from bot.domain.report import Report
from bot.talk.cards.answer import Answer
from bot.talk.cards.evidence import charts
from bot.talk.cards.words import Words
from skills.evidence import CHART, Evidence, Series, Table

FOUND = "3 pods use more than 80 percent of a core"
SEEN = Evidence(
    FOUND,
    "topk(3, rate(cpu[5m]))",
    table=Table(("pod",), (("a",),)),
    series=(Series("a", {}, ((1.0, 0.8), (2.0, 0.9))),),
)


def times(answer: Answer, said: str) -> int:
    """How often people read it; a chart's text for those who cannot see it does not count."""
    card = asdict(answer.card())
    card.pop("summary")
    for block in card["blocks"]:
        for each in (block, *block.get("blocks", ())):
            each.pop("alt", None)
    return str(card).count(said)


def answered(text: str) -> Answer:
    answer = Answer("a1", Words("en")).took("0.0", "top_pods metric=cpu", SEEN)
    return Answer(**{field: getattr(answer, field) for field in answer.__slots__} | {"text": text, "done": True})


def test_what_was_found_is_said_once():
    assert times(answered(f"I looked:\n\n- {FOUND}"), FOUND) == 1


def test_what_the_brain_left_out_is_told_with_the_evidence():
    answer = answered("Some pods are busy.")
    assert times(answer, FOUND) == 1
    assert "top_pods" in str(asdict(answer.card()))


def test_a_step_that_failed_says_why_beside_it():
    refused = Refusal(Step("kubernetes.rollout_restart", {}, "slow"), "", why="a freeze until Monday")
    answer = Answer("a1", Words("en"), done=True).took("0.0", "restart", refused)
    details = [task.detail for block in answer.card().blocks if block.kind == "tasks" for task in block.tasks]
    assert details == ["a freeze until Monday"]


def test_the_headline_of_a_report_is_said_once():
    report = Report("Deployment shop/web: bad release", "# Deployment shop/web: bad release\n\n- because")
    answer = Answer("a1", Words("en"), done=True, plan=Plan("")).explained("Look for the cause", report)
    assert times(answer, report.headline) == 1


def test_a_file_stands_beside_the_fold_and_not_in_it():
    seen = replace(SEEN, files=(("capacity.csv", "a,b"),))
    card = replace(Answer("a1", Words("en")).took("0.0", "Capacity report", seen), done=True).card()
    assert Attached("capacity.csv", "a,b") in card.blocks
    assert not any(
        isinstance(each, Attached) for block in card.blocks if isinstance(block, Fold) for each in block.blocks
    )


def test_what_wants_its_own_chart_has_it():
    points = ((1.0, 0.8), (2.0, 0.9))
    lines = tuple(
        Series(part, {CHART: disk}, points, "bytes") for disk in ("a", "b") for part in ("history", "forecast")
    )
    drawn = charts(Evidence("full soon", "q", series=lines))
    assert [(chart.title, [line.name for line in chart.lines]) for chart in drawn] == [
        ("a", ["history", "forecast"]),
        ("b", ["history", "forecast"]),
    ]
