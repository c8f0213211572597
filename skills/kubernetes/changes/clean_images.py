"""Remove images that nothing on a node uses: counted from what the node itself reports, removed by its own runtime.

The preview needs no job and no right on the node: the kubelet reports the images and their bytes, and the pods say
which are used. Only after leave is given does a job with a pinned image speak to the container runtime through its
socket. Whoever holds that socket is as strong as root on the node, so it is mounted only where a setting names it, for
a script that never changes: it gets the digests that stood on the card, and asks the runtime about each once more.
"""

import re
from collections.abc import Mapping
from typing import Any, cast

from skills.change import Preview, Since, Snapshot, Target, Verification
from skills.errors import BadArguments, NotFound, Unreachable, not_found
from skills.evidence import JSON, Evidence
from skills.kubernetes.changes.node_job import NodeJob, name_of, pressed
from skills.kubernetes.cluster import Cluster, Thing, path_of
from skills.kubernetes.kinds import JOB, NODE, POD
from skills.words import counted, told

SOCKET = "/run/runtime.sock"
REFERENCE = re.compile(r"[a-z0-9][a-z0-9._/:-]{0,250}@sha256:[0-9a-f]{64}")
PAUSE_IMAGE = re.compile(r"(?:^|/)pause(?:-[a-z0-9]+)?(?:[:@]|$)")
"""What holds a pod together; older runtimes list it like any other."""
SCRIPT = """\
for image in "$@"; do
  if ! told=$(crictl inspecti -o go-template --template '{{.status.pinned}}' "$image" 2>/dev/null); then
    echo "gone $image"
  elif [ "$told" = true ]; then
    echo "kept $image"
  elif ! users=$(crictl ps -a -q --image "$image" 2>/dev/null) || [ -n "$users" ]; then
    echo "kept $image"
  elif crictl rmi "$image" >/dev/null 2>&1; then
    echo "removed $image"
  else
    echo "failed $image"
  fi
done
echo "looked at $#"
"""


class CleanImages:
    """The unused images of one node."""

    def __init__(self, cluster: Cluster, node: str, *, image: str, namespace: str, socket: str) -> None:
        self._cluster, self._node, self._socket = cluster, node, socket
        self._place = NodeJob(cluster, node, namespace, image)

    @property
    def target(self) -> Target:
        """The node."""
        return Target("Node", self._node)

    async def preview(self) -> Preview:
        """Which images would go, and their bytes, as the node reports them."""
        unused = _unused_of(await self.observe())
        biggest = sorted(unused.items(), key=lambda each: -each[1])
        size, image = sum(unused.values()), self._place.image.partition("@")[0]
        return Preview(
            diff=tuple(f"{name.partition('@sha256:')[0]}: {bytes_} bytes -> removed" for name, bytes_ in biggest[:10]),
            nodes=(self._node,),
            notes=(
                told(
                    f"{counted(len(unused), 'image')}, {size} bytes: what no pod on {self._node} uses, as the node"
                    " itself reports it (its largest images only). Layers shared with images that stay are not freed."
                    " Age does not count; what is needed again is pulled again.",
                    f"{len(unused)} 个镜像，共 {size} 字节：{self._node} 上没有 Pod 使用，以节点自己的报告为准"
                    "（只含最大的镜像）。与保留镜像共享的层不会释放。不看时间；再次需要时会重新拉取。",
                ),
                told(
                    f"A job in {self._place.namespace} does it with {image}, after leave is given. It holds the"
                    " runtime's socket, which is as strong as root on the node.",
                    f"批准之后，由 {self._place.namespace} 中的任务用镜像 {image} 执行。"
                    "它持有容器运行时的套接字，等同于节点上的 root。",
                ),
            ),
            figures={"bytes": float(size), "images": float(len(unused)), "nodes": 1.0, "pods": 0.0},
        )

    async def observe(self) -> Snapshot:
        """Exactly which images, and whether the disk is under pressure."""
        if not self._socket:
            raise BadArguments("no_clean_socket")
        self._place.require_image("no_clean_socket")
        node = await self._cluster.get(NODE, "", self._node)
        unused = _unused(node, await self._used())
        if not unused:
            raise NotFound("no_unused_images", node=self._node)
        meta = node["metadata"]
        before = {"pressed": pressed(node), "images": unused}
        return Snapshot(meta["uid"], "", 0, cast("JSON", before), meta.get("labels") or {})

    async def run(self, snapshot: Snapshot) -> Evidence:
        """Those that were shown, each only if the node agrees that nothing uses it; gone already is done already."""
        node = await self._cluster.get(NODE, "", self._node)
        if node["metadata"]["uid"] != snapshot.uid:
            raise not_found("not_in_cluster", (), kind="Node", name=self._node)
        images = _unused_of(snapshot)
        name = self._name(snapshot)
        log = await self._place.work(name, self.job(name, tuple(images)), len(images) + 5)
        if f"looked at {len(images)}" not in log.splitlines():
            raise Unreachable("clean_job_failed", job=name, why="it did not say what it did")
        said = set(log.splitlines())
        gone = [each for each in images if said & {f"removed {each}", f"gone {each}"}]
        size = sum(images[each] for each in gone)
        left = [each.partition("@")[0] for each in images if each not in gone]
        return Evidence(
            summary=told(
                f"{self._node}: {counted(len(gone), 'image')} of {size} bytes removed",
                f"{self._node}：已删除 {len(gone)} 个镜像，共 {size} 字节",
            ),
            query=f"POST {path_of(JOB, self._place.namespace)}",
            lines=tuple(each.partition("@")[0] for each in gone),
            facts={"bytes": size, "images": len(gone), "node": self._node},
            gaps=tuple(
                told(f"{each} was left: it is used, or pinned.", f"{each} 予以保留：在使用中或已固定。")
                for each in left
            ),
        )

    async def took(self, snapshot: Snapshot) -> bool:
        """Its job is there: what it says has still to be read."""
        return await self._place.there(self._name(snapshot))

    async def verify(self, snapshot: Snapshot) -> Verification:
        """The node reports none of them that is still unused, and no pressure."""
        node = await self._cluster.get(NODE, "", self._node)
        left = set(_unused(node, await self._used())) & set(_unused_of(snapshot))
        if left:
            return Verification(
                False,
                None,
                told(
                    f"{self._node} still reports {counted(len(left), 'of these images', 'of these images')}",
                    f"{self._node} 仍然报告其中 {len(left)} 个镜像",
                ),
            )
        if pressed(node):
            return Verification(
                False, None, told(f"{self._node} still reports DiskPressure", f"{self._node} 仍然报告磁盘压力")
            )
        return Verification(True, True, told(f"{self._node}: the images are gone", f"{self._node}：这些镜像已不存在"))

    async def since(self, snapshot: Snapshot) -> Since:
        """Whether they are gone without us."""
        seen = await self.verify(snapshot)
        return Since(same=seen.better is True, touched=seen.better is True, did=seen.why)

    async def undo(self, snapshot: Snapshot) -> Evidence:
        """Not possible, and not needed: what is used again is pulled again."""
        raise BadArguments("cannot_be_undone", what=f"cleaning {self._node}")

    def _name(self, snapshot: Snapshot) -> str:
        return name_of(f"{self._node} images {snapshot.uid} {sorted(_unused_of(snapshot))}")

    async def _used(self) -> frozenset[str]:
        """Every name by which a pod on this node calls an image."""
        listing = await self._cluster.list(POD, fields=f"spec.nodeName={self._node}")
        return frozenset(name for pod in listing.things for name in _names_in(pod))

    def job(self, name: str, images: tuple[str, ...]) -> Thing:
        """The job as it is sent; the images are arguments, and no part of what the shell reads as its script."""
        reached = {"name": "CONTAINER_RUNTIME_ENDPOINT", "value": f"unix://{SOCKET}"}
        return self._place.job(
            name,
            ["/bin/sh", "-c", SCRIPT, "clean", *images],
            {"hostPath": {"path": self._socket, "type": "Socket"}},
            at=SOCKET,
            read_only=True,
            env=(reached, {**reached, "name": "IMAGE_SERVICE_ENDPOINT"}),
        )


