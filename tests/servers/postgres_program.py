"""Finds PostgreSQL on this machine, and installs it from the system's packages where that can be done."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.servers.programs import NotBuilt

PLACES = ("/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt", "/usr/pgsql*")


def binaries(*, install: bool = True) -> Path:
    """The folder with initdb, postgres and createdb, installed by apt if need be.

    Raises:
        NotBuilt: PostgreSQL is not installed and cannot be.
    """
    if found := installed():
        return found
    if install and shutil.which("apt-get") and os.geteuid() == 0:
        print("installing PostgreSQL by apt-get, once …", file=sys.stderr, flush=True)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for words in (["update"], ["install", "-y", "--no-install-recommends", "postgresql"]):
            subprocess.run(["apt-get", "-q", *words], check=False, capture_output=True, env=quiet)
        if found := installed():
            return found
    raise NotBuilt("PostgreSQL is not installed: the tests need its server (on Debian: apt-get install postgresql).")


def installed() -> Path | None:
    known = [path.parent for place in PLACES for path in Path("/").glob(f"{place[1:]}/**/bin/initdb")]
    if command := shutil.which("initdb"):
        known.append(Path(command).resolve().parent)
    return max(
        known,
        key=lambda folder: [int(n) for n in folder.parent.name.split("@")[-1].split(".") if n.isdigit()],
        default=None,
    )


def is_here() -> bool:
    return installed() is not None


def version() -> str:
    said = subprocess.run([binaries() / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"\d+(\.\d+)?", said)
    return found[0] if found else said.strip()
