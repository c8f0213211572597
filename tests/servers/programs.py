"""The servers written in Go that tests run against: each pinned by the go.mod in its folder, built once into a cache.

Needs nothing but Python and Go, so that it can run before anything of the project is installed.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
OLDEST_GO = (1, 26)


class NotBuilt(Exception):
    """A server program is not here and cannot be built; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Program:
    """One server program: which package of which module makes it, and with which flags."""

    name: str
    folder: str
    package: str
    module: str
    tags: str = ""
    stamped: str = ""

    @property
    def version(self) -> str:
        pinned = (HERE / self.folder / "go.mod").read_text()
        found = re.search(rf"^\s*(?:require )?{re.escape(self.module)} (v\S+)", pinned, re.MULTILINE)
        if not found:
            raise NotBuilt(f"tests/servers/{self.folder}/go.mod names no version of {self.module}.")
        return found[1]

    @property
    def flags(self) -> list[str]:
        link = "-s -w"
        if self.stamped:
            major, minor = self.version.removeprefix("v").split(".")[:2]
            told = {"gitVersion": self.version, "gitMajor": major, "gitMinor": minor}
            link += "".join(f" -X {self.stamped}.{key}={value}" for key, value in told.items())
        flags = ["-mod=readonly", "-trimpath", "-buildvcs=false", f"-ldflags={link}"]
        return [*flags, f"-tags={self.tags}"] if self.tags else flags

    @property
    def path(self) -> Path:
        """Where the built program lies: the name holds all that the build depends on."""
        seed = hashlib.sha256()
        for part in ("go.mod", "go.sum"):
            seed.update((HERE / self.folder / part).read_bytes())
        seed.update(" ".join([self.package, *self.flags]).encode())
        return cache() / f"{self.name}-{self.version}-{seed.hexdigest()[:12]}"


KUBERNETES = "k8s.io/kubernetes"
KUBERNETES_VERSION = "k8s.io/component-base/version"
PROMETHEUS = "github.com/prometheus/prometheus"

PROGRAMS = {
    program.name: program
    for program in (
        Program("etcd", "etcd", "go.etcd.io/etcd/server/v3", "go.etcd.io/etcd/server/v3"),
        *(
            Program(name, "k8s", f"{KUBERNETES}/cmd/{name}", KUBERNETES, stamped=KUBERNETES_VERSION)
            for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
        ),
        Program("prometheus", "prometheus", f"{PROMETHEUS}/cmd/prometheus", PROMETHEUS, tags="remove_all_sd"),
        Program("promtool", "prometheus", f"{PROMETHEUS}/cmd/promtool", PROMETHEUS, tags="remove_all_sd"),
        Program(
            "alertmanager",
            "alertmanager",
            "github.com/prometheus/alertmanager/cmd/alertmanager",
            "github.com/prometheus/alertmanager",
        ),
        Program("loki", "loki", "github.com/grafana/loki/v3/cmd/loki", "github.com/grafana/loki/v3"),
    )
}


def cache() -> Path:
    """The folder of built programs, shared by every clone on this machine unless DUTYBOT_SERVERS says otherwise."""
    return Path(os.environ.get("DUTYBOT_SERVERS") or Path.home() / ".cache" / "dutybot" / "servers")


def find(name: str, *, quiet: bool = False) -> Path:
    """The path of a server program; builds it first if it is not there.

    Raises:
        NotBuilt: It is not there, and Go is missing, too old, or failed.
    """
    program = PROGRAMS[name]
    if not program.path.exists():
        if not quiet:
            print(f"building {name} {program.version} once, this takes some minutes …", file=sys.stderr, flush=True)
        build(program)
    return program.path


def is_built(name: str) -> bool:
    return PROGRAMS[name].path.exists()


def go() -> str:
    """The Go command, if it is new enough."""
    command = shutil.which("go")
    if not command:
        raise NotBuilt(
            f"Go is not installed: the test servers are built with Go {OLDEST_GO[0]}.{OLDEST_GO[1]} or newer."
        )
    said = subprocess.run([command, "env", "GOVERSION"], capture_output=True, text=True, check=True).stdout
    found = re.match(r"go(\d+)\.(\d+)", said)
    if found and (int(found[1]), int(found[2])) < OLDEST_GO:
        raise NotBuilt(f"{said.strip()} is too old: the test servers need Go {OLDEST_GO[0]}.{OLDEST_GO[1]} or newer.")
    return command


@contextmanager
def alone(name: str) -> Iterator[None]:
    """One build of a program at a time, whoever else is testing on this machine."""
    cache().mkdir(parents=True, exist_ok=True)
    with (cache() / f".{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build(program: Program) -> None:
    """Builds one program into the cache; half a build is never left under its name."""
    with alone(program.name):
        if program.path.exists():
            return
        draft = program.path.with_name(f".{program.path.name}.{os.getpid()}")
        environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"}
        made = subprocess.run(
            [go(), "build", *program.flags, "-o", str(draft), program.package],
            cwd=HERE / program.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            draft.unlink(missing_ok=True)
            raise NotBuilt(f"{program.name} {program.version} was not built:\n{made.stderr[-2000:]}")
        draft.rename(program.path)
