"""The chart's own stores under a read-only root: the real programs write to what the chart mounts, and nowhere else."""

import shutil
import sys
from pathlib import Path

import pytest

from tests.helm.test_chart import EXAMPLES, rendered
from tests.servers import elasticsearch_program
from tests.servers.fixtures import left_out
from tests.servers.postgres_program import binaries
from tests.servers.process import LOCAL, NotReady, Process, answers, free_port, free_ports, new_folder, unprivileged
from tests.servers.programs import NotBuilt
from tests.servers.read_only import can_be_sealed, sealed

pytestmark = pytest.mark.timeout(700)
STORES = ("postgresql", "chroma", "elasticsearch")
HOME = Path("/usr/share/elasticsearch")
AS_HOME = Path("/srv")
"""Where the test shows the program in place of HOME, which no machine of tests has."""
sealing = pytest.mark.skipif(not can_be_sealed(), reason="this machine lets nobody make mounts of their own")


def container(kind, example="fleet"):
    found = rendered(**EXAMPLES[example])["StatefulSet", f"dutybot-{kind}"]
    return found["spec"]["template"]["spec"]["containers"][0], found["spec"]["template"]["spec"]


@pytest.mark.parametrize("kind", STORES)
def test_every_store_has_a_root_that_it_cannot_write_to(kind):
    told, pod = container(kind)
    for each in (told, *pod.get("initContainers", ())):
        assert each["securityContext"]["readOnlyRootFilesystem"]
        assert each["image"] == told["image"]
    mounted = {each["name"] for each in told["volumeMounts"]}
    assert mounted == {"kept"} | {each["name"] for each in pod["volumes"]}
    assert "/tmp" in {each["mountPath"] for each in told["volumeMounts"]}


def test_a_store_can_be_pinned_by_digest():
    image = "chromadb/chroma@sha256:" + "a" * 64
    fleet = EXAMPLES["fleet"]
    stores = fleet["stores"] | {"chroma": {"embedded": True, "image": image}}
    found = rendered(**fleet | {"stores": stores})["StatefulSet", "dutybot-chroma"]
    assert found["spec"]["template"]["spec"]["containers"][0]["image"] == image


@pytest.fixture
def places():
    """A folder for each mount of a store's container."""
    made = []

    def make(kind):
        folder = new_folder(kind)
        made.append(folder)
        found = {}
        for each in container(kind)[0]["volumeMounts"]:
            found[each["name"]] = folder / each["name"]
            found[each["name"]].mkdir()
        return folder, found

    yield make
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)


@sealing
def test_the_seal_holds(tmp_path):
    open_ = tmp_path / "open"
    open_.mkdir()
    script = f"echo yes > {open_}/file; echo no > {tmp_path}/file; echo no > /etc/dutybot-was-here"
    ran = Process("sealed", sealed(["sh", "-c", script], [open_]), tmp_path)
    with pytest.raises(NotReady, match=r"Read-only file system"):
        ran.finish(20)
    assert [each.name for each in tmp_path.rglob("file")] == ["file"]
    assert not Path("/etc/dutybot-was-here").exists()


@sealing
@pytest.mark.servers
@pytest.mark.parametrize("missing", [None, "socket"])
def test_postgresql_writes_only_where_it_may(places, missing):
    left_out("PostgreSQL")
    try:
        programs, user = binaries(), unprivileged()
    except NotBuilt as why:
        pytest.skip(str(why))
    folder, at = places("postgresql")
    for each in at.values():
        shutil.chown(each, user)
    writable = [place for name, place in at.items() if name != missing]
    made = [programs / "initdb", "-D", at["kept"] / "pg", "-U", "dutybot", "--auth=trust", "--no-sync"]
    Process("initdb", sealed(made, writable, user), folder).finish(180)
    port = str(free_port())
    command = [programs / "postgres", "-D", at["kept"] / "pg", "-h", LOCAL, "-p", port, "-k", at["socket"]]
    running = Process("postgres", sealed(command, writable, user), folder)
    try:
        if missing:
            with pytest.raises(NotReady, match=r"Read-only file system"):
                running.wait(lambda: False, 120)
        else:
            running.wait(lambda: "ready to accept connections" in running.tail(), 120)
    finally:
        running.stop(number=2)


