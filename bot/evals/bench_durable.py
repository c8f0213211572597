"""Two engines for what must not be lost, side by side: our inbox, and DBOS; each is killed and started again."""

import asyncio
import json
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bot.evals import JSON, CaseScore, EvalOptions, EvalReport

AT_ONCE = 200
EVENTS = 30
ENGINES = ("ours", "dbos")


class DurableBench:
    """How long until a write is safe, and what is lost or done twice when the process is killed in the middle."""

    name = "bench_durable"

    async def run(self, options: EvalOptions) -> EvalReport:
        scores: list[CaseScore] = []
        figures: dict[str, JSON] = {}
        for engine in ENGINES:
            with tempfile.TemporaryDirectory(prefix="dutybot-durable-") as folder:
                told = await asyncio.to_thread(_measure, engine, Path(folder))
            if "why" in told:
                scores.append(CaseScore(engine, None, str(told["why"])))
                continue
            scores.append(CaseScore(engine, told["lost"] == 0, f"lost {told['lost']}", told))
            figures |= {f"{engine}_{name}": value for name, value in told.items()}
        if "dbos_all_safe_ms" in figures and "ours_all_safe_ms" in figures:
            ratio = float(str(figures["dbos_all_safe_ms"])) / float(str(figures["ours_all_safe_ms"]))
            figures["dbos_to_ours_all_safe"] = round(ratio, 1)
        return EvalReport(self.name, tuple(scores), figures)


def _measure(engine: str, folder: Path) -> dict[str, JSON]:
    """One engine: timed, then killed half way through its events, then started again until all is done."""
    timed = _child(engine, folder / "timed", "time")
    if timed.returncode:
        return {"why": (timed.stderr.strip().splitlines() or ["it did not run"])[-1][:200]}
    figures: dict[str, JSON] = json.loads(timed.stdout.strip().splitlines()[-1])
    killed = _child(engine, folder / "killed", "kill")
    if killed.returncode != -signal.SIGKILL:
        return {"why": f"it was not killed ({killed.returncode})"}
    begun = time.perf_counter()
    again = _child(engine, folder / "killed", "again")
    if again.returncode:
        return {"why": (again.stderr.strip().splitlines() or ["it did not start again"])[-1][:200]}
    done = (folder / "killed" / "effects").read_text(encoding="utf-8").split()
    lost = EVENTS - len(set(done))
    return {
        **figures,
        "lost": lost,
        "doubled": len(done) - len(set(done)),
        "recovered_s": round(time.perf_counter() - begun, 2),
    }


def _child(engine: str, folder: Path, what: str) -> subprocess.CompletedProcess[str]:
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "bot.evals._durable_child", engine, str(folder), what]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603


def told(taken: list[float], whole: float) -> str:
    """What a child prints: how long a write took until it was safe, and all of them, in milliseconds."""
    ordered = sorted(each * 1000 for each in taken)
    return json.dumps(
        {
            "all_safe_ms": round(whole * 1000, 1),
            "safe_p50_ms": round(statistics.median(ordered), 2),
            "safe_p95_ms": round(ordered[int(len(ordered) * 0.95)], 2),
        }
    )


def make() -> DurableBench:
    """`dutybot bench durable`."""
    return DurableBench()