def _unused_of(snapshot: Snapshot) -> dict[str, int]:
    return dict(cast("dict[str, dict[str, int]]", snapshot.before)["images"])


def _unused(node: Thing, used: frozenset[str]) -> dict[str, int]:
    """By digest, the bytes of the images that no pod calls by any of their names."""
    found: dict[str, int] = {}
    images: list[Mapping[str, Any]] = node.get("status", {}).get("images") or []
    for image in images:
        names = [str(each) for each in image.get("names") or ()]
        by_digest = next((each for each in names if REFERENCE.fullmatch(each)), "")
        known = {part for each in names for part in _ways_to_say(each)}
        if by_digest and not known & used and not any(PAUSE_IMAGE.search(each) for each in names):
            found[by_digest] = int(image.get("sizeBytes") or 0)
    return found


def _names_in(pod: Thing) -> set[str]:
    spec, status = pod.get("spec", {}), pod.get("status", {})
    kinds = ("containers", "initContainers", "ephemeralContainers")
    said = [str(each.get("image", "")) for kind in kinds for each in spec.get(kind) or ()]
    for kind in ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"):
        for each in status.get(kind) or ():
            said += [str(each.get("image", "")), str(each.get("imageID", ""))]
    said += [str((each.get("image") or {}).get("reference", "")) for each in spec.get("volumes") or ()]
    return {way for each in said if each for way in _ways_to_say(each)}


def _ways_to_say(name: str) -> set[str]:
    """As pods write it, and in full: "nginx" is docker.io/library/nginx:latest."""
    name = name.partition("://")[2] or name
    host, slash, _ = name.partition("/")
    full = name if slash and ("." in host or ":" in host or host == "localhost") else f"docker.io/{name}"
    if full.startswith("docker.io/") and full.count("/") == 1:
        full = full.replace("docker.io/", "docker.io/library/", 1)
    if "@" not in full and ":" not in full.rpartition("/")[2]:
        full += ":latest"
    bare = {full.partition("@")[0]} if "@" in full and ":" in full.partition("@")[0].rpartition("/")[2] else set()
    digest = {full.partition("@")[2]} if "@" in full else set()
    return {name, full} | bare | digest
