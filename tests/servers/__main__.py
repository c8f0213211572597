"""`python -m tests.servers [NAME …]` (make servers): gets the servers that tests run against, a line for each."""

import argparse
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers import elasticsearch_program, minilm_weights, model_server, postgres_program
from tests.servers.programs import PROGRAMS, NotBuilt, cache, find

OPTIONAL = ("elasticsearch",)
PASSED_OVER = ("minilm", "model")
"""Nothing fails without it: where it cannot be had, that is said and the others are built."""


@contextmanager
def clock(label: str) -> Iterator[None]:
    """Shows on a terminal how long a build has been running."""
    done = threading.Event()

    def tick(start: float) -> None:
        while not done.wait(1):
            print(f"\r{label}  {time.monotonic() - start:4.0f} s", end="", file=sys.stderr, flush=True)

    thread = threading.Thread(target=tick, args=(time.monotonic(),), daemon=True)
    if sys.stderr.isatty():
        thread.start()
    try:
        yield
    finally:
        done.set()
        if thread.is_alive():
            thread.join()
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def _known() -> dict[str, tuple[Callable[[], str], Callable[[], bool], Callable[[], Path]]]:
    """Name -> (its version, is it there, get it)."""
    known = {
        name: (lambda one=one: one.version, lambda one=one: one.path.exists(), lambda name=name: find(name, quiet=True))
        for name, one in PROGRAMS.items()
    }
    known["postgresql"] = (postgres_program.version, postgres_program.is_here, postgres_program.binaries)
    fetched = elasticsearch_program
    known["elasticsearch"] = (fetched.version, fetched.is_here, lambda: fetched.find(quiet=True))
    known["minilm"] = (minilm_weights.version, minilm_weights.is_here, minilm_weights.find)
    known["model"] = (model_server.version, model_server.is_here, model_server.find)
    return known


def main(arguments: list[str] | None = None) -> int:
    """Gets what is asked for, one line each: name, version, seconds."""
    known = _known()
    parser = argparse.ArgumentParser(prog="make servers", description="Build the servers the tests run against.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{' '.join(known)} (all but {' '.join(OPTIONAL)})")
    asked = parser.parse_args(arguments).names or [name for name in known if name not in OPTIONAL]
    if unknown := [name for name in asked if name not in known]:
        parser.error(f"there is no server called {unknown[0]}; there are: {' '.join(known)}")
    print(f"test servers, into {cache()} (all of them take about 15 minutes on two cores, once)", flush=True)
    for number, name in enumerate(asked, 1):
        version, here, get = known[name]
        label = f"[{number}/{len(asked)}] {name:24}"
        if here():
            print(f"{label} {version():9} already there", flush=True)
            continue
        start = time.monotonic()
        try:
            with clock(label):
                get()
        except NotBuilt as why:
            print(f"{label} {why}", file=sys.stderr, flush=True)
            if name in PASSED_OVER:
                continue
            return 1
        print(f"{label} {version():9} {time.monotonic() - start:4.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
