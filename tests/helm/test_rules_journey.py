"""Our own rules in a real Prometheus over a real cluster: a fault becomes an incident, with its runbook."""

import asyncio
import re
import time
from pathlib import Path

import pytest

from tests.journeys.visitor import house_over
from tests.skills.kubernetes.test_real_cluster import deployment

pytestmark = [pytest.mark.servers, pytest.mark.timeout(180)]
RULES = (Path(__file__).parents[2] / "helm" / "rules" / "workloads.yaml").read_text()


async def test_an_image_that_is_not_there_becomes_an_incident(kube, start_prometheus, start_alertmanager, tmp_path):
    namespace = kube.namespace()
    alertmanager = start_alertmanager(webhook=None)
    prometheus = start_prometheus(
        rules=re.sub(r"^ +for: .*\n", "", RULES, flags=re.MULTILINE),  # without waiting: they are timed by promtool
        scrape={"state": [f"{kube.metrics}/metrics/state"]},
        alertmanager=alertmanager.address,
    )
    urls = {"kubernetes": {"kubeconfig": str(kube.kubeconfig)}, "prometheus": prometheus.url}
    async with house_over(tmp_path, urls, alerts=True) as seat:
        alertmanager.configure(webhook=f"{seat.url}/alerts/alertmanager")
        kube.apply(deployment(image="registry.test/order:bad"), namespace=namespace)
        alert = await _alert(seat.house.responder.watching.incidents, "PodImageNotPulled", namespace)
    assert alert.labels["severity"] == "warning"
    assert alert.annotations["runbook_url"] == "docs/runbooks/PodImageNotPulled.md"
    assert alert.annotations["summary"] == f"The image of {namespace}/{alert.labels['pod']} cannot be pulled"
    assert alert.annotations["summary_zh"] == f"{namespace}/{alert.labels['pod']} 的镜像无法拉取"


async def _alert(incidents, name, namespace, seconds=90):
    """The alert of this name, out of the incident that it belongs to."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for incident in await incidents.opened():
            for alert in incident.alerts:
                if alert.labels["alertname"] == name and alert.labels.get("namespace") == namespace:
                    return alert
        await asyncio.sleep(0.3)
    raise AssertionError("no incident came of it")
