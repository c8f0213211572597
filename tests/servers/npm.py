"""Programs of the tests that come from npm: pinned by the package.json in its folder, fetched once into a cache."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from tests.servers.programs import HERE, NotBuilt, alone, cache


def modules(name: str) -> Path:
    """The node_modules of tests/servers/NAME/package.json.

    Raises:
        NotBuilt: npm is missing, or the download failed.
    """
    package = HERE / name / "package.json"
    folder = cache() / f"{name}-{hashlib.sha256(package.read_bytes()).hexdigest()[:12]}"
    with alone(name):
        if not folder.exists():
            _fetch(name, package, folder)
    return folder / "node_modules"


def _fetch(name: str, package: Path, folder: Path) -> None:
    npm = shutil.which("npm")
    if not npm:
        raise NotBuilt(f"npm is not installed: the tests' {name} is fetched with it.")
    draft = folder.with_name(f".{folder.name}.{os.getpid()}")
    draft.mkdir(parents=True)
    shutil.copy(package, draft)
    words = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund"]
    made = subprocess.run(words, cwd=draft, capture_output=True, text=True, check=False, timeout=280)
    if made.returncode:
        shutil.rmtree(draft, ignore_errors=True)
        raise NotBuilt(f"{name} was not fetched:\n{made.stderr[-2000:]}")
    draft.rename(folder)