@sealing
@pytest.mark.servers
@pytest.mark.parametrize("missing", [None, "tmp"])
def test_chroma_writes_only_where_it_may(places, missing):
    import chromadb

    left_out("Chroma")
    folder, at = places("chroma")
    writable = [place for name, place in at.items() if name != missing]
    port = free_port()
    (folder / "config.yaml").write_text(f"persist_path: {at['kept']}\nlisten_address: {LOCAL}\nport: {port}\n")
    program = Path(sys.executable).with_name("chroma")
    words = sealed([program, "run", folder / "config.yaml"], writable)
    running = Process("chroma", words, folder, environment={"TMPDIR": str(at["tmp"])})
    try:
        if missing:
            with pytest.raises(NotReady, match="disk I/O error"):
                running.wait(lambda: False, 180)
            return
        running.wait(answers(f"http://{LOCAL}:{port}/api/v2/heartbeat"), 180)
        kept = chromadb.HttpClient(host=LOCAL, port=port).create_collection("sealed")
        kept.add(ids=["one"], embeddings=[[0.1, 0.2]], documents=["a line"])
        assert kept.query(query_embeddings=[[0.1, 0.2]], n_results=1)["ids"] == [["one"]]
        assert (at["kept"] / "chroma.sqlite3").exists()
    finally:
        running.stop()


@sealing
@pytest.mark.servers
@pytest.mark.parametrize("missing", [None, "tmp", "config"])
def test_elasticsearch_writes_only_where_it_may(places, missing):
    """All that the chart mounts lies where the chart mounts it, in a program that is the image's but for its place."""
    left_out("Elasticsearch")
    if not elasticsearch_program.is_here():
        pytest.skip("Elasticsearch is not here (`make servers NAMES=elasticsearch` gets it)")
    folder, at = places("elasticsearch")
    user, image = unprivileged(), folder / "program"
    shutil.copytree(elasticsearch_program.find(), image)
    told, pod = container("elasticsearch")
    (copied,) = pod["initContainers"]
    assert copied["command"] == ["cp", "-r", f"{HOME}/config/.", "/copy/"]
    shutil.copytree(image / "config", at["config"], dirs_exist_ok=True)
    mounted = {Path(each["mountPath"]): at[each["name"]] for each in told["volumeMounts"] if each["name"] != missing}
    for place in (each.relative_to(HOME) for each in mounted if each.is_relative_to(HOME)):
        (image / place).mkdir(exist_ok=True)
    for path in (image, *image.rglob("*"), *(each for at_ in at.values() for each in (at_, *at_.rglob("*")))):
        shutil.chown(path, user)
    there = {AS_HOME / each.relative_to(HOME) if each.is_relative_to(HOME) else each: mounted[each] for each in mounted}
    given = {each["name"]: each["value"] for each in told["env"]}
    options = given.pop("ES_JAVA_OPTS")
    http, transport = free_ports(2)
    given |= {"network.host": LOCAL, "http.port": http, "transport.port": transport}
    given |= {"cluster.routing.allocation.disk.threshold_enabled": "false"}
    command = [AS_HOME / "bin" / "elasticsearch", *(f"-E{name}={value}" for name, value in given.items())]
    words = sealed(command, there, user, shown={AS_HOME: image})
    environment = {"ES_JAVA_HOME": str(elasticsearch_program.java_home()), "ES_JAVA_OPTS": options}
    running = Process("elasticsearch", words, folder, environment=environment, orphaned="TERM")
    try:
        if missing:
            with pytest.raises(NotReady, match=r"Read-only file system|ReadOnlyFileSystemException"):
                running.wait(lambda: False, 300)
        else:
            running.wait(answers(f"http://{LOCAL}:{http}/_cluster/health?wait_for_status=yellow"), 300)
            assert any(at["kept"].iterdir())
            assert (at["config"] / "elasticsearch.keystore").exists()
    finally:
        running.stop(20)
