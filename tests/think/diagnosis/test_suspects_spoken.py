"""The service to blame is found from what logs leave out, the time between their lines, and where requests end."""

import random
from collections.abc import Iterable

import pytest

from bot.think.diagnosis.bundle import read_ask, read_lines, read_tracks
from bot.think.diagnosis.report import Suspect
from bot.think.diagnosis.sight import Sight
from bot.think.diagnosis.suspects import rank_services
from bot.think.diagnosis.suspects.accusation import Scene
from bot.think.diagnosis.suspects.silence import share_kept, voices_of
from bot.think.diagnosis.suspects.work import runs as runs_of
from tests.think.diagnosis.kube import NOW

FAULT = NOW - 240
PAST, SINCE = FAULT - 300, FAULT
CHAIN = (("front", "shop"), ("shop", "stock"), ("shop", "till"), ("front", "mail"), ("front", "idle"))


def calls(past: float = 60, since: float = 60) -> list[dict]:
    """Who calls whom, in one minute of the past and in two since."""
    return [count("trace_calls", past, since, source=caller, destination=callee) for caller, callee in CHAIN]


def count(name: str, past: float, since: float, **labels: str) -> dict:
    values = [[PAST + 60, str(past)], [SINCE + 60, str(since)], [SINCE + 120, str(since)]]
    return {"metric": {"__name__": name, **labels}, "values": values}


def runs(service: str, operation: str, past: float, since: float) -> dict:
    return count("trace_spans", past, since, service=service, operation=operation)


def talk(service: str, *lines: tuple[float, str]) -> dict:
    values = [[str(int(at * 1e9)), line] for at, line in lines]
    return {"stream": {"service": service, "pod": f"{service}-1"}, "values": values}


def seen(metrics: Iterable[dict] = (), logs: Iterable[dict] = ()) -> Sight:
    calm = [runs(service, "ask", 60, 60) for service in ("front", "shop", "stock", "till", "mail", "idle")]
    return Sight(
        now=NOW,
        ask=read_ask({"kind": "question", "text": "Which service is the cause?"}),
        tracks=tuple(read_tracks([*calls(), *calm, *metrics])),
        lines=tuple(sorted(read_lines(list(logs)), key=lambda line: line.at)),
        fault_from=FAULT,
    )


def first(sight: Sight) -> Suspect:
    return rank_services(sight)[0]


def pairs(start: float, number: int, second_in: float = 1.0, second: str = "INFO step two done") -> list:
    """A line and the one that always follows it; of the second only the given share."""
    found = []
    for turn in range(number):
        at = start + 5 * turn
        found.append((at, f"INFO step one begins for {turn}"))
        if (turn + 1) * second_in // 1 > turn * second_in // 1:
            found.append((at + 0.2, second))
    return found


def test_a_line_that_half_of_the_time_no_longer_comes_accuses_who_leaves_it_out():
    spoken = talk("stock", *pairs(PAST, 12), *pairs(SINCE, 30, second_in=0.5))
    suspect = first(seen(logs=[spoken]))
    assert (suspect.name, suspect.signs[0].key) == ("stock", "silent")


def test_a_line_in_place_of_another_is_a_choice_and_no_fault():
    half = [*pairs(SINCE, 30, second_in=0.5), *((SINCE + 10 * turn, "INFO step two skipped") for turn in range(15))]
    suspects = rank_services(seen(logs=[talk("stock", *pairs(PAST, 12), *half)]))
    assert not [one for one in suspects if any(sign.key == "silent" for sign in one.signs)]


def test_a_line_that_came_with_every_run_of_an_operation_is_missed():
    said = [(PAST + 1.5 * turn, f"INFO priced {turn}") for turn in range(30)]
    suspect = first(seen([runs("till", "Till.price", 30, 40)], [talk("till", *said)]))
    assert (suspect.name, suspect.signs[0].key) == ("till", "silent")


def test_errors_that_name_another_service_count_less_than_errors_of_ones_own():
    past = [(PAST + turn, "INFO well") for turn in range(10)]
    asks = [(SINCE + 3 * turn, "ERROR no instances available for mail") for turn in range(20)]
    own = [(SINCE + 3 * turn, "ERROR no rows for this key") for turn in range(20)]
    ranked = rank_services(seen(logs=[talk("till", *past, *own), talk("idle", *past, *asks)]))
    scores = {one.name: one.score for one in ranked}
    assert scores["till"] > scores["idle"] > 0


