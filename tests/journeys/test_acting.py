"""A pod fails, an alert fires, the cause is found, the repair is made, verified, and all is quiet: on real servers."""

import asyncio
import time

import pytest
import yaml

from bot.act.policy import DEFAULT
from bot.domain.incident import IncidentState
from tests.journeys.visitor import house_over
from tests.skills.kubernetes.test_real_cluster import deployment, spec_of

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]
RULES = """
groups:
  - name: shop
    rules:
      - alert: PodNotReady
        expr: kube_pod_container_status_waiting_reason{namespace="NAMESPACE"} == 1
        labels: {severity: critical, namespace: NAMESPACE, deployment: order}
        annotations: {summary: a container of order waits}
"""


def trusting(folder, namespace):
    """Roll back by itself, in this namespace only."""
    file = yaml.safe_load(DEFAULT.read_text())
    entry = {"name": "roll back", "actions": ["kubernetes.rollback_deployment"], "namespaces": [namespace]}
    path = folder / "policy.yaml"
    path.write_text(yaml.safe_dump(file | {"automatic": [entry | {"per_hour": 3}]}))
    return path


async def test_from_firing_to_verified_with_automatic_leave(
    kube, start_prometheus, start_alertmanager, tmp_path, record_property
):
    namespace = kube.namespace()
    kube.apply(deployment(), namespace=namespace)
    kube.wait_for_rollout("order", namespace)
    good = spec_of(kube, namespace)
    alertmanager = start_alertmanager(webhook=None)
    prometheus = start_prometheus(
        rules=RULES.replace("NAMESPACE", namespace),
        scrape={"state": [f"{kube.metrics}/metrics/state"]},
        alertmanager=alertmanager.address,
    )
    urls = {"kubernetes": {"kubeconfig": str(kube.kubeconfig)}, "prometheus": prometheus.url}
    async with house_over(tmp_path, urls, alerts=True, policy_path=trusting(tmp_path, namespace)) as seat:
        alertmanager.configure(webhook=f"{seat.url}/alerts/alertmanager")
        incidents = seat.house.responder.watching.incidents
        kube.apply(deployment(image="registry.test/order:bad"), namespace=namespace)
        fired = verified = 0.0
        until = time.monotonic() + 150
        states, mine = [], ""
        while time.monotonic() < until and not verified:
            mine = mine or next((each.id for each in await incidents.opened()), "")
            if mine:
                fired = fired or time.monotonic()
                incident = await incidents.get(mine)
                states.append(incident.state)
                if any(moment.what == "moment_verified" for moment in incident.moments):
                    verified = time.monotonic()
            await asyncio.sleep(0.2)
        assert verified, states[-1:] or "no alert came"
        seconds = verified - fired
        record_property("firing_to_verified_s", round(seconds, 1))
        print(f"from firing to verified: {seconds:.1f} s")
        assert seconds <= 60
        assert IncidentState.ACTING in states
        assert spec_of(kube, namespace)["template"]["spec"] == good["template"]["spec"]
        (repair,) = [await seat.house.responder.watching.gate.approval(each) for each in incident.repairs]
        assert [(each.kind, each.name) for each in repair.signals] == [("alert", "PodNotReady")]
        (course,) = (await seat.house.responder.watching.gate.courses(repair.id)).values()
        assert course.aftermath.why.endswith("well again: PodNotReady")
        await resolved(incidents, mine)


async def resolved(incidents, id):
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if (await incidents.get(id)).state is IncidentState.RESOLVED:
            return
        await asyncio.sleep(0.3)
    raise AssertionError("the alert did not resolve")
