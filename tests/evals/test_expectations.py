"""Scores are strict: what a case tells is compared, what it does not tell is not scored."""

from bot.domain.finding import Category, Cause, Finding, Subject
from bot.evals.recorded.cases import half_of
from bot.evals.recorded.expectations import misses
from bot.evals.recorded.ranks import rank_of
from bot.think.diagnosis import Diagnosis, Suspect, Verdict

WEB = Subject("Deployment", "shop", "web")
FOUND = Finding(WEB, "oom_killed", Category.RESOURCE, 0.9)
EXPECT = {
    "verdict": "fault",
    "root": {"kind": "Deployment", "namespace": "shop", "name": "web"},
    "category": "resource_exhaustion",
    "terms": [["OOMKilled", "内存"]],
    "must_not": ["node failure"],
    "action_any": ["patch_resources", None],
    "not_action": ["drain_node"],
}


def answer(
    action: str | None = "set_resources", category: Category = Category.RESOURCE, about: Subject = WEB
) -> Diagnosis:
    cause = Cause(about, category, "oom_killed", 0.9, (FOUND,), action=action)
    return Diagnosis(
        Verdict.FAULT, (cause,), (FOUND,), (), 0.0, (0.0, 1.0), suspects=(Suspect("b", 2), Suspect("a", 1))
    )


def wrong(expect, diagnosis, text="it was oomkilled"):
    return list(misses({**EXPECT, **expect}, diagnosis, text))


def test_all_right_is_no_miss():
    assert wrong({}, answer()) == []
    assert wrong({}, answer(action=None)) == []


def test_each_miss_is_told():
    assert any("category" in said for said in wrong({}, answer(category=Category.NODE)))
    assert any("root" in said for said in wrong({}, answer(about=Subject("Pod", "shop", "db"))))
    assert any("plainly wrong" in said for said in wrong({"action_any": ["drain_node"]}, answer(action="drain_node")))
    assert any("not said" in said for said in wrong({}, answer(), text="nothing"))
    assert any(said == "said: node failure" for said in wrong({}, answer(), text="OOMKilled after Node Failure"))
    assert any("verdict" in said for said in wrong({"verdict": "healthy"}, answer()))


def test_what_is_not_told_is_not_scored():
    expect = {key: value for key, value in EXPECT.items() if key not in ("action_any", "not_action")}
    assert list(misses(expect, answer(action="drain_node"), "OOMKilled")) == []
    assert wrong({"category_scored": False}, answer(category=Category.NODE)) == []


def test_the_rank_counts_only_candidates():
    expect = {"root_service": "a", "candidates": ["a", "c"]}
    assert rank_of(expect, answer()) == 1
    assert rank_of({"root_service": "c", "candidates": ["a", "c"]}, answer()) == 3


def test_twins_fall_on_one_side():
    assert {half_of("s", "twins") for _ in range(3)} in ({"dev"}, {"held_out"})
    assert {half_of("s", str(number)) for number in range(40)} == {"dev", "held_out"}
