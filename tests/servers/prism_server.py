"""A real Prism for tests: holds each request against the vendor's own description, and answers as that says."""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

from tests.servers.process import LOCAL, Process, free_port, new_folder
from tests.servers.programs import HERE, NotBuilt, alone, cache

PACKAGE = HERE / "prism" / "package.json"


def program() -> Path:
    """The `prism` command: what DUTYBOT_PRISM or the path names, or npm's, fetched once into the cache.

    Raises:
        NotBuilt: npm is missing, or the download failed.
    """
    if named := os.environ.get("DUTYBOT_PRISM") or shutil.which("prism"):
        return Path(named)
    version = json.loads(PACKAGE.read_text())["dependencies"]["@stoplight/prism-cli"]
    folder = cache() / f"prism-{version}-{hashlib.sha256(PACKAGE.read_bytes()).hexdigest()[:12]}"
    with alone("prism"):
        if not folder.exists():
            _fetch(folder)
    return folder / "node_modules" / ".bin" / "prism"


def _fetch(folder: Path) -> None:
    npm = shutil.which("npm")
    if not npm:
        raise NotBuilt("npm is not installed: the tests' Prism is fetched with it.")
    draft = folder.with_name(f".{folder.name}.{os.getpid()}")
    draft.mkdir(parents=True)
    shutil.copy(PACKAGE, draft)
    words = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund"]
    made = subprocess.run(words, cwd=draft, capture_output=True, text=True, check=False, timeout=280)
    if made.returncode:
        shutil.rmtree(draft, ignore_errors=True)
        raise NotBuilt(f"Prism was not fetched:\n{made.stderr[-2000:]}")
    draft.rename(folder)


class PrismServer:
    """A mock of one description."""

    def __init__(self, description: Path) -> None:
        self.folder = new_folder("prism")
        port = free_port()
        self.url = f"http://{LOCAL}:{port}"
        words = [program(), "mock", "--host", LOCAL, "--port", str(port), str(description)]
        self.process = Process("prism", words, self.folder)
        try:
            self.process.wait(lambda: "is listening" in self.process.log.read_text(errors="replace"), seconds=90)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        self.process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
