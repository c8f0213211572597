"""Run another version of the same image: another tag or digest, never another repository."""

import re
from collections.abc import Mapping
from typing import Any

from skills.errors import BadArguments
from skills.kubernetes.changes.template import TemplateChange
from skills.kubernetes.cluster import Cluster, Thing
from skills.kubernetes.kinds import Kind
from skills.words import told

IMAGE = r"^[a-zA-Z0-9][a-zA-Z0-9._/:@-]{0,254}$"


def repository(image: str) -> str:
    """Without tag and digest: registry:5000/shop/order:1@sha256:… -> registry:5000/shop/order."""
    return re.sub(r":[^/:]+$", "", image.partition("@")[0])


class SetImage(TemplateChange):
    """One container of one workload."""

    def __init__(self, cluster: Cluster, kind: Kind, namespace: str, name: str, *, container: str, image: str) -> None:
        super().__init__(cluster, kind, namespace, name)
        self._container, self._image = container, image

    @property
    def done(self) -> str:
        """What was done."""
        return told(
            f"{self.namespace}/{self.name} is being moved to {self._image}",
            f"正在把 {self.namespace}/{self.name} 换成 {self._image}",
        )

    async def body(self, thing: Thing, before: Mapping[str, Any]) -> object:
        """The image of that container."""
        container = container_named(thing, self._container)
        if repository(container["image"]) != repository(self._image):
            raise BadArguments("other_repository", image=self._image, repository=repository(container["image"]))
        return {"spec": {"template": {"spec": {"containers": [{"name": container["name"], "image": self._image}]}}}}


def container_named(workload: Thing, name: str) -> Thing:
    """A container of a workload; its only one, where no name is given.

    Raises:
        BadArguments: there is none of that name, or there are several and none is named.
    """
    containers: list[Thing] = workload["spec"]["template"]["spec"]["containers"]
    for each in containers:
        if each["name"] == name or (not name and len(containers) == 1):
            return each
    known = ", ".join(each["name"] for each in containers)
    raise BadArguments("which_container", name=workload["metadata"]["name"], container=name or "-", known=known)
