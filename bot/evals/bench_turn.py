"""Times one turn: what the whole product adds to a replayed Dify answer, against a bare relay in the same run."""

import asyncio
import contextlib
import os
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from bot.evals import JSON, CaseScore, EvalOptions, EvalReport
from bot.evals._wire import call, heard, request

ROOT = Path(__file__).parents[2]
DIFY = ROOT / "tests" / "fakes" / "dify_server.py"
FIXTURE = "chatflow_resume_after_disconnect"
"""A hundred words in 25 s, a word each quarter of a second, as a model says them."""
MARK = "thats-all-from-dify"
MANY = 200
SPREAD = 5.0
"""Seconds over which the many begin: people do not press Enter in the same millisecond."""
MOST_ADDED_MS = 30.0
MOST_START_S = 2.0
PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Seen:
    """One turn as its reader saw it, by the machine's monotonic clock."""

    user: str
    """Whom Dify took it to be from."""
    asked: float
    first: float
    last: float


Turn = Callable[[int], Awaitable[Seen]]


class TurnBench:
    """One core for each side in turn; the pretend Dify and the readers have the other."""

    name = "bench_turn"

    async def run(self, options: EvalOptions) -> EvalReport:
        """First alone, then many at once."""
        if not DIFY.exists():
            why = "the pretend Dify is in the tests folder of the source tree, which is not here"
            return EvalReport(self.name, (CaseScore("turn", None, why),))
        _come_first(0)
        try:
            return await self._run(options.limit or MANY)
        finally:
            _come_first(0, 0)

    async def _run(self, many: int) -> EvalReport:
        figures: dict[str, JSON] = {"conversations": many, "cores": 1, "fixture": FIXTURE}
        with tempfile.TemporaryDirectory() as folder:
            async with started([sys.executable, str(DIFY), FIXTURE, MARK], 1) as (dify, _, _):
                bare = await _bare(dify, many)
                async with started(_product(dify, folder), 0):
                    pass  # the first start of a fresh checkout compiles; that is not what is timed
                async with started(_product(dify, folder), 0) as (url, ready, process):
                    await asyncio.sleep(1)
                    figures |= {"start_to_ready_s": round(ready, 2), "idle_memory_mb": _memory(process)}
                    ours = await _ours(url, dify, many)
        for count in (1, many):
            figures |= _compared(count, bare[count], ours[count])
        return EvalReport(self.name, _scores(many, figures), figures)


def make() -> TurnBench:
    """`--limit N` takes N conversations at once in place of 200."""
    return TurnBench()


def _product(dify: str, folder: str) -> list[str]:
    chosen = {
        "DUTYBOT_BRAINS": "dify",
        "DUTYBOT_CHANNELS": "web",
        "DUTYBOT_SKILLS": "prometheus,loki,kubernetes",
        "DUTYBOT_DATABASE_URL": f"sqlite:///{folder}/bench.sqlite",
        "DUTYBOT_LEDGER_PATH": f"{folder}/audit.jsonl",
        "DUTYBOT_LOG_LEVEL": "warning",
        "DIFY_URL": dify,
        "DIFY_KEY": "app-bench",
        "DIFY_STREAMS": "1000",
        "WEB_POSTS_PER_MINUTE": "100000",
        "HTTP_MOST_CONNECTIONS": "5000",
        "DOORS_TOKENS": "bench:read+plan+knowledge:not-a-secret-at-all",
    }
    settings = [f"{name}={value}" for name, value in chosen.items()]
    return [
        "/usr/bin/env",
        "-u",
        "PYTHONDONTWRITEBYTECODE",
        *settings,
        sys.executable,
        "-m",
        "bot",
        "run",
        "--port",
        "0",
    ]


@contextlib.asynccontextmanager
async def started(command: list[str], core: int) -> AsyncIterator[tuple[str, float, asyncio.subprocess.Process]]:
    """A program on one core: where it listens, how long that took, and the program."""
    cores = sorted(os.sched_getaffinity(0))
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, cwd=ROOT)
    try:
        os.sched_setaffinity(process.pid, {cores[core % len(cores)]})
        _come_first(process.pid)
        assert process.stdout
        line = ""
        while "http://" not in line:
            told = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
            if not told:
                raise RuntimeError(f"{' '.join(command[-5:])} ended before it listened")
            line = told.decode()
        yield line[line.index("http://") :].strip(), time.monotonic() - began, process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


