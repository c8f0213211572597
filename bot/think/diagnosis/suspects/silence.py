"""Finds services that leave out what they always did: a line that came with each run of a step, and now does not."""

import bisect
import math
import statistics
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from bot.think.diagnosis.suspects.accusation import CLIENT, MINUTE, Scene, clip
from bot.think.diagnosis.suspects.patterns import is_error, pattern_of
from bot.think.diagnosis.suspects.work import runs

LEAST = 6
GONE = 0.65
"""A line is missed if less than this share of what is due was heard."""
TOGETHER = 0.85
"""Lines belong together if they came in the same moments this often."""
MOMENT = 2.0
TRACED = 3
"""Traces count whole minutes: they are no match for the later starts."""
SURELY = 20
"""Smaller numbers of lines and runs are equal by chance."""
PAIRED = 0.5
"""If fewer of the frequent lines are as many as an operation, lines and runs are not counted alike."""
SURE_FIT, WIDE_FIT = 1.5, 3.0
"""Standard deviations within which a number of lines tells the share that is kept, and goes with an operation."""
GONE_WHOLLY = 4.0
"""So many lines that are due, and none of which comes, are most of a proof."""
CHANCE = 1.25
"""So many standard deviations may be chance, where lines are only sampled."""
SHARES = (1.0, *(number / 20 for number in range(19, 7, -1)))
"""Shares of lines that may be kept, the whole first; of less than 0.4 nothing can be said."""
MOST_PATTERNS = 40
Work = Mapping[str, Counter[str]]
LATER = (0.0, 30.0, 60.0)
"""Faults need some time to show: seconds after the complaint from which we count as well."""


@dataclass(frozen=True, slots=True)
class Missed:
    """How clearly (0 to 1) a line is missing, and which."""

    score: float
    line: str


@dataclass(frozen=True, slots=True)
class Voice:
    """What one service said: pattern -> moments, before and since; and the moments of its errors since."""

    before: dict[str, list[float]]
    since: dict[str, list[float]]
    errors: list[float]

    def heard(self, pattern: str, start: float) -> int:
        return _from(self.since.get(pattern, []), start)

    def explained(self, missed: str, times: float, start: float) -> float:
        """How many missing lines have a reason: an error was written, or another line came in their place.

        `times`: how many times as much was done since, as in the past.
        """
        instead = (
            self.heard(pattern, start) - times * len(self.before.get(pattern, ()))
            for pattern in self.since
            if pattern != missed
        )
        return _from(self.errors, start) + max(0.0, max(instead, default=0.0))


@dataclass(frozen=True, slots=True)
class Due:
    """A line that should have been heard so often, as so many times as much was done as in the past."""

    service: str
    pattern: str
    times: float
    often: float
    chance: float = 0.0
    """How far that number may be off because not all lines are kept: one standard deviation."""


def silent(scene: Scene) -> Mapping[str, Missed]:
    """Service -> the line that it misses most clearly."""
    voices, found, starts = voices_of(scene), dict[str, Missed](), _starts(scene)
    work = runs(scene, past=True), runs(scene, past=False)
    kept = share_kept(voices, work[0])
    for number, start in enumerate(starts):
        due = [*_by_company(voices, start, kept), *(_by_work(voices, work, start, kept) if number < TRACED else ())]
        for one in due:
            voice = voices[one.service]
            often = one.often - voice.explained(one.pattern, one.times, start)
            heard = voice.heard(one.pattern, start)
            sure = often - heard - CHANCE * one.chance
            score = clip(sure / math.sqrt(often + 1) / 4) if often >= LEAST else 0.0
            if not heard and often >= LEAST:  # gone wholly: chance alone hardly does that
                score = max(score, clip(1 - math.exp(-sure / GONE_WHOLLY)))
            if heard < GONE * often and score > (found[one.service].score if one.service in found else 0.25):
                found[one.service] = Missed(score, one.pattern[:160])
    return found


def _starts(scene: Scene) -> tuple[float, ...]:
    """From when on we count: all since the known past, since the fault, and later."""
    return past_end(scene), scene.start, *(scene.sight.start + late for late in LATER)


def past_end(scene: Scene) -> float:
    """The end of the past that both logs and traces tell of."""
    stamps = [
        at for track in scene.sight.metric_names.get("trace_spans", ()) for at in track.times if at < scene.cut(track)
    ]
    return min(scene.start, max(stamps, default=scene.start) + MINUTE)


