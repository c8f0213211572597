"""A real Elasticsearch for tests: one node, no password, no optional modules (no `GET /`, no scripts, no ES|QL)."""

import shutil
from pathlib import Path

import httpx

from tests.servers import elasticsearch_program
from tests.servers.process import LOCAL, Process, answers, free_ports, new_folder, unprivileged


class ElasticsearchServer:
    """A running Elasticsearch; talk JSON to `url` with any HTTP client."""

    def __init__(self) -> None:
        self.folder = new_folder("elasticsearch")
        home = self._own(elasticsearch_program.find())
        http, transport = free_ports(2)
        self.url = f"http://{LOCAL}:{http}"
        self.client = httpx.Client(base_url=self.url, trust_env=False, timeout=30)
        settings = {
            "discovery.type": "single-node",
            "network.host": LOCAL,
            "http.port": http,
            "transport.port": transport,
            "xpack.security.enabled": "false",
            "cluster.routing.allocation.disk.threshold_enabled": "false",
            "path.data": self.folder / "kept",
            "path.logs": self.folder / "logs",
        }
        self.process = Process(
            "elasticsearch",
            [home / "bin" / "elasticsearch", *(f"-E{name}={value}" for name, value in settings.items())],
            self.folder,
            environment={
                "ES_JAVA_HOME": str(elasticsearch_program.java_home()),
                "ES_JAVA_OPTS": "-Xms512m -Xmx512m",
                "ES_PATH_CONF": str(self.folder / "config"),
                "ES_TMPDIR": str(self.folder / "tmp"),
            },
            user=unprivileged(),
            orphaned="TERM",  # it is a launcher, which ends the server
        )
        try:
            self.process.wait(answers(f"{self.url}/_cluster/health?wait_for_status=yellow"), 120)
        except BaseException:
            self.stop()
            raise

    def _own(self, fetched: Path) -> Path:
        """Folders it may write, and its program where a user other than root can read it."""
        for name in ("kept", "logs", "tmp"):
            (self.folder / name).mkdir()
        shutil.copytree(fetched / "config", self.folder / "config")
        user = unprivileged()
        if not user:
            return fetched
        for path in (self.folder, *self.folder.rglob("*")):
            shutil.chown(path, user)
        shutil.copytree(fetched, self.folder / "program")
        return self.folder / "program"

    def stop(self) -> None:
        self.process.stop(20)
        self.client.close()
        shutil.rmtree(self.folder, ignore_errors=True)
