"""A real Elasticsearch for tests: one node, no optional modules (no `GET /`, no scripts, no ES|QL, no lifecycles)."""

import base64
import hashlib
import json
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

import httpx

from tests.servers import elasticsearch_program
from tests.servers.process import LOCAL, Process, answers, free_ports, new_folder, unprivileged

ADMIN = "admin"


def _hashed(password: str) -> str:
    """As its own file of users wants it."""
    salt, rounds = secrets.token_bytes(32), 10_000
    made = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, rounds, 32)
    return "{PBKDF2}" + "$".join((str(rounds), *(base64.b64encode(each).decode() for each in (salt, made))))


class ElasticsearchServer:
    """A running Elasticsearch; talk JSON to `url` with any HTTP client; `client` is its administrator.

    `roles`: with them nobody comes in without a password; each has a user of its own name. (API keys need an index
    that this distribution cannot make; what a key or a user may is checked by the same code.)
    """

    def __init__(self, roles: Mapping[str, object] | None = None) -> None:
        self.folder = new_folder("elasticsearch")
        secured = roles is not None
        self.password = secrets.token_hex(16) if secured else ""
        home = self._own(elasticsearch_program.find(), roles or {})
        http, transport = free_ports(2)
        self.url = f"http://{LOCAL}:{http}"
        self.client = httpx.Client(base_url=self.url, trust_env=False, timeout=30)
        self.client.auth = httpx.BasicAuth(ADMIN, self.password) if secured else None
        settings = {
            "discovery.type": "single-node",
            "network.host": LOCAL,
            "http.port": http,
            "transport.port": transport,
            "xpack.security.enabled": str(secured).lower(),
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
            health = f"{self.url}/_cluster/health?wait_for_status=yellow"
            self.process.wait(self._lets_us_in if secured else answers(health), 120)
        except BaseException:
            self.stop()
            raise

    def _lets_us_in(self) -> bool:
        try:
            return self.client.get("/_security/_authenticate").is_success
        except httpx.HTTPError:
            return False

    def _own(self, fetched: Path, roles: Mapping[str, object]) -> Path:
        """Folders it may write, and its program where a user other than root can read it."""
        for name in ("kept", "logs", "tmp"):
            (self.folder / name).mkdir()
        shutil.copytree(fetched / "config", self.folder / "config")
        if self.password:
            config, people = self.folder / "config", {ADMIN: "superuser"} | {name: name for name in roles}
            (config / "roles.yml").write_text("".join(f"{name}: {json.dumps(may)}\n" for name, may in roles.items()))
            (config / "users").write_text("".join(f"{who}:{_hashed(self.password)}\n" for who in people))
            (config / "users_roles").write_text("".join(f"{role}:{who}\n" for who, role in people.items()))
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
