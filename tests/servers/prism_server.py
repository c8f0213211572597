"""A real Prism for tests: holds each request against the vendor's own description, and answers as that says."""

import os
import shutil
from pathlib import Path

from tests.servers.npm import modules
from tests.servers.process import LOCAL, Process, free_port, new_folder


def program() -> Path:
    """The `prism` command: what DUTYBOT_PRISM or the path names, or npm's. Raises NotBuilt."""
    if named := os.environ.get("DUTYBOT_PRISM") or shutil.which("prism"):
        return Path(named)
    return modules("prism") / ".bin" / "prism"


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
