"""Two bots on one PostgreSQL: each event is handled by one of them, in order, also when one is killed."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.servers, pytest.mark.timeout(120)]
PROGRAM = Path(__file__).parent / "replica_process.py"
ROOT = Path(__file__).parents[2]
LANES, EACH = 6, 12


class Replica:
    """One of them, spoken to by its pipes."""

    def __init__(self, url, log):
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        command = [sys.executable, str(PROGRAM), url, str(log)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
        self.process = subprocess.Popen(command, env=environment, cwd=ROOT, **pipes)
        assert self.process.stdout.readline().strip() == "ready"

    def hear(self, key):
        self.process.stdin.write(f"{key}\n")
        assert self.process.stdout.readline().strip() == f"kept {key}"

    def end(self):
        self.process.stdin.close()
        self.process.wait(20)

    def kill(self):
        self.process.kill()
        self.process.wait()


def told(log):
    lines = [line.split() for line in log.read_text().splitlines()]
    return [(float(at), int(pid), did, key) for at, pid, did, key in lines]


def wait_until_all_ended(log, keys, seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if log.exists() and keys <= {key for _, _, did, key in told(log) if did == "end"}:
            return
        time.sleep(0.1)
    missing = keys - {key for _, _, did, key in told(log) if did == "end"}
    raise AssertionError(f"not handled: {sorted(missing)}")


def in_order(log):
    """Of each lane, the keys in the order in which they were begun, and no two at once."""
    lanes, open_ = {}, {}
    for _, pid, did, key in told(log):
        lane = key.split(".")[0]
        if did == "begin":
            assert open_.get(lane) is None, f"{key} was begun during {open_[lane]}"
            lanes.setdefault(lane, []).append(int(key.split(".")[1]))
        open_[lane] = (pid, key) if did == "begin" else None
    return all(numbers == sorted(numbers) for numbers in lanes.values())


def feed(one, other):
    """Each lane's events to both in turn while it is busy; every third to both, as a platform does that tries again."""
    for lane in range(LANES):
        for number in range(EACH):
            first, second = (one, other) if (number + lane) % 2 else (other, one)
            key = f"lane{lane}.{number}"
            first.hear(key)
            if number % 3 == 0:
                second.hear(key)


KEYS = {f"lane{lane}.{number}" for lane in range(LANES) for number in range(EACH)}


def test_each_event_is_handled_once_and_each_lane_keeps_its_order(tmp_path, postgres):
    url, log = postgres.new_database(), tmp_path / "handled"
    one, other = Replica(url, log), Replica(url, log)
    feed(one, other)
    wait_until_all_ended(log, KEYS, 60)
    one.end()
    other.end()
    begun = [key for _, _, did, key in told(log) if did == "begin"]
    assert sorted(begun) == sorted(KEYS)
    assert in_order(log)
    assert len({pid for _, pid, _, _ in told(log)}) == 2


def test_what_a_killed_one_held_is_taken_over(tmp_path, postgres):
    url, log = postgres.new_database(), tmp_path / "handled"
    one, other = Replica(url, log), Replica(url, log)
    feed(one, other)
    one.kill()
    wait_until_all_ended(log, KEYS, 60)
    other.end()
    lines = told(log)
    doubled = len([key for _, _, did, key in lines if did == "begin"]) - len(KEYS)
    assert 0 <= doubled <= LANES
    ends = [key for _, _, did, key in lines if did == "end"]
    assert len(ends) - len(KEYS) <= LANES


@pytest.mark.slow
def test_sqlite_refuses_a_second_process_in_one_sentence(tmp_path):
    url = f"sqlite:///{tmp_path}/bot.sqlite"
    first = Replica(url, tmp_path / "handled")
    environment = os.environ | {
        "DUTYBOT_SKILLS": "",
        "DUTYBOT_DATABASE_URL": url,
        "DUTYBOT_LEDGER_PATH": f"{tmp_path}/audit.jsonl",
    }
    command = [sys.executable, "-m", "bot", "run", "--port", "0"]
    second = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60)
    first.end()
    assert second.returncode == 1
    assert second.stderr.strip().splitlines()[-1].startswith("Another DutyBot is on duty with the database")
    assert "Traceback" not in second.stderr
