"""A real Chroma for tests: the server that `chroma run` starts, over a folder of its own."""

import shutil
import sys
from pathlib import Path

from tests.servers.process import LOCAL, Process, answers, free_port, new_folder


class ChromaServer:
    """A running Chroma; `host` and `port` are what `chromadb.HttpClient` wants."""

    def __init__(self) -> None:
        self.folder = new_folder("chroma")
        self.host, self.port = LOCAL, free_port()
        self.url = f"http://{self.host}:{self.port}"
        program = Path(sys.executable).with_name("chroma")
        where = ["--host", self.host, "--port", str(self.port), "--path", str(self.folder / "kept")]
        quiet = {"ANONYMIZED_TELEMETRY": "False", "CHROMA_OPEN_TELEMETRY__ENDPOINT": ""}
        self.process = Process("chroma", [program, "run", *where], self.folder, environment=quiet)
        try:
            self.process.wait(answers(f"{self.url}/api/v2/heartbeat"))
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        self.process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
