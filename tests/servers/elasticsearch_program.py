"""Fetches the real Elasticsearch by Maven, at the version pinned in elasticsearch/pom.xml, once into the cache."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.servers.programs import HERE, NotBuilt, alone, cache

POM = HERE / "elasticsearch" / "pom.xml"
OLDEST_JAVA = 21


def version() -> str:
    found = re.search(r"<elasticsearch.version>([^<]+)<", POM.read_text())
    if not found:
        raise NotBuilt("tests/servers/elasticsearch/pom.xml names no version.")
    return found[1]


def _folder() -> Path:
    return cache() / f"elasticsearch-{version()}-{hashlib.sha256(POM.read_bytes()).hexdigest()[:12]}"


def is_here() -> bool:
    return _folder().exists()


def java_home() -> Path:
    """The folder of a Java that is new enough.

    Raises:
        NotBuilt: There is none.
    """
    places = [Path(os.environ["JAVA_HOME"])] if "JAVA_HOME" in os.environ else []
    places += sorted(Path("/usr/lib/jvm").glob("*"))
    if command := shutil.which("java"):
        places.append(Path(command).resolve().parents[1])
    for place in places:
        release = place / "release"
        found = re.search(r'JAVA_VERSION="(\d+)', release.read_text()) if release.exists() else None
        if found and int(found[1]) >= OLDEST_JAVA:
            return place
    raise NotBuilt(f"No Java {OLDEST_JAVA} or newer is installed: Elasticsearch {version()} needs it.")


def find(*, quiet: bool = False) -> Path:
    """The folder of the server; fetched first if it is not there.

    Raises:
        NotBuilt: Maven or Java is missing, or the download failed.
    """
    java_home()
    folder = _folder()
    with alone("elasticsearch"):
        if not folder.exists():
            if not quiet:
                print(f"fetching Elasticsearch {version()} once, 100 MB …", file=sys.stderr, flush=True)
            _fetch(folder)
    return folder / f"elasticsearch-{version()}"


def _fetch(folder: Path) -> None:
    maven = shutil.which("mvn")
    if not maven:
        raise NotBuilt("Maven is not installed: the tests' Elasticsearch is fetched with it (apt-get install maven).")
    draft = folder.with_name(f".{folder.name}.{os.getpid()}")
    words = [maven, "-q", "-B", "-f", str(POM), "initialize", f"-Dunpacked={draft}"]
    made = subprocess.run(words, capture_output=True, text=True, check=False)
    if made.returncode:
        shutil.rmtree(draft, ignore_errors=True)
        raise NotBuilt(f"Elasticsearch {version()} was not fetched:\n{made.stdout[-2000:]}")
    for program in (draft / f"elasticsearch-{version()}" / "bin").iterdir():
        program.chmod(0o755)
    draft.rename(folder)
