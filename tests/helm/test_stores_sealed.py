"""The chart's own stores under a read-only root: the real programs write to what the chart mounts, and nowhere else."""

import shutil
import sys
from pathlib import Path

import pytest

from tests.helm.test_chart import EXAMPLES, rendered
from tests.servers.fixtures import QUICK
from tests.servers.postgres_program import binaries
from tests.servers.process import LOCAL, NotReady, Process, answers, free_port, new_folder, unprivileged
from tests.servers.programs import NotBuilt
from tests.servers.read_only import can_be_sealed, sealed

pytestmark = pytest.mark.timeout(700)
STORES = ("postgresql", "chroma", "elasticsearch")
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
    with pytest.raises(NotReady, match="Read-only file system"):
        ran.finish(20)
    assert [each.name for each in tmp_path.rglob("file")] == ["file"]
    assert not Path("/etc/dutybot-was-here").exists()


@sealing
@pytest.mark.servers
@pytest.mark.parametrize("left_out", [None, "socket"])
def test_postgresql_writes_only_where_it_may(places, left_out):
    try:
        programs, user = binaries(install=not QUICK), unprivileged()
    except NotBuilt as why:
        pytest.skip(str(why))
    folder, at = places("postgresql")
    for each in at.values():
        shutil.chown(each, user)
    writable = [place for name, place in at.items() if name != left_out]
    made = [programs / "initdb", "-D", at["kept"] / "pg", "-U", "dutybot", "--auth=trust", "--no-sync"]
    Process("initdb", sealed(made, writable, user), folder).finish(180)
    port = str(free_port())
    command = [programs / "postgres", "-D", at["kept"] / "pg", "-h", LOCAL, "-p", port, "-k", at["socket"]]
    running = Process("postgres", sealed(command, writable, user), folder)
    try:
        if left_out:
            with pytest.raises(NotReady, match="Read-only file system"):
                running.wait(lambda: False, 120)
        else:
            running.wait(lambda: "ready to accept connections" in running.tail(), 120)
    finally:
        running.stop(number=2)


@sealing
@pytest.mark.servers
@pytest.mark.parametrize("left_out", [None, "tmp"])
def test_chroma_writes_only_where_it_may(places, left_out):
    import chromadb

    folder, at = places("chroma")
    writable = [place for name, place in at.items() if name != left_out]
    port = free_port()
    (folder / "config.yaml").write_text(f"persist_path: {at['kept']}\nlisten_address: {LOCAL}\nport: {port}\n")
    program = Path(sys.executable).with_name("chroma")
    words = sealed([program, "run", folder / "config.yaml"], writable)
    running = Process("chroma", words, folder, environment={"TMPDIR": str(at["tmp"])})
    try:
        if left_out:
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
