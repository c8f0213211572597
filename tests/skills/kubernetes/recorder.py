"""Writes down which RBAC rights a skill used, by the calls it made."""

import re

from skills.http import Http, Reply

_PATH = re.compile(
    r"^/(?:api|apis/(?P<group>[^/]+))/[^/]+(?:/namespaces/[^/]+(?=/))?/(?P<plural>[^/]+)(?:/(?P<name>[^/]+))?(?:/(?P<part>[^/]+))?$"
)
_VERBS = {"POST": "create", "PATCH": "patch", "PUT": "update", "DELETE": "delete"}


def right(method: str, path: str) -> str:
    found = _PATH.match(path)
    assert found, path
    resource = found["plural"] + (f"/{found['part']}" if found["part"] else "")
    if found["group"]:
        resource = f"{found['group']}/{resource}"
    verb = ("get" if found["name"] else "list") if method == "GET" else _VERBS[method]
    return f"{resource}:{verb}"


class Recorder(Http):
    """A client that remembers."""

    def remember(self) -> set[str]:
        self.used: set[str] = set()
        return self.used

    async def _once(self, method: str, path: str, **more: object) -> Reply:
        self.used.add(right(method, path))
        return await super()._once(method, path, **more)
