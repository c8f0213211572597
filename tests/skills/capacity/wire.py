"""A pretend Prometheus and a pretend Kubernetes, at the wire."""

import json
import math
import re
from urllib.parse import parse_qs

import httpx


class Prometheus:
    """Answers by the first pattern that is in the query; can stop answering, or be very wide."""

    def __init__(self, now):
        self.now = now
        self.series = []
        self.stops_after = None
        self.asked = []

    def add(self, pattern, value, **labels):
        """A series whose value at a time is told by a function, or is a number."""
        self.series.append((pattern, labels, value if callable(value) else lambda _t: value))

    def __call__(self, request):
        if not request.url.path.startswith("/api/v1/query"):
            return httpx.Response(404, json={"message": "there is no cluster here"})
        form = {key: values[0] for key, values in parse_qs(request.content.decode()).items()}
        self.asked.append((request.url.path, form))
        ranges = [path for path, _ in self.asked if path.endswith("query_range")]
        if self.stops_after is not None and request.url.path.endswith("query_range") and len(ranges) > self.stops_after:
            raise httpx.ReadTimeout("slow", request=request)
        query = form["query"]
        if request.url.path.endswith("query_range"):
            start, end, step = float(form["start"]), float(form["end"]), float(form["step"])
            times = [start + n * step for n in range(int((end - start) / step) + 1)]
            found = [
                {"metric": labels, "values": [[t, self._text(value(t))] for t in times]}
                for labels, value in self._matching(query)
            ]
            return self._told(found)
        matching = self._matching(query)
        if query.startswith("count("):
            return self._told([{"metric": {}, "value": [self.now, str(len(matching))]}] if matching else [])
        if top := re.match(r"topk\((\d+)", query):
            matching = sorted(matching, key=lambda one: -one[1](self.now))[: int(top[1])]
        return self._told(
            [{"metric": labels, "value": [self.now, self._text(value(self.now))]} for labels, value in matching]
        )

    def _matching(self, query):
        pattern = next((p for p, _, _ in self.series if p in query), None)
        named = re.findall(r'(\w+)=~?"([^"]*)"', query)
        found = [(labels, value) for p, labels, value in self.series if p == pattern]
        for label, quoted in named:
            wanted = quoted.replace("\\\\", "\\")
            found = [one for one in found if label not in one[0] or re.fullmatch(wanted, one[0][label])]
        return found

    @staticmethod
    def _text(value):
        return "NaN" if math.isnan(value) else str(value)

    @staticmethod
    def _told(result):
        return httpx.Response(200, json={"status": "success", "data": {"result": result}})


def node(name, ready=True, cpu="8", memory="32Gi", unschedulable=False):
    return {
        "metadata": {"name": name},
        "spec": {"unschedulable": True} if unschedulable else {},
        "status": {
            "allocatable": {"cpu": cpu, "memory": memory},
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
        },
    }


class Kubernetes:
    """Objects by path; patches merge, stale versions conflict, dry runs change nothing."""

    def __init__(self, nodes=4):
        self.objects = {}
        self.version = 100
        self.written = []
        self.nodes = [node(f"n{i}") for i in range(nodes)]

    def put(self, path, body):
        self.version += 1
        body.setdefault("metadata", {}).update(
            resourceVersion=str(self.version), uid=body["metadata"].get("uid", f"u{self.version}")
        )
        self.objects[path] = body

    def __call__(self, request):
        path, method = request.url.path, request.method
        if path == "/api/v1/nodes":
            return httpx.Response(200, json={"metadata": {"resourceVersion": str(self.version)}, "items": self.nodes})
        if method == "GET":
            return self._found(path)
        body = json.loads(request.content or b"{}")
        dry = "dryRun" in request.url.params
        self.written.append((method, path, dry))
        where = f"{path}/{body['metadata']['name']}" if method == "POST" else path
        if method == "POST":
            if where in self.objects:
                return httpx.Response(409, json={"message": "already exists"})
            if not dry:
                self.put(where, body)
            return httpx.Response(201, json=body)
        if where not in self.objects:
            return httpx.Response(404, json={"message": f"{path} not found"})
        if method == "DELETE":
            del self.objects[where]
            return httpx.Response(200, json={})
        kept = self.objects[where]
        asked = body.get("metadata", {}).get("resourceVersion")
        if asked and asked != kept["metadata"]["resourceVersion"]:
            return httpx.Response(409, json={"message": "the object has been modified"})
        if not dry:
            self.put(where, _merged(kept, body))
        return httpx.Response(200, json=self.objects[where])

    def _found(self, path):
        if path in self.objects:
            return httpx.Response(200, json=self.objects[path])
        return httpx.Response(404, json={"message": f"{path} not found"})


def _merged(old, new):
    merged = dict(old)
    for key, value in new.items():
        merged[key] = _merged(old.get(key) or {}, value) if isinstance(value, dict) else value
    return merged
