"""docker-compose.yml without Docker: each service's process as composed, on ports of this machine instead of names."""

import os
import re
import shutil
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tests.helm.dockerfile import stages
from tests.servers import programs
from tests.servers.postgres_server import PostgresServer
from tests.servers.process import LOCAL, Process, answers, free_port, new_folder
from tests.servers.read_only import can_be_sealed, sealed

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE = yaml.safe_load(TEXT)
SERVICES = COMPOSE["services"]
LISTENS = {
    "dutybot": (8080,),
    "shop": (9300, 9301),
    "postgres": (5432,),
    "chroma": (8000,),
    "prometheus": (9090,),
    "alertmanager": (9093,),
    "loki": (3100,),
}
"""Where the images listen when nobody says otherwise, and the shop where its command says."""
ENTRIES = {
    "prometheus": ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"],
    "alertmanager": ["--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager"],
    "chroma": ["run", "/config.yaml"],
}
"""What the images start with when compose gives no command: their own Dockerfiles' words."""
READY = {
    "prometheus": "/-/ready",
    "alertmanager": "/-/ready",
    "loki": "/ready",
    "chroma": "/api/v2/heartbeat",
    "shop": "/metrics",
    "dutybot": "/readyz",
}


def addresses():
    """A free address here for each place where a service listens."""
    found = {}
    for name, ports in LISTENS.items():
        first = _free_row(len(ports))
        found |= {(name, port): f"{LOCAL}:{first + place}" for place, port in enumerate(ports)}
    return found


def _free_row(count):
    """A port with free ones after it."""
    while True:
        first = free_port()
        held = [socket.socket() for _ in range(count)]
        try:
            for place, one in enumerate(held):
                one.bind((LOCAL, first + place))
        except OSError:
            continue
        finally:
            for one in held:
                one.close()
        return first


