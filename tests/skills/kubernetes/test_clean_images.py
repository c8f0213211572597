"""Unused images of a node: counted from its own report, removed by a job; its script run by a real shell."""

import json
import os
import subprocess

import httpx
import pytest

from skills import BadArguments, Catalogue, NotFound, Unreachable
from skills.kubernetes.changes import node_job
from skills.kubernetes.changes.clean_images import SCRIPT
from tests.skills.kubernetes.things import node, pod
from tests.skills.kubernetes.wire import Wire

ASKED = {"node": "n1", "what": "images"}


def digest(letter):
    return "sha256:" + letter * 64


def image(name, letter, size, tag="1"):
    return {"names": [f"{name}@{digest(letter)}", f"{name}:{tag}"], "sizeBytes": size}


OLD, SHOP = f"registry.test/old@{digest('a')}", f"docker.io/library/shop@{digest('b')}"
IMAGES = [
    image("registry.test/old", "a", 5000),
    image("docker.io/library/shop", "b", 3000),
    image("docker.io/library/nginx", "c", 700, "latest"),
    image("registry.k8s.io/pause", "d", 300, "3.10"),
    {"names": ["<none>:<none>"], "sizeBytes": 1},
]


class Runtime(Wire):
    """An API server whose jobs end at once, with what the node would have said."""

    said = "removed {0}\nlooked at {n}\n"
    phase = "Succeeded"

    def answer(self, request):
        if request.method == "POST" and request.url.path.endswith("/jobs"):
            self.job = json.loads(request.content)["spec"]["template"]
            self.images = self.job["spec"]["containers"][0]["command"][4:]
            made = pod("worker", namespace="kube-system", phase=self.phase)
            made["metadata"]["labels"] = self.job["metadata"]["labels"]
            self.keep(made)
        if request.url.path.endswith("/log"):
            return httpx.Response(200, text=self.said.format(*self.images, n=len(self.images)))
        return super().answer(request)


def runtime(*pods, images=IMAGES):
    there = node("n1")
    there.setdefault("status", {})["images"] = images
    return Runtime(there, *pods)


def change(wire, now, **settings):
    made = {
        "clean_images_with": f"registry.test/crictl@{digest('0')}",
        "clean_socket": "/run/containerd/containerd.sock",
    }
    return Catalogue([wire.skill(now, **{**made, **settings})])["clean_disk"].change


def using(name, **status):
    made = pod("user")
    made["spec"] = {**made.get("spec", {}), "nodeName": "n1", "containers": [{"name": "main", "image": name}]}
    made["status"] = {**made.get("status", {}), "containerStatuses": [], **status}
    return made


async def test_the_preview_counts_what_no_pod_uses_and_starts_nothing(now):
    wire = runtime(using("nginx"))
    shown = await change(wire, now).preview(ASKED)
    assert shown.figures == {"bytes": 8000.0, "images": 2.0, "nodes": 1.0, "pods": 0.0}
    assert shown.diff == (
        "registry.test/old: 5000 bytes -> removed",
        "docker.io/library/shop: 3000 bytes -> removed",
    )
    assert {method for method, _, _ in wire.asked} == {"GET"}
    assert "root on the node" in shown.notes[1]


@pytest.mark.parametrize(
    "user",
    [
        using("shop:1"),
        using(SHOP),
        using("other", containerStatuses=[{"image": "sha256:1", "imageID": SHOP}]),
        using("other", initContainerStatuses=[{"image": "docker.io/library/shop:1", "imageID": ""}]),
        using("mirror.test/library/shop@" + digest("b")),
    ],
)
async def test_whatever_a_pod_calls_it_it_is_used(now, user):
    snapshot = await change(runtime(user), now).observe(ASKED)
    assert SHOP not in snapshot.before["images"]
    assert OLD in snapshot.before["images"]


async def test_exactly_what_was_shown_is_removed_and_what_the_node_keeps_is_told(now):
    wire = runtime(using("nginx"))
    wire.said = "removed {0}\nkept {1}\nlooked at {n}\n"
    cleaning = change(wire, now)
    snapshot = await cleaning.observe(ASKED)
    told = await cleaning.run(ASKED, snapshot)
    assert told.summary == "n1: 1 image of 5000 bytes removed"
    assert told.gaps == ("docker.io/library/shop was left: it is used, or pinned.",)
    spec = wire.job["spec"]
    assert spec["volumes"] == [
        {"name": "clean", "hostPath": {"path": "/run/containerd/containerd.sock", "type": "Socket"}}
    ]
    assert spec["nodeName"] == "n1"
    assert not spec["automountServiceAccountToken"]
    assert spec["containers"][0]["command"] == ["/bin/sh", "-c", SCRIPT, "clean", OLD, SHOP]
    assert spec["containers"][0]["securityContext"]["capabilities"] == {"drop": ["ALL"], "add": []}
    assert not [name for plural, _, name in wire.things if plural == "jobs"]


