"""Managed databases: what ran full or fell behind, which measures moved with it, and which statements load it."""

import re
import statistics
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from bot.domain.finding import Category, Finding, Proof, Subject
from bot.think.diagnosis.asked import asked_about
from bot.think.diagnosis.looks import Look
from bot.think.diagnosis.sight import LogLine, Sight, Track
from bot.think.diagnosis.stacks import shortened

NAMED = ("dbinstance_identifier", "db_instance", "dbinstance", "db_cluster")
MOVED = 1.5
SEVERAL, FAR = 2, 3.0
"""One measure that is somewhat off is how databases live; several, or one far off, are not."""
BUSY = 85.0
MATTERS = {"replica_lag": 10.0, "queue": 2.0, "cpu": 40.0, "swap": 2**28, "latency": 0.01, "deadlock": 1.0}
"""What a measure must reach before it can harm anybody."""
FAILOVER = re.compile(r"fail[- ]?over|multi-az|rebooted|restarted|recovery of the DB|切换|重启", re.IGNORECASE)
STRAINED = re.compile(r"too many|max_connections|connection slots|refus|reject|exhaust", re.IGNORECASE)
SHOWN = 6
FEWEST, FIRST = 2, 10
"""What was usual is read from the first tenth of the past, of two points at least: alerts come late, and a fault that
creeps in has begun well before."""


@dataclass(frozen=True, slots=True)
class Move:
    """A series that is not where it was."""

    track: Track
    before: float
    after: float

    @property
    def clear(self) -> bool:
        """Far beyond how it trembles, and high enough to matter."""
        values = self.track.values
        steps = [abs(later - sooner) for sooner, later in pairwise(values)]
        least = next((level for word, level in MATTERS.items() if word in self.track.name), 0.0)
        trembles = statistics.median(steps) if steps else 0.0
        return abs(self.after - self.before) > 4 * trembles and max(self.before, self.after) >= least

    @property
    def factor(self) -> float:
        low, high = sorted((abs(self.before) + 1e-9, abs(self.after) + 1e-9))
        return high / low

    def __str__(self) -> str:
        return f"{self.track.name} {self.before:g} -> {self.after:g}"


def make() -> Look:
    return look


def look(sight: Sight) -> Iterable[Finding]:
    tracks = [track for track in sight.tracks if _instance(track)]
    if not tracks:
        return
    moves = sorted((move for track in tracks if (move := _move(sight, track))), key=lambda move: -move.factor)
    subject = _subject(sight, tracks)
    proofs = [*_moved(moves), *_load(tracks), *_events(sight)]
    found = [*_what(subject, moves, tuple(proofs)), *_busy(sight, subject, tracks), *_failovers(sight, subject)]
    yield from found
    clear = [move for move in moves if move.clear]
    if not found and clear:
        values = {"name": subject.name, "moves": "; ".join(str(move) for move in clear[:SHOWN])}
        weight = 0.55 if len(clear) >= SEVERAL or clear[0].factor >= FAR else 0.25
        yield Finding(subject, "db_moved", Category.RESOURCE, weight, values, tuple(proofs))


def _instance(track: Track) -> str:
    return next((track.labels[name] for name in NAMED if name in track.labels), "")


def _subject(sight: Sight, tracks: list[Track]) -> Subject:
    """The instance that was asked about, else the one with the most series (a replica has few)."""
    asked = [one for one in asked_about(sight) if one.kind == "DBInstance"]
    names = [_instance(track) for track in tracks]
    return asked[0] if asked else Subject("DBInstance", "", statistics.mode(names))


