"""A real PostgreSQL for tests, from the machine's own package: one server, a fresh database whenever asked."""

import itertools
import shutil
import signal
import subprocess

from tests.servers.postgres_program import binaries
from tests.servers.process import LOCAL, Process, free_port, new_folder, unprivileged


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
