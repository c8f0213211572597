"""The part of Alertmanager's API that the bot uses: alerts and silences."""

import uuid
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.playground.alarms import Alarm, Alarms, iso

Json = Any
_NEEDED = ("matchers", "startsAt", "endsAt", "createdBy", "comment")


@dataclass(frozen=True, slots=True)
class AlertmanagerApi:
    """Answers requests."""

    alarms: Alarms

    async def alerts(self, request: Request) -> Response:
        """What fires."""
        wanted = request.query_params.getlist("filter")
        firing = self.alarms.firing()
        told = [self._alert(alarm) for alarm in firing if all(_filter(text, alarm.labels) for text in wanted)]
        silenced = request.query_params.get("silenced", "true") != "false"
        return JSONResponse([each for each in told if silenced or each["status"]["state"] == "active"])

    def _alert(self, alarm: Alarm) -> Json:
        silences = self.alarms.silenced(alarm)
        return {
            "labels": alarm.labels,
            "annotations": alarm.annotations,
            "startsAt": iso(alarm.fired or alarm.since),
            "endsAt": iso(self.alarms.now() + 240),
            "updatedAt": iso(self.alarms.now()),
            "fingerprint": alarm.fingerprint,
            "generatorURL": "",
            "receivers": [{"name": "dutybot"}],
            "status": {
                "state": "suppressed" if silences else "active",
                "silencedBy": silences,
                "inhibitedBy": [],
                "mutedBy": [],
            },
        }

    async def groups(self, _: Request) -> Response:
        """What fires, by the alert's name and namespace."""
        groups: dict[tuple[str, str], list[Json]] = {}
        for alarm in self.alarms.firing():
            groups.setdefault((alarm.rule.name, alarm.labels.get("namespace", "")), []).append(self._alert(alarm))
        return JSONResponse(
            [
                {"labels": {"alertname": name, "namespace": space}, "receiver": {"name": "dutybot"}, "alerts": alerts}
                for (name, space), alerts in groups.items()
            ]
        )

    async def silences(self, request: Request) -> Response:
        """All silences, or one more."""
        if request.method == "GET":
            return JSONResponse([self._silence(identity) for identity in self.alarms.silences])
        body = await request.json()
        missing = [name for name in _NEEDED if not body.get(name)]
        if missing:
            told = "\n".join(f"{name} in body is required" for name in missing)
            return JSONResponse({"code": 602, "message": f"validation failure list:\n{told}"}, 422)
        if body["endsAt"] <= body["startsAt"]:
            return JSONResponse("failed to create silence: start time must be before end time", 400)
        identity = body.get("id") or str(uuid.uuid5(uuid.NAMESPACE_OID, f"{len(self.alarms.silences)}{body}"))
        self.alarms.silences[identity] = {**body, "id": identity, "updatedAt": iso(self.alarms.now())}
        return JSONResponse({"silenceID": identity})

    async def silence(self, request: Request) -> Response:
        """One silence: see it, or end it."""
        identity = request.path_params["identity"]
        if identity not in self.alarms.silences:
            return Response(status_code=404)
        if request.method == "DELETE":
            self.alarms.silences[identity]["endsAt"] = iso(self.alarms.now())
            return Response(status_code=200)
        return JSONResponse(self._silence(identity))

    def _silence(self, identity: str) -> Json:
        silence = self.alarms.silences[identity]
        now = iso(self.alarms.now())
        state = "pending" if silence["startsAt"] > now else "active" if silence["endsAt"] > now else "expired"
        return {**silence, "status": {"state": state}}

    async def status(self, _: Request) -> Response:
        """That it is there."""
        return JSONResponse({"cluster": {"status": "disabled"}, "versionInfo": {"version": "0.31.1"}})


def _filter(text: str, labels: dict[str, str]) -> bool:
    for op in ("!=", "="):
        name, found, value = text.partition(op)
        if found:
            return (labels.get(name.strip(), "") == value.strip().strip('"')) is (op == "=")
    return True


def application(alarms: Alarms) -> Starlette:
    """The API as an application."""
    api = AlertmanagerApi(alarms)
    return Starlette(
        routes=[
            Route("/-/ready", lambda _: PlainTextResponse("OK")),
            Route("/-/healthy", lambda _: PlainTextResponse("OK")),
            Route("/api/v2/status", api.status),
            Route("/api/v2/alerts", api.alerts),
            Route("/api/v2/alerts/groups", api.groups),
            Route("/api/v2/silences", api.silences, methods=["GET", "POST"]),
            Route("/api/v2/silence/{identity}", api.silence, methods=["GET", "DELETE"]),
        ]
    )
