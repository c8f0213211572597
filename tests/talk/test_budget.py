"""A budget is shared fairly: who came first goes first, and who does not come back holds up nobody."""

from bot.talk.budget import Bucket


def test_each_in_line_has_its_turn():
    bucket = Bucket(60.0, 1.0, 1.0, 0.0)
    now, taken = 0.0, []
    back = {f"m{number}": 0.0 for number in range(5)}
    while len(taken) < 50:
        now = min(back.values())
        who = next(name for name, at in back.items() if at <= now)
        wait = bucket.take(now, who=who)
        if not wait:
            taken.append(who)
        back[who] = now + (wait or 0.01)
    assert {taken.count(name) for name in back} == {10}
    assert now <= 50


def test_whoever_leaves_the_line_holds_up_nobody_for_long():
    bucket = Bucket(60.0, 1.0, 0.0, 0.0)
    assert bucket.take(0.0, who="gone") == 1.0
    assert bucket.take(0.0, who="here") == 2.0
    assert bucket.take(5.0, who="here") == 0.0


def test_the_burst_and_what_is_left_to_others():
    bucket = Bucket(60.0, 3.0, 3.0, 0.0)
    assert [bucket.take(0.0) for _ in range(4)] == [0.0, 0.0, 0.0, 1.0]
    assert bucket.take(2.0, keep=2.0) == 1.0
    assert bucket.take(2.0) == 0.0
