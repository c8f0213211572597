"""A newcomer's run, by `make newcomer`: a clean clone, a fresh home, every command of README as written, timed.

It needs nothing but Python and git, as the newcomer has it. It takes minutes and some GB of a temporary folder.
`make test` among the commands takes long: `--without "make test"` passes it over, and the table says so.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[2]
SERVES = re.compile(r"^make demo$|dutybot (run|demo)\b")
"""What goes on until it is stopped: timed until its address answers."""
MAY_FIND_FAULT = re.compile(r"dutybot doctor$")
"""Its exit code tells of what is missing, and a newcomer misses much."""
KEPT = r"PATH$|LANG$|TERM$|PIP_|SSL_CERT_|REQUESTS_CA_BUNDLE$|NODE_EXTRA_CA|(?i:https?|no)_proxy$|GOPROXY$|GOSUMDB$"
"""What this machine says of the way to packages; all else of the environment is forgotten."""


PATIENCE = 4 * 3600.0
"""Seconds for one command: `make test` builds servers and passes everything, on a machine that may be busy."""


@dataclass(frozen=True)
class Told:
    """One command, and what came of it. `worked`: seconds of the processor, which tell more on a busy machine."""

    command: str
    seconds: float
    outcome: str
    well: bool = True
    worked: float = 0.0

    def row(self) -> str:
        return f"| `{self.command}` | {self.seconds:.0f} s | {self.worked:.0f} s | {self.outcome} |"


def commands(readme: str) -> list[str]:
    """Every line of README's shell blocks, in their order, without its comment."""
    found = re.findall(r"^```sh\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    lines = [re.sub(r"\s+#\s.*", "", line).strip() for block in found for line in block.splitlines()]
    return [line for line in lines if line]


def walk(source: Path, folder: Path, without: Sequence[str] = (), patience: float = PATIENCE) -> Iterator[Told]:
    """Clones and does it all; ends at the first command that fails."""
    home, clone = folder / "home", folder / "dutybot"
    home.mkdir()
    env = {name: value for name, value in os.environ.items() if re.match(KEPT, name)} | {"HOME": str(home)}
    asked = f"git clone --quiet {source} {clone}"
    yield (cloned := _weighed(_once, asked, folder, env, patience, "git clone"))
    if not cloned.well:
        return
    for command in commands((clone / "README.md").read_text()):
        if command in without:
            yield Told(command, 0, "passed over")
            continue
        done = _weighed(_served if SERVES.search(command) else _once, command, clone, env, patience)
        yield done
        if not done.well:
            return


def _weighed(do: Callable[..., Told], *about: object) -> Told:
    """With what the processor had to do for it and for all that it started."""
    before = os.times()
    done = do(*about)
    after = os.times()
    worked = after.children_user + after.children_system - before.children_user - before.children_system
    return replace(done, worked=worked)


def _once(command: str, folder: Path, env: dict[str, str], patience: float, name: str = "") -> Told:
    begun = time.monotonic()
    log = folder.parent / "last.log"
    with log.open("wb") as out:
        ran = _started(command, folder, env, out)
        try:
            code = ran.wait(patience)
        except subprocess.TimeoutExpired:
            _end(ran)
            code = -1
    said = log.read_text(errors="replace").splitlines()
    well = code == 0 or bool(MAY_FIND_FAULT.search(command))
    outcome = "done" if code == 0 else f"ended with {code}: {said[-1] if said else 'silent'}"
    return Told(name or command, time.monotonic() - begun, outcome, well)


def _started(command: str, folder: Path, env: dict[str, str], out: IO[bytes]) -> subprocess.Popen[bytes]:
    """As from a terminal: a job in the background would inherit deaf ears for Ctrl+C."""

    def listening() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    words = ["/bin/sh", "-c", command]
    return subprocess.Popen(
        words, cwd=folder, env=env, stdout=out, stderr=out, start_new_session=True, preexec_fn=listening
    )


def _served(command: str, folder: Path, env: dict[str, str], patience: float) -> Told:
    """Starts it, waits until the address that it prints answers, and stops it as Ctrl+C would."""
    begun = time.monotonic()
    log = folder.parent / "last.log"
    with log.open("wb") as out:
        running = _started(command, folder, env, out)
    try:
        while time.monotonic() - begun < patience:
            said = log.read_text(errors="replace")
            answering = next((url for url in re.findall(r"http://[\w.:-]+", said) if _answers(url)), None)
            if answering:
                seconds = time.monotonic() - begun
                return Told(command, seconds, f"the page answers at {answering}; {_end(running)}")
            if running.poll() is not None:
                return Told(command, time.monotonic() - begun, f"ended: {said[-300:].strip()}", False)
            time.sleep(0.2)
        return Told(command, patience, "never answered", False)
    finally:
        _end(running)


def _answers(url: str) -> bool:
    nothing_between = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with nothing_between.open(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def _end(running: subprocess.Popen[bytes], seconds: float = 30) -> str:
    if running.poll() is not None:
        return "stopped"
    os.killpg(running.pid, signal.SIGINT)
    try:
        running.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        return "had to be killed"
    return "stopped"


def main(words: Sequence[str]) -> int:
    """The table of what was done; 1 when a command failed."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--without", action="append", default=[], help="a command of README to pass over")
    asked.add_argument("--source", type=Path, default=ROOT, help="what is cloned")
    chosen = asked.parse_args(words)
    folder = Path(tempfile.mkdtemp(prefix="dutybot-newcomer-"))
    failed = False
    print("| command | until it was done, or answered | processor | |\n|---|---|---|---|", flush=True)
    try:
        for each in walk(chosen.source, folder, chosen.without):
            print(each.row(), flush=True)
            failed = failed or not each.well
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
