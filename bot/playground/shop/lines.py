"""What the containers of the shop say: access lines, chatter, and the errors that belong to what goes wrong."""

import random
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from bot.playground.shop.phrases import ACCESS, CHATTER, FAILURES, LAST_WORDS, OPENING
from bot.playground.shop.services import BY_NAME, Service
from bot.playground.shop.weather import Weather, felt_at
from bot.playground.world.lives import Life, Run

Spoken = tuple[float, str, str]
_KEPT_MINUTES = 60_000


@dataclass(slots=True)
class Lines:
    """Makes the lines of a pod for any span of time, always the same ones."""

    weather: Weather
    _minutes: OrderedDict[tuple[str, int, int], list[Spoken]] = field(default_factory=OrderedDict)

    def spoken(self, life: Life, start: float, end: float) -> list[Spoken]:
        """Time, severity and text of all that a pod said from `start` to before `end`."""
        if not life.runs:
            return []
        end = min(end, self.weather.world.now, life.deleted if life.deleted is not None else end)
        start = max(start, life.runs[0].start)
        found: list[Spoken] = []
        for minute in range(int(start // 60), int(end // 60) + 1):
            found += self._minute(life, minute)
        low = bisect_left(found, start, key=lambda line: line[0])
        high = bisect_left(found, end, key=lambda line: line[0])
        return found[low:high]

    def plain(self, life: Life, start: float, end: float) -> list[tuple[float, str]]:
        """The same, as a pod's log shows it."""
        return [(at, text) for at, _, text in self.spoken(life, start, end)]

    def _minute(self, life: Life, minute: int) -> list[Spoken]:
        current = (minute + 1) * 60 > self.weather.world.now
        key = (life.uid, minute, len(self.weather.effects))
        if not current and key in self._minutes:
            return self._minutes[key]
        made = self._make(life, minute)
        if not current:
            self._minutes[key] = made
            if len(self._minutes) > _KEPT_MINUTES:
                self._minutes.popitem(last=False)
        return made

    def _make(self, life: Life, minute: int) -> list[Spoken]:
        chance = random.Random(f"{self.weather.world.seed}/{life.uid}/{minute}")  # noqa: S311
        begin = minute * 60.0
        said: list[Spoken] = []
        if life.app in BY_NAME and life.uid in self.weather.sky().pods:
            said += self._requests(life, begin, chance)
        else:
            said += [
                (begin + chance.uniform(0, 60), "info", text)
                for text in chance.sample(CHATTER.get(life.app, CHATTER["*"]), 1)
            ]
        for run in life.runs:
            said += _edges(life, run, begin)
        said += self._faults(life, begin, chance)
        alive = [line for line in said if _alive(life, line[0])]
        return sorted(
            ((at, level, text.replace("{at}", stamp_of(at))) for at, level, text in alive), key=lambda line: line[0]
        )

    def _requests(self, life: Life, begin: float, chance: random.Random) -> list[Spoken]:
        """A sample of the requests of one minute."""
        service, sky = BY_NAME[life.app], self.weather.sky()
        pod = sky.pods[life.uid]
        said: list[Spoken] = []
        for _ in range(max(2, min(12, round(service.rate / 4)))):
            at = begin + chance.uniform(0, 60)
            now = np.array([at])
            if not sky.at(pod.share, now)[0]:
                continue
            failed = chance.random() < sky.at(pod.errors, now)[0]
            taken = float(sky.at(pod.median, now)[0] * chance.lognormvariate(0, 0.55))
            request = f"{chance.getrandbits(64):016x}"
            route = chance.choice(service.routes)
            line = access_line(service, at, route, 500 if failed else 200, taken, request)
            said.append((at, "error" if failed else "info", line))
            if failed:
                why = chance.choice(FAILURES[service.language])
                told = {"request": request, "service": service.name, "thread": chance.randint(1, 9)}
                said.append((at + 0.002, "error", why.format(at=stamp_of(at), **told)))
        return said

    def _faults(self, life: Life, begin: float, chance: random.Random) -> list[Spoken]:
        said: list[Spoken] = []
        for effect in self.weather.effects:
            if not effect.lines or not effect.strikes(life):
                continue
            for _ in range(5):
                at = begin + chance.uniform(0, 60)
                if felt_at(effect, life, np.array([at]))[0]:
                    text = chance.choice(effect.lines)
                    said.append(
                        (
                            at,
                            effect.line_level,
                            text.replace("{n}", str(chance.randint(3, 40)))
                            .replace("{hex}", f"{chance.getrandbits(32):08x}")
                            .replace("{thread}", str(chance.randint(1, 20))),
                        )
                    )
        return said


def _edges(life: Life, run: Run, begin: float) -> list[Spoken]:
    """What is said when a container starts, and its last words."""
    service = BY_NAME.get(life.app)
    said: list[Spoken] = []
    if begin <= run.start < begin + 60:
        version = life.image.rsplit(":", 1)[-1]
        for place, text in enumerate(OPENING[service.language if service else "go"]):
            said.append(
                (run.start + 0.2 + place * 0.7, "info", text.format(at="{at}", service=life.app, version=version))
            )
    if run.end is not None and begin <= run.end - 0.05 < begin + 60:
        words = run.message or LAST_WORDS.get(run.reason, "")
        if words:
            said.append((run.end - 0.05, "error" if run.exit_code else "info", words))
    return said


def _alive(life: Life, at: float) -> bool:
    starts = [run.start for run in life.runs]
    place = bisect_right(starts, at) - 1
    if place < 0:
        return False
    end = life.runs[place].end
    return end is None or at < end


def stamp_of(at: float) -> str:
    """A time as a log line writes it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def access_line(service: Service, at: float, route: str, code: int, taken_ms: float, request: str) -> str:
    """One served request, in the way that the service's language writes it."""
    bad = code >= 500
    return ACCESS[service.language].format(
        at=stamp_of(at),
        level="error" if bad else "info",
        WORD="ERROR" if bad else "INFO ",
        word="ERROR" if bad else "INFO",
        service=service.name,
        short=service.name.partition("-")[0],
        route=route,
        code=code,
        taken=f"{taken_ms:.1f}",
        whole=f"{taken_ms:.0f}",
        thread=int(taken_ms) % 10 + 1,
        request=request,
    )