def _come_first(pid: int, urgency: int = -15) -> None:
    """Others who work on this machine should not be measured; without the right to it, they are."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, urgency)
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid or 'self'}/autogroup").write_text(str(urgency), encoding="ascii")


def _memory(process: asyncio.subprocess.Process) -> float:
    told = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    return round(int(told.split("VmRSS:")[1].split()[0]) / 1024, 1)


async def _bare(dify: str, many: int) -> dict[int, list[tuple[float, float]]]:
    async with started([sys.executable, "-m", "bot.evals._relay", dify], 0) as (url, _, _):

        async def turn(place: int) -> Seen:
            user = f"relay-{place}-{time.monotonic_ns()}"
            asked = time.monotonic()
            *_, reader, writer = await request(url, "POST", "/", {"query": "hello", "user": user})
            first, last = await heard(reader, [b"data: ", MARK.encode()], PATIENCE)
            writer.close()
            return Seen(user, asked, first, last)

        return {count: await _round(count, dify, turn) for count in (1, many)}


async def _ours(url: str, dify: str, many: int) -> dict[int, list[tuple[float, float]]]:
    seats = await asyncio.gather(*(_seat(url) for _ in range(many)))

    async def turn(place: int) -> Seen:
        asked = time.monotonic()
        _, told = await call(
            url, "POST", "/web/messages", {"text": f"hello {asked}", "key": uuid.uuid4().hex}, seats[place]
        )
        thread = str(told["thread"])
        path = f"/web/stream?thread={thread}&after={told['seq']}"
        *_, reader, writer = await request(url, "GET", path, None, seats[place])
        first, last = await heard(reader, [b'"card":{', MARK.encode()], PATIENCE)
        writer.close()
        return Seen(thread, asked, first, last)

    return {count: await _round(count, dify, turn) for count in (1, many)}


async def _seat(url: str) -> dict[str, str]:
    """What a reader shows with each request: a session of its own."""
    head, told = await call(url, "GET", "/web/me")
    return {"cookie": head["set-cookie"].split(";")[0], "x-csrf-token": str(told["csrf"])}


async def _round(count: int, dify: str, turn: Turn) -> list[tuple[float, float]]:
    """So many turns at once: for each, ms until the first sign, and ms from Dify's last word until it was seen."""

    async def one(place: int) -> Seen:
        await asyncio.sleep(SPREAD * place / count)
        return await turn(place)

    seen = await asyncio.gather(*(one(place) for place in range(count)))
    _, told = await call(dify, "GET", "/v1/stamps")
    stamps = {user.rsplit(":", 1)[-1]: float(str(at)) for user, at in told.items()}
    return [((each.first - each.asked) * 1000, (each.last - stamps[each.user]) * 1000) for each in seen]


def _compared(count: int, bare: list[tuple[float, float]], ours: list[tuple[float, float]]) -> dict[str, JSON]:
    """The product's p50 and p99 less the relay's."""
    told: dict[str, JSON] = {}
    for place, what in ((0, "first_card"), (1, "last_word")):
        for share in (50, 99):
            theirs, mine = (_percentile([each[place] for each in side], share) for side in (bare, ours))
            told[f"relay_{what}_p{share}_ms_{count}"] = round(theirs, 2)
            told[f"product_{what}_p{share}_ms_{count}"] = round(mine, 2)
            told[f"added_{what}_p{share}_ms_{count}"] = round(mine - theirs, 2)
    added = max(float(str(told[f"added_{what}_p99_ms_{count}"])) for what in ("first_card", "last_word"))
    return told | {f"added_p99_ms_{count}": round(added, 2)}


def _percentile(values: list[float], share: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, -(-len(ordered) * share // 100) - 1)]


def _scores(many: int, figures: dict[str, JSON]) -> tuple[CaseScore, ...]:
    scores = []
    for figure, most in ((f"added_p99_ms_{many}", MOST_ADDED_MS), ("start_to_ready_s", MOST_START_S)):
        value = float(str(figures[figure]))
        scores.append(CaseScore(figure, value <= most, f"{value:g}; wanted at most {most:g}"))
    return tuple(scores)