async def test_it_is_verified_by_what_the_node_reports_then(now):
    wire = runtime()
    cleaning = change(wire, now)
    snapshot = await cleaning.observe(ASKED)
    seen = await cleaning.verify(ASKED, snapshot)
    assert (seen.settled, seen.better) == (False, None)
    assert seen.why == "n1 still reports 3 of these images"
    wire.things["nodes", "", "n1"]["status"]["images"] = [IMAGES[3]]
    assert (await cleaning.verify(ASKED, snapshot)).better
    with pytest.raises(BadArguments, match="cannot be undone"):
        await cleaning.undo(ASKED, snapshot)


async def test_text_from_outside_cannot_become_a_command(now):
    wild = [{"names": [f"x;reboot@{digest('a')}"], "sizeBytes": 9}, {"names": ["$(reboot)@sha256:1"], "sizeBytes": 9}]
    with pytest.raises(NotFound, match="Node n1 reports no image"):
        await change(runtime(images=wild), now).observe(ASKED)


async def test_without_a_socket_or_a_pinned_image_no_image_goes(now):
    for settings in ({"clean_socket": ""}, {"clean_images_with": "crictl:latest"}):
        with pytest.raises(BadArguments, match="give KUBERNETES_CLEAN_SOCKET"):
            await change(runtime(), now, **settings).preview(ASKED)


async def test_a_job_that_says_nothing_is_a_failure(now, monkeypatch):
    monkeypatch.setattr(node_job, "PAUSE", 0.0)
    wire = runtime()
    wire.said = "Killed\n"
    cleaning = change(wire, now)
    with pytest.raises(Unreachable, match="it did not say what it did"):
        await cleaning.run(ASKED, await cleaning.observe(ASKED))


CRICTL = """#!/bin/sh
# A runtime in a folder: a file for each image; used, pinned and stuck ones are listed.
echo "$@" >> "$STORE/asked"
for image in "$@"; do :; done
file="$STORE/$(echo "$image" | tr '/:@' '___')"
case "$1" in
inspecti) [ -e "$file" ] || exit 1; grep -qx "$image" "$STORE/pinned" && echo true || echo '<no value>' ;;
ps) [ -e "$STORE/deaf" ] && exit 1; grep -qx "$image" "$STORE/used" && echo c0ffee; exit 0 ;;
rmi) grep -qx "$image" "$STORE/stuck" && exit 1; rm "$file" ;;
*) exit 2 ;;
esac
"""


@pytest.fixture
def store(tmp_path):
    folder = tmp_path / "store"
    folder.mkdir()
    for name in ("used", "pinned", "stuck"):
        (folder / name).touch()
    crictl = tmp_path / "crictl"
    crictl.write_text(CRICTL)
    crictl.chmod(0o755)
    return folder


def run(store, *images):
    for each in images:
        if "missing" not in each:
            (store / each.translate(str.maketrans("/:@", "___"))).touch()
    env = {"PATH": f"{store.parent}:{os.environ['PATH']}", "STORE": str(store)}
    done = subprocess.run(
        ["/bin/sh", "-c", SCRIPT, "clean", *images], capture_output=True, text=True, check=True, env=env
    )
    return done.stdout.splitlines()


def left(store):
    return {path.name.split("_")[1] for path in store.iterdir() if path.name.startswith("r.test_")}


def test_the_script_removes_what_is_unused_and_nothing_else(store):
    names = {name: f"r.test/{name}@{digest('a')}" for name in ("old", "used", "pinned", "stuck", "missing")}
    for kind in ("used", "pinned", "stuck"):
        (store / kind).write_text(names[kind] + "\n")
    assert run(store, *names.values()) == [
        f"removed {names['old']}",
        f"kept {names['used']}",
        f"kept {names['pinned']}",
        f"failed {names['stuck']}",
        f"gone {names['missing']}",
        "looked at 5",
    ]
    assert left(store) == {"used", "pinned", "stuck"}
    asked = (store / "asked").read_text()
    assert "--prune" not in asked
    assert "rmi -" not in asked


def test_where_the_runtime_cannot_say_who_uses_it_the_image_stays(store):
    (store / "deaf").touch()
    name = f"r.test/old@{digest('a')}"
    assert run(store, name) == [f"kept {name}", "looked at 1"]
    assert left(store) == {"old"}