@dataclass
class Composed:
    """All services, started in the order of their dependence."""

    secrets: dict
    folder: Path = field(default_factory=lambda: new_folder("composed"))
    running: dict = field(default_factory=dict)

    def __post_init__(self):
        self.at = addresses()
        self.volumes = {name: self._made(self.folder / "volumes" / name) for name in COMPOSE["volumes"]}

    @staticmethod
    def _made(folder):
        folder.mkdir(parents=True)
        return folder

    def url(self, name, place=0):
        return f"http://{self.at[name, LISTENS[name][place]]}"

    def here(self, text, name=""):
        """The same words with addresses of this machine for host:port. A host that listens to nothing is a fault."""
        text = re.sub(r"@postgres/", "@postgres:5432/", text)
        text = re.sub(r"\blocalhost:(\d+)", rf"{name}:\1", text) if name else text
        hosts = "|".join(LISTENS)
        return re.sub(rf"(?<![\w.@-])({hosts}):(\d+)\b|(?<=@)({hosts}):(\d+)\b", self._address, text)

    def _address(self, found):
        return self.at[found[1] or found[3], int(found[2] or found[4])]

    def filled(self, text):
        """As compose does it: ${NAME:?why} out of the environment."""
        return re.sub(r"\$\{(\w+):\?[^}]*\}", lambda found: self.secrets[found[1]], text)

    def inside(self, name):
        """Where the container's folders and files are here: volumes, secrets, and what the image keeps for itself."""
        own = self.folder / name
        found = {f"/{name}": self._made(own / name)}
        for each in SERVICES[name].get("volumes", []):
            source, there, *_ = each.split(":")
            found[there] = ROOT / source if source.startswith(".") else self.volumes[source]
        for each in SERVICES[name].get("secrets", []):
            given = COMPOSE["secrets"][each["source"]]["environment"]
            found[each["target"]] = own / "secret"
            found[each["target"]].write_text(self.secrets[given])
        files = {there: place for there, place in found.items() if place.is_file() and place.is_relative_to(ROOT)}
        for place, (there, source) in enumerate(sorted(files.items())):
            found[there] = own / f"{place}-{source.name}"
        for there, source in files.items():
            found[there].write_text(self.moved(self.here(source.read_text(), name), found))
        return found

    @staticmethod
    def moved(text, inside):
        """The same words with folders of this machine."""
        longest = "|".join(re.escape(there) for there in sorted(inside, key=len, reverse=True))
        return re.sub(rf"(?<![\w.-])(?<!:/)({longest})(?![\w.-])", lambda found: str(inside[found[1]]), text)

    def start(self):
        try:
            for name in ("postgres", "chroma", "loki", "alertmanager", "prometheus", "shop", "dutybot"):
                getattr(self, f"_{name}", lambda name=name: self._server(name))()
        except BaseException:
            self.stop()
            raise
        return self

    def _postgres(self):
        told = SERVICES["postgres"]["environment"]
        assert told["POSTGRES_USER"] == "dutybot", "the server of the tests has this one"
        server = self.running["postgres"] = PostgresServer(told["POSTGRES_PASSWORD"])
        server.make_database(told["POSTGRES_DB"])
        self.at["postgres", 5432] = f"{LOCAL}:{server.port}"

    def _chroma(self):
        inside = self.inside("chroma")
        host, port = self.at["chroma", 8000].split(":")
        inside["/config.yaml"] = self.folder / "chroma" / "config.yaml"
        inside["/config.yaml"].write_text(f"persist_path: {inside['/data']}\nlisten_address: {host}\nport: {port}\n")
        self._run("chroma", [Path(sys.executable).with_name("chroma"), *self._words("chroma", inside)])

    def _server(self, name):
        inside = self.inside(name)
        address = self.at[name, LISTENS[name][0]]
        host, port = address.split(":")
        grpc = free_port()
        local = {
            "prometheus": [f"--web.listen-address={address}"],
            "alertmanager": [f"--web.listen-address={address}", "--cluster.listen-address="],
            "loki": [f"-server.{kind}-listen-{what}" for kind, number in (("http", port), ("grpc", grpc))
                     for what in (f"address={host}", f"port={number}")],
        }  # fmt: skip
        self._run(name, [programs.find(name), *self._words(name, inside), *local[name]])

    def _words(self, name, inside):
        words = SERVICES[name].get("command") or ENTRIES[name]
        return [self.moved(word, inside) for word in words]

    def _shop(self):
        words = [self.here(word) for word in SERVICES["shop"]["command"]]
        host, port = self.at["shop", 9300].split(":")
        moved = {"0.0.0.0": host, "9300": port}
        self._ours("shop", [moved.get(word, word) for word in words], {})

    def _dutybot(self):
        _, last = stages((ROOT / "Dockerfile").read_text())
        (words,) = [yaml.safe_load(rest) for word, rest in last if word == "CMD"]
        told = {key: self.filled(self.here(value)) for key, value in SERVICES["dutybot"]["environment"].items()}
        self._ours("dutybot", words, told)

    def _ours(self, name, words, told):
        """A process of our own image: its environment as the Dockerfile sets it, nothing of this machine's."""
        _, last = stages((ROOT / "Dockerfile").read_text())
        image = dict(pair for word, rest in last if word == "ENV" for pair in re.findall(r"(\w+)=(\S+)", rest))
        inside = self.inside(name) | {"/tmp": self._made(self.folder / name / "tmp")}
        host, port = self.at[name, LISTENS[name][0]].split(":")
        here = {"HTTP_HOST": host, "HTTP_PORT": port, "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
        del image["PYTHONPYCACHEPREFIX"]
        given = {key: self.moved(value, inside) for key, value in (image | told).items()} | here
        pairs = (f"{key}={value}" for key, value in given.items())
        command = ["env", "-i", *pairs, sys.executable, "-m", "bot", *words]
        assert SERVICES[name]["read_only"]
        if can_be_sealed():
            volumes = [each.split(":")[1] for each in SERVICES[name].get("volumes", [])]
            command = sealed(command, [inside[there] for there in (*SERVICES[name]["tmpfs"], *volumes)])
        self._run(name, command)

    def _run(self, name, command, seconds=180):
        folder = self.folder / name
        process = self.running[name] = Process(name, command, folder)
        process.wait(answers(self.url(name) + READY[name]), seconds)

    def stop(self):
        for process in reversed(self.running.values()):
            process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
