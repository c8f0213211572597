"""A real PostgreSQL for tests, from the machine's own package: one server, a fresh database whenever asked."""

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from tests.servers.process import LOCAL, Process, free_port, new_folder
from tests.servers.programs import NotBuilt

PLACES = ("/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt", "/usr/pgsql*")


def binaries(*, install: bool = True) -> Path:
    """The folder with initdb, postgres and createdb, installed by apt if need be.

    Raises:
        NotBuilt: PostgreSQL is not installed and cannot be.
    """
    if found := _binaries():
        return found
    if install and shutil.which("apt-get") and os.geteuid() == 0:
        print("installing PostgreSQL by apt-get, once …", file=sys.stderr, flush=True)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for words in (["update"], ["install", "-y", "--no-install-recommends", "postgresql"]):
            subprocess.run(["apt-get", "-q", *words], check=False, capture_output=True, env=quiet)
        if found := _binaries():
            return found
    raise NotBuilt("PostgreSQL is not installed: the tests need its server (on Debian: apt-get install postgresql).")


def _binaries() -> Path | None:
    known = [path.parent for place in PLACES for path in Path("/").glob(f"{place[1:]}/**/bin/initdb")]
    if command := shutil.which("initdb"):
        known.append(Path(command).resolve().parent)
    return max(
        known,
        key=lambda folder: [int(n) for n in folder.parent.name.split("@")[-1].split(".") if n.isdigit()],
        default=None,
    )


def unprivileged() -> str | None:
    """The user to run as instead of root, which some servers refuse."""
    if os.geteuid():
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in names)


class PostgresServer:
    """A running PostgreSQL: no password, this machine only, nothing forced to disk (a kill loses nothing)."""

    def __init__(self) -> None:
        self.folder = new_folder("postgres")
        self._bin = binaries()
        self._numbers = itertools.count(1)
        self.port = free_port()
        user = unprivileged()
        if user:
            shutil.chown(self.folder, user)
        store = self.folder / "store"
        made = Process(
            "initdb",
            [
                self._bin / "initdb",
                "-D",
                store,
                "-U",
                "dutybot",
                "--auth=trust",
                "-E",
                "UTF8",
                "--locale=C",
                "--no-sync",
            ],
            self.folder,
            user=user,
        )
        made.finish(60)
        self.process = Process(
            "postgres",
            [
                self._bin / "postgres",
                *("-D", store, "-h", LOCAL, "-p", str(self.port), "-k", ""),
                *("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"),
                *("-c", "max_connections=200"),
            ],
            self.folder,
            user=user,
        )
        try:
            self.process.wait(self._ready)
        except BaseException:
            self.stop()
            raise

    def _run(self, program: str, *words: str) -> subprocess.CompletedProcess[str]:
        command = [str(self._bin / program), "-h", LOCAL, "-p", str(self.port), "-U", "dutybot", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")

    def _ready(self) -> bool:
        return self._run("pg_isready", "-q", "-d", "postgres").returncode == 0

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://dutybot@{LOCAL}:{self.port}/{database}"

    def new_database(self) -> str:
        """The URL of an empty database that nobody else uses (for SQLAlchemy: postgresql+asyncpg://…)."""
        name = f"test_{next(self._numbers)}"
        made = self._run("createdb", name)
        if made.returncode:
            raise RuntimeError(made.stderr)
        return self.url(name)

    def stop(self) -> None:
        self.process.stop(number=signal.SIGINT)
        shutil.rmtree(self.folder, ignore_errors=True)