def _move(sight: Sight, track: Track) -> Move | None:
    if len(track.values) < 5 or "_pi_" in track.name:
        return None
    past = len(track.between(0.0, sight.start))
    before = statistics.median(track.values[: max(FEWEST, past // FIRST)])
    after = statistics.median(track.values[-max(3, len(track.values) // 3) :])
    move = Move(track, before, after)
    return move if move.factor >= MOVED and abs(after - before) > 1e-3 else None


@dataclass(frozen=True, slots=True)
class Rule:
    """A measure that by itself says what runs out: which way it must move, and where it becomes serious."""

    word: str
    key: str
    category: Category
    weight: float
    rises: bool
    least: float = 0.0
    """The newest value must reach this (rising)..."""
    share: float = 1.0
    """...or fall to this share of what it was (falling)."""

    def holds(self, move: Move) -> bool:
        if self.word not in move.track.name or (move.after > move.before) != self.rises:
            return False
        return move.track.last >= self.least if self.rises else move.track.last <= self.share * move.before


RULES = (
    Rule("free_storage", "db_storage_full", Category.STORAGE, 0.92, rises=False, share=0.1),
    Rule("replica_lag", "db_replica_lags", Category.RESOURCE, 0.9, rises=True, least=30),
    Rule("connections", "db_sessions_high", Category.RESOURCE, 0.8, rises=True),
    Rule("cpuutilization", "db_cpu_full", Category.RESOURCE, 0.8, rises=True, least=75),
    Rule("freeable_memory", "db_memory_low", Category.RESOURCE, 0.75, rises=False, share=0.2),
)


def _what(subject: Subject, moves: list[Move], proofs: tuple[Proof, ...]) -> Iterator[Finding]:
    shown = "; ".join(str(move) for move in moves[:SHOWN])
    for rule in RULES:
        move = next((one for one in moves if rule.holds(one)), None)
        if move is not None:
            values = {"name": subject.name, "move": str(move), "moves": shown}
            own = Proof(move.track.query, f"{move.before:g} -> {move.track.last:g}", move.track.times[-1])
            at = _when(move.track)
            weight = rule.weight if rule.key != "db_sessions_high" or _strained(move, moves, proofs) else 0.25
            yield Finding(subject, rule.key, rule.category, weight, values, (own, *proofs), at=at)


def _strained(sessions: Move, moves: list[Move], proofs: tuple[Proof, ...]) -> bool:
    """More sessions harm nobody by themselves: the database complains, or something else moved with them."""
    others = [move for move in moves if move is not sessions and move.clear and "connection" not in move.track.name]
    return bool(others) or any(STRAINED.search(proof.shows) for proof in proofs)


def _busy(sight: Sight, subject: Subject, tracks: list[Track]) -> Iterator[Finding]:
    """A CPU that is full all the time does not move, and is full all the same."""
    for track in tracks:
        steady = "cpuutilization" in track.name and len(track.values) >= 5 and min(track.values[-5:]) >= BUSY
        if steady and _move(sight, track) is None:
            values = {"name": subject.name, "move": f"{track.name} {track.last:g}", "moves": "-"}
            proof = Proof(track.query, f"{track.last:g}", track.times[-1])
            yield Finding(subject, "db_cpu_full", Category.RESOURCE, 0.75, values, (proof,))


def _failovers(sight: Sight, subject: Subject) -> Iterator[Finding]:
    """The database reports that its machine was changed or restarted."""
    for line in sight.lines:
        if any(name in line.labels for name in NAMED) and FAILOVER.search(line.text) and line.at >= sight.start - 3600:
            values = {"name": subject.name, "line": shortened(line.text, 300)}
            proof = Proof(line.query, shortened(line.text, 300), line.at)
            asked = any(FAILOVER.search(f"{one.name} {one.summary}") for one in sight.ask.alerts)
            weight = 0.93 if asked else 0.5
            yield Finding(subject, "db_failover", Category.NODE, weight, values, (proof,), at=line.at)
            return


def _when(track: Track) -> float:
    """When half of the way was gone."""
    half = (track.values[0] + track.values[-1]) / 2
    rising = track.values[-1] > track.values[0]
    passed = (at for at, value in zip(track.times, track.values, strict=True) if (value >= half) == rising)
    return next(passed, track.times[-1])


def _moved(moves: list[Move]) -> Iterator[Proof]:
    for move in moves[:SHOWN]:
        yield Proof(move.track.query, f"{move.before:g} -> {move.after:g}", move.track.times[-1])


def _load(tracks: list[Track]) -> Iterator[Proof]:
    """The heaviest statement, wait event and user, where the database tells them."""
    for word, label in (("sql_load", "statement"), ("wait_load", "wait_event"), ("user_load", "user")):
        found = [track for track in tracks if f"_{word}" in track.name and label in track.labels]
        for track in sorted(found, key=lambda one: -one.last)[:2]:
            yield Proof(f"topk(2, {track.name})", f"{track.labels[label]} = {track.last:g}", track.times[-1])


def _events(sight: Sight) -> Iterator[Proof]:
    """What the database itself reported."""
    told: list[LogLine] = [line for line in sight.lines if any(name in line.labels for name in NAMED)]
    for line in told[-8:]:
        yield Proof(line.query, shortened(line.text, 300), line.at)
