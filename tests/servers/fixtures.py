"""The fixtures that lend tests a real server: started when first asked for, stopped at the end of the run."""

import contextlib
import os
from collections.abc import Callable, Iterator

import pytest

from tests.servers import elasticsearch_program, programs
from tests.servers.alertmanager_server import AlertmanagerServer
from tests.servers.chroma_server import ChromaServer
from tests.servers.elasticsearch_server import ElasticsearchServer
from tests.servers.kube_cluster import KubeCluster
from tests.servers.loki_server import LokiServer
from tests.servers.postgres_program import binaries
from tests.servers.postgres_server import PostgresServer
from tests.servers.programs import NotBuilt
from tests.servers.prometheus_server import PrometheusServer

QUICK = os.environ.get("DUTYBOT_TESTS") == "quick"


NEEDED = {
    "start_prometheus": ("prometheus", "promtool"),
    "start_alertmanager": ("alertmanager",),
    "start_loki": ("loki",),
    "kube": ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"),
}
"""Fixture -> the programs it starts."""


def pytest_collection_finish(session: pytest.Session) -> None:
    """Builds what the chosen tests need before the first of them starts, so that no test's time runs out by that."""
    if QUICK or session.config.option.collectonly:
        return
    asked = {name for test in session.items for name in getattr(test, "fixturenames", ())}
    for name in (name for fixture, names in NEEDED.items() if fixture in asked for name in names):
        with contextlib.suppress(NotBuilt):  # the fixture says so, for its tests alone
            programs.find(name)


def left_out(*names: str) -> None:
    """Skips what needs a server in the quick suite, built or not: it takes the same time everywhere."""
    if QUICK:
        pytest.skip(f"needs {', '.join(names)}; DUTYBOT_TESTS=quick leaves it out")


def needs(*names: str) -> None:
    """Builds the programs if they are not there."""
    left_out(*names)
    for name in (name for name in names if not programs.is_built(name)):
        try:
            programs.find(name)
        except NotBuilt as why:
            pytest.fail(str(why), pytrace=False)


@pytest.fixture(scope="session")
def start_prometheus() -> Iterator[Callable[..., PrometheusServer]]:
    """Starts a Prometheus of one's own (arguments: see PrometheusServer); stopped at the end of the run."""
    needs(*NEEDED["start_prometheus"])
    started: list[PrometheusServer] = []

    def start(**wishes: object) -> PrometheusServer:
        started.append(PrometheusServer(**wishes))  # type: ignore[arg-type]
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="session")
def prometheus(start_prometheus: Callable[..., PrometheusServer]) -> PrometheusServer:
    """An empty Prometheus that all tests of the run share: write under labels of your own."""
    return start_prometheus()


@pytest.fixture(scope="session")
def start_alertmanager() -> Iterator[Callable[..., AlertmanagerServer]]:
    """Starts an Alertmanager of one's own (arguments: see AlertmanagerServer)."""
    needs(*NEEDED["start_alertmanager"])
    started: list[AlertmanagerServer] = []

    def start(**wishes: object) -> AlertmanagerServer:
        started.append(AlertmanagerServer(**wishes))  # type: ignore[arg-type]
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="session")
def alertmanager(start_alertmanager: Callable[..., AlertmanagerServer]) -> AlertmanagerServer:
    """An Alertmanager that tells nobody, shared by all tests of the run."""
    return start_alertmanager()


@pytest.fixture(scope="session")
def start_loki() -> Iterator[Callable[[], LokiServer]]:
    """Starts a Loki of one's own."""
    needs(*NEEDED["start_loki"])
    started: list[LokiServer] = []

    def start() -> LokiServer:
        started.append(LokiServer())
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="session")
def loki(start_loki: Callable[[], LokiServer]) -> LokiServer:
    """An empty Loki that all tests of the run share: push under labels of your own."""
    return start_loki()


@pytest.fixture(scope="session")
def kube() -> Iterator[KubeCluster]:
    """A Kubernetes cluster of three simulated nodes that all tests of the run share: take a `kube.namespace()`."""
    needs(*NEEDED["kube"])
    cluster = KubeCluster()
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL; take `postgres.new_database()` for an empty database's URL."""
    left_out("PostgreSQL")
    try:
        binaries(install=True)
    except NotBuilt as why:
        pytest.fail(str(why))
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def elasticsearch() -> Iterator[ElasticsearchServer]:
    """An Elasticsearch that all tests of the run share: take indices of your own. Skips without Maven or Java."""
    left_out("Elasticsearch")
    try:
        elasticsearch_program.find()
    except NotBuilt as why:
        pytest.skip(str(why))
    server = ElasticsearchServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def chroma() -> Iterator[ChromaServer]:
    """A Chroma that all tests of the run share: take collections of your own."""
    left_out("Chroma")
    server = ChromaServer()
    yield server
    server.stop()
