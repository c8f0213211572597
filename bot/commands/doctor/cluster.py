"""What the doctor asks of the cluster: rights of our account, the operator, and whether alerts find us."""

import asyncio
from collections.abc import Mapping

from bot.act.settings import ActSettings
from bot.operator.rights import split
from skills import Action, Risk, SkillError
from skills.alertmanager.client import AlertmanagerClient
from skills.alertmanager.settings import AlertmanagerSettings
from skills.http import Http
from skills.kubernetes.connection import connection
from skills.kubernetes.settings import KubernetesSettings

REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
REMEDIATIONS = "/apis/dutybot.io/v1alpha1/namespaces/{namespace}/remediations"


async def rights(actions: Mapping[str, Action]) -> tuple[str, str]:
    """What is wrong, and what was seen: which looks the account may not take, and which changes it may make."""
    wanted = {need for each in actions.values() for need in each.needs}
    try:
        http = Http(connection(KubernetesSettings()))
        try:
            asked = sorted(wanted)
            answers = dict(zip(asked, await asyncio.gather(*(_may(http, need) for need in asked)), strict=True))
        finally:
            await http.close()
    except SkillError as error:
        return f"{error} Check KUBERNETES_URL or KUBERNETES_KUBECONFIG.", ""
    lacking = {name: [need for need in each.needs if not answers[need]] for name, each in actions.items()}
    looks = {need for name, each in actions.items() if each.risk is Risk.READ for need in lacking[name]}
    changes = [name for name, each in actions.items() if each.needs and each.risk is not Risk.READ]
    able = [name for name in changes if not lacking[name]]
    wrong = f"Looks lack {', '.join(sorted(looks))}. Grant them: rbac.read in the chart." if looks else ""
    return wrong, f"{len(able)} of {len(changes)} changes (rbac.changes in the chart)"


async def _may(http: Http, need: str) -> bool:
    resource, _, verb = need.rpartition(":")
    group, plural = split(resource)
    name, _, sub = plural.partition("/")
    asked = {"verb": verb, "group": group, "resource": name, "subresource": sub}
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": asked},
    }
    answer = await http.write_json("POST", REVIEW, body, trial=True)
    return bool(answer["status"]["allowed"])


async def operated() -> str | None:
    """What is wrong with the way to the operator; None where the bot makes the changes itself."""
    settings = ActSettings()
    if settings.mode != "operator":
        return None
    path = REMEDIATIONS.format(namespace=settings.namespace)
    try:
        http = Http(connection(KubernetesSettings()))
        try:
            await http.read_json(path, {"limit": 1})
        finally:
            await http.close()
    except SkillError as error:
        return f"{error} Install helm/crds, and the chart with operator.enabled; check ACT_NAMESPACE."
    return ""


async def wired() -> str:
    """Whether Alertmanager's own configuration names our address."""
    try:
        client = AlertmanagerClient(AlertmanagerSettings())
        try:
            config = await client.configuration()
        finally:
            await client.close()
    except SkillError as error:
        return f"{error} Check ALERTMANAGER_URL."
    if "/alerts/alertmanager" in config:
        return ""
    return "Alertmanager's configuration has no webhook that ends in /alerts/alertmanager; take helm/alertmanager.yaml."
