"""Changes to nodes: close, open, empty, clean."""

from typing import Annotated, Literal

from pydantic import Field

from skills.action import action
from skills.change import Deed
from skills.kubernetes.changes.clean_disk import CleanDisk
from skills.kubernetes.changes.clean_images import CleanImages
from skills.kubernetes.changes.cordon import Cordon
from skills.kubernetes.changes.drain import Drain
from skills.kubernetes.cluster import Cluster
from skills.kubernetes.kinds import JOB, NODE, PDB, POD, rights
from skills.kubernetes.settings import KubernetesSettings
from skills.names import Name
from skills.risk import Risk

_NODES = rights(NODE, verbs=("get", "list", "patch"))


class Nodes:
    """Changes to nodes."""

    def __init__(self, cluster: Cluster, settings: KubernetesSettings) -> None:
        self._cluster = cluster
        self._settings = settings

    @action(
        risk=Risk.CHANGE,
        needs=_NODES,
        undo="the node takes pods again, if it did before",
        verify="the node is marked unschedulable",
        settles_in=30,
        command="cordon <node>",
    )
    def cordon(self, node: Name) -> Deed:
        """Let a node take no new pods; those on it stay.

        Args:
            node: Its name.
        """
        return Cordon(self._cluster, node, closed=True)

    @action(
        risk=Risk.CHANGE,
        needs=_NODES,
        undo="the node takes no new pods, if it did not before",
        verify="the node is no longer marked unschedulable",
        settles_in=30,
        command="uncordon <node>",
    )
    def uncordon(self, node: Name) -> Deed:
        """Let a node take pods again.

        Args:
            node: Its name.
        """
        return Cordon(self._cluster, node, closed=False)

    @action(
        risk=Risk.DESTROY,
        needs=(
            *rights(NODE, verbs=("get", "patch")),
            "pods/eviction:create",
            *rights(POD, verbs=("list",)),
            *rights(PDB, verbs=("list",)),
        ),
        undo="the node takes pods again; its pods stay where they went",
        verify="no pod is left on it, and none waits for another place",
        settles_in=900,
        command="drain <node>",
    )
    def drain_node(
        self, node: Name, timeout: Annotated[int, Field(ge=1, le=3600)] = 300, delete_emptydir_data: bool = False
    ) -> Deed:
        """Empty a node: it takes no new pods, and its pods are evicted as disruption budgets allow.

        Pods of daemon sets stay. A node with pods that no controller would make anew is refused.

        Args:
            node: Its name.
            timeout: Seconds after which what is left is reported, never forced.
            delete_emptydir_data: Evict also pods that keep files in emptyDir volumes; the files are lost.
        """
        seconds = min(float(timeout), self._settings.drain_timeout)
        return Drain(self._cluster, node, seconds, lose_files=delete_emptydir_data)

    @action(
        risk=Risk.DESTROY,
        needs=(
            *rights(JOB, verbs=("get", "create", "delete")),
            *rights(POD, verbs=("list",)),
            "pods/log:get",
            *rights(NODE, verbs=("get",)),
        ),
        verify="the bytes that were freed, and the node's disk pressure is gone",
        settles_in=600,
    )
    def clean_disk(
        self,
        node: Name,
        what: Literal["tmp", "journal", "container_logs", "images"] = "tmp",
        older_than_days: Annotated[int, Field(ge=1, le=365)] = 7,
    ) -> Deed:
        """Free disk on a node: old files of /tmp, archived journals, rotated container logs, or unused images.

        The preview tells the bytes first. A job with a pinned image does it, and sees that one folder; for images, the
        socket of the container runtime, which a setting must name.

        Args:
            node: Its name.
            what: Which folder is cleaned; images: those that no pod on the node uses.
            older_than_days: Only files that nobody has written for so many days; images have no age.
        """
        mine = self._settings
        place = {"image": mine.clean_image, "namespace": mine.clean_namespace}
        if what == "images":
            place["image"] = mine.clean_images_with
            return CleanImages(self._cluster, node, socket=mine.clean_socket, **place)
        return CleanDisk(self._cluster, node, what, days=older_than_days, **place)
