"""A real PostgreSQL for tests, from the machine's own package: one server, a fresh database whenever asked."""

import itertools
import os
import shutil
import signal
import subprocess

from tests.servers.postgres_program import binaries
from tests.servers.process import LOCAL, Process, free_port, new_folder, unprivileged


class PostgresServer:
    """A running PostgreSQL: no password, this machine only, nothing forced to disk (a kill loses nothing)."""

    def __init__(self, password: str = "") -> None:
        """Starts it; with a password it asks for that, as the image does."""
        self.folder = new_folder("postgres")
        self._password = password
        (self.folder / "password").write_text(password)
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
                *([f"--pwfile={self.folder / 'password'}", "--auth=scram-sha-256"] if password else ["--auth=trust"]),
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

    def run(self, program: str, *words: str) -> subprocess.CompletedProcess[str]:
        command = [str(self._bin / program), "-h", LOCAL, "-p", str(self.port), "-U", "dutybot", *words]
        known = {**os.environ, "PGPASSWORD": self._password}
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", env=known)

    def _ready(self) -> bool:
        return self.run("pg_isready", "-q", "-d", "postgres").returncode == 0

    def url(self, database: str = "postgres") -> str:
        who = f"dutybot:{self._password}" if self._password else "dutybot"
        return f"postgresql://{who}@{LOCAL}:{self.port}/{database}"

    def new_database(self) -> str:
        """The URL of an empty database that nobody else uses (for SQLAlchemy: postgresql+asyncpg://…)."""
        return self.make_database(f"test_{next(self._numbers)}")

    def make_database(self, name: str) -> str:
        """The same under a name of one's own."""
        made = self.run("createdb", name)
        if made.returncode:
            raise RuntimeError(made.stderr)
        return self.url(name)

    def stop(self) -> None:
        self.process.stop(number=signal.SIGINT)
        shutil.rmtree(self.folder, ignore_errors=True)