def test_the_time_between_two_lines_names_the_service_that_worked_in_between():
    shop, stock, till = [], [], []
    for start, wait in ((PAST, 0.02), (SINCE, 2.0)):
        for turn in range(6):
            at = start + 9 * turn
            shop += [(at, "INFO check stock"), (at + wait, "INFO stock checked"), (at + wait + 0.03, "INFO paid")]
            stock.append((at + 0.01, "INFO asked for stock"))
            till.append((at + wait + 0.02, "INFO asked to pay"))
    suspect = first(seen(logs=[talk("shop", *shop), talk("stock", *stock), talk("till", *till)]))
    assert (suspect.name, suspect.signs[0].key) == ("stock", "slow_step")


def test_pairs_of_lines_from_mixed_requests_are_no_step():
    """Once in five times the line goes on so, and that takes long now; mostly it goes on with something else."""
    shop, stock = [], []
    for start, wait in ((PAST, 0.02), (SINCE, 2.0)):
        for turn in range(25):
            at = start + 8 * turn
            after = "INFO stock checked" if turn % 5 == 0 else f"INFO other work {'abcd'[turn % 4]}"
            shop += [(at, "INFO check stock"), (at + (wait if turn % 5 == 0 else 0.02), after)]
            stock.append((at + 0.01, "INFO asked for stock"))
    suspects = rank_services(seen(logs=[talk("shop", *shop), talk("stock", *stock)]))
    assert not [one for one in suspects if any(sign.key == "slow_step" for sign in one.signs)]


def test_where_failed_requests_end_is_to_blame():
    success = [[FAULT - 60 * step, "100"] for step in range(10, 0, -1)]
    success += [[FAULT + 60 * step, "30"] for step in range(1, 3)]
    metrics = [
        {"metric": {"__name__": "front_success_percent", "service": "outside"}, "values": success},
        runs("front", "Front.receive", 400, 400),
        count("trace_calls", 900, 300, source="front", destination="catalog"),
        count("trace_calls", 400, 60, source="front", destination="adverts"),
        runs("catalog", "Catalog.get", 900, 300),
        runs("adverts", "Adverts.get", 400, 60),
    ]
    suspect = first(seen(metrics))
    assert (suspect.name, suspect.signs[0].key) == ("catalog", "stopped")


def test_a_step_that_was_taken_for_a_share_of_the_requests_and_is_not_taken_any_more():
    asked = [runs(service, "shop.Adverts/Get", 300, 300) for service in ("front", "idle")]
    suspect = first(seen([*asked, runs("idle", "shop.Adverts/pickAny", 54, 0)]))
    assert (suspect.name, suspect.signs[0].key) == ("idle", "left_out")


def test_where_nothing_below_shows_a_fault_the_front_itself_is_left():
    suspect = first(seen())
    assert (suspect.name, suspect.signs[0].key) == ("front", "nobody_below")
    assert suspect.score < 0.35


SAMPLED = 0.75


def sampled(lines: Iterable[tuple[float, str]], seed: int) -> list[tuple[float, str]]:
    """As a collector leaves them that loses a quarter."""
    dice = random.Random(seed)
    return [line for line in lines if dice.random() < SAMPLED]


def one_is_silent(seed: int) -> Sight:
    """Eight services write a line for each run; of one nothing is heard any more. A quarter of all lines is lost."""
    work, logs = [], []
    for place in range(8):
        name, past, since = f"made-{place}", 60 + 9 * place, 120 + 18 * place
        work.append(runs(name, f"Do.{name}", past, since / 2))
        before = [(PAST + 50 / past * turn, f"INFO done {name} {turn}") for turn in range(past)]
        after = [(SINCE + 200 / since * turn, f"INFO done {name} {turn}") for turn in range(since)]
        logs.append(talk(name, *sampled([*before, *([] if place == 3 else after)], seed + place)))
    return seen(work, logs)


@pytest.mark.parametrize("seed", range(0, 50, 5))
def test_a_line_that_is_gone_is_missed_though_a_collector_loses_a_quarter_of_all(seed: int):
    sight = one_is_silent(seed)
    assert 0.6 <= share_kept(voices_of(Scene(sight, FAULT - 60)), runs_of(Scene(sight, FAULT - 60), past=True)) <= 0.9
    suspects = rank_services(sight)
    assert suspects[0].name == "made-3"
    assert [one.name for one in suspects if any(sign.key == "silent" for sign in one.signs)] == ["made-3"]


def test_logs_that_are_whole_are_known_to_be_and_such_as_have_nothing_to_do_with_the_work_are_not_counted():
    past = [(PAST + turn, f"INFO done {turn}") for turn in range(60)]
    scene = Scene(seen([runs("made", "Do.made", 60, 60)], [talk("made", *past)]), FAULT - 60)
    assert share_kept(voices_of(scene), runs_of(scene, past=True)) == 1.0
    scene = Scene(seen([runs("made", "Do.made", 999, 999)], [talk("made", *past)]), FAULT - 60)
    assert share_kept(voices_of(scene), runs_of(scene, past=True)) == 0.0