def voices_of(scene: Scene) -> Mapping[str, Voice]:
    """Service -> what it said."""
    end, found = past_end(scene), dict[str, Voice]()
    for line in scene.sight.lines:
        service = line.labels.get("service", "")
        if not service:
            continue
        voice = found.setdefault(service, Voice({}, {}, []))
        pattern = pattern_of(line.text)
        if is_error(pattern):
            if line.at >= end:
                voice.errors.append(line.at)
        elif line.at < end:
            voice.before.setdefault(pattern, []).append(line.at)
        else:
            voice.since.setdefault(pattern, []).append(line.at)
    return found


def _from(moments: list[float], start: float) -> int:
    return len(moments) - bisect.bisect_left(moments, start)


def _by_company(voices: Mapping[str, Voice], start: float, kept: float) -> Iterator[Due]:
    """Lines that always came together with others, as far as lines are kept at all."""
    for service, voice in voices.items():
        often = sorted(voice.before, key=lambda one: -len(voice.before[one]))[:MOST_PATTERNS]
        often = [one for one in often if len(voice.before[one]) >= LEAST]
        moments = {one: Counter(int(at / MOMENT) for at in voice.before[one]) for one in often}
        for one, other in combinations(often, 2):
            more = max(len(voice.before[one]), len(voice.before[other]))
            if (moments[one] & moments[other]).total() < TOGETHER * (kept or 1.0) * more:
                continue
            for missed, partner in ((one, other), (other, one)):
                heard, was, own = voice.heard(partner, start), len(voice.before[partner]), len(voice.before[missed])
                due = heard / was * own
                yield Due(service, missed, heard / was, due, _chance(kept, due, heard, was, own))


def _by_work(voices: Mapping[str, Voice], work: tuple[Work, Work], start: float, kept: float) -> Iterator[Due]:
    """Lines that were said as often as an operation ran.

    Logs and traces may not cover the same seconds: what holds for all lines is no news of one.
    """
    pairs = list(_pairs(voices, work, kept)) if kept else []
    if not pairs:
        return
    heard = [voices[one.service].heard(one.pattern, start) / one.often for one in pairs]
    cover = min(1.0, statistics.median(heard)) if len(pairs) >= 10 else 1.0
    for one in pairs:
        yield Due(one.service, one.pattern, one.times * cover, one.often * cover, one.chance * cover)


def share_kept(voices: Mapping[str, Voice], past: Work) -> float:
    """Which share of all lines reaches us; 0 where they cannot be counted against the work.

    A collector that samples, or loses lines, leaves the same share of each: most lines that are written once for each
    run of an operation are then as many as that share of its runs.
    """
    frequent = [
        (len(moments), [n for name, n in past[service].items() if not CLIENT.search(name)])
        for service, voice in voices.items()
        if service in past
        for moments in voice.before.values()
        if len(moments) >= SURELY
    ]
    fits = {
        kept: sum(any(_as_many(count, n, kept, SURE_FIT) for n in ran) for count, ran in frequent) for kept in SHARES
    }
    best = 1.0 if fits[1.0] >= PAIRED * len(frequent) else max(SHARES, key=lambda kept: fits[kept])
    return best if fits[best] >= PAIRED * len(frequent) else 0.0


def _chance(kept: float, often: float, *counted: int) -> float:
    """How far a number may be off that follows from these counts, and is itself counted, if a share is kept."""
    if kept in (0.0, 1.0):
        return 0.0
    return math.sqrt((1 - kept) * (often**2 * sum(1 / n for n in counted if n) + often))


def _as_many(count: int, runs_of_it: int, kept: float, within: float) -> bool:
    """Whether lines are as many as runs, of which a share is kept; `within`: in standard deviations."""
    slack = 0.1 * runs_of_it if kept == 1.0 else within * math.sqrt(runs_of_it * kept * (1 - kept))
    return abs(kept * runs_of_it - count) <= max(1.0, slack)


def _pairs(voices: Mapping[str, Voice], work: tuple[Work, Work], kept: float) -> Iterator[Due]:
    for service, voice in voices.items():
        past, since = (part.get(service, Counter()) for part in work)
        for pattern, moments in voice.before.items():
            count = len(moments)
            partners = [name for name, n in past.items() if _as_many(count, n, kept, WIDE_FIT)]
            partners = [name for name in partners if not CLIENT.search(name)]
            if partners and count >= SURELY:
                times = min(since[name] / past[name] for name in partners)
                if times * count >= LEAST:
                    yield Due(service, pattern, times, times * count, _chance(kept, times * count, count))
