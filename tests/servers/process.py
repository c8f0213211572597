"""Runs one server as a child process: free ports, a log file, a wait until it is ready, an end by its own id."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import httpx

LOCAL = "127.0.0.1"


class NotReady(Exception):
    """A server ended or did not answer in time; the text ends with the last lines of its log."""


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now. All are held at once, so that they differ."""
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind((LOCAL, 0))
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()


def free_port() -> int:
    return free_ports(1)[0]


def new_folder(name: str) -> Path:
    """A fresh folder for a server's files and log. Others may pass through it: some servers refuse to run as root."""
    folder = Path(tempfile.mkdtemp(prefix=f"dutybot-{name}-"))
    folder.chmod(0o711)
    return folder


def answers(url: str, **options: object) -> Callable[[], bool]:
    """A question for `Process.wait`: does this address answer 200?"""
    client = httpx.Client(trust_env=False, timeout=2, **options)  # type: ignore[arg-type]

    def ask() -> bool:
        try:
            return client.get(url).status_code == 200
        except httpx.HTTPError:
            return False

    return ask


def unprivileged() -> str | None:
    """The user to run as instead of root, which some servers refuse."""
    if os.geteuid():
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in names)


class Process:
    """A server program on duty."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        folder: Path,
        *,
        environment: Mapping[str, str] | None = None,
        user: str | None = None,
        orphaned: str = "KILL",
    ) -> None:
        self.name = name
        self.folder = folder
        self.log = folder / f"{name}.log"
        words = [str(word) for word in command]
        # should the tests be killed, this signal ends the server with them
        if shutil.which("setpriv") and threading.current_thread() is threading.main_thread():
            words = ["setpriv", "--pdeathsig", orphaned, *words]
        other = {"user": user, "group": user, "extra_groups": []} if user and os.geteuid() == 0 else {}
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
                **other,  # type: ignore[arg-type]
            )

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def running(self) -> bool:
        return self._child.poll() is None

    def wait(self, ready: Callable[[], bool], seconds: float = 60) -> None:
        """Waits until `ready` says yes.

        Raises:
            NotReady: The process ended, or the time is over.
        """
        end = time.monotonic() + seconds
        while not ready():
            if not self.running:
                raise NotReady(f"{self.name} ended with code {self._child.returncode}:\n{self.tail()}")
            if time.monotonic() > end:
                raise NotReady(f"{self.name} was not ready within {seconds:.0f} s:\n{self.tail()}")
            time.sleep(0.05)

    def finish(self, seconds: float) -> None:
        """Waits for a program that ends by itself.

        Raises:
            NotReady: It failed.
        """
        if self._child.wait(seconds):
            raise NotReady(f"{self.name} ended with code {self._child.returncode}:\n{self.tail()}")

    def tail(self, lines: int = 30) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def send(self, number: int) -> None:
        """Sends one signal to this process alone (SIGKILL for tests of a sudden death, SIGSTOP for one that hangs)."""
        if self.running:
            self._child.send_signal(number)

    def stop(self, seconds: float = 10, number: int = signal.SIGTERM) -> None:
        """Asks the process to end, and ends it if it does not."""
        self.send(number)
        try:
            self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait(10)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)  # what it started, in the session that is its own
