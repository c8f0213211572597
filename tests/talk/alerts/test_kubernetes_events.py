"""A real cluster's warnings become alerts: listed, watched, taken up again, never told twice, over when it is quiet."""

import asyncio
import contextlib
import time
from datetime import UTC, datetime, timedelta

import pytest

from bot.talk.alerts.kubernetes_events import KubernetesEvents, make
from bot.talk.alerts.settings import KubernetesEventsSettings
from skills.http import Server
from skills.kubernetes.cluster import Cluster
from skills.kubernetes.warnings import Warnings
from tests.talk.alerts.test_alertmanager import Ears

pytestmark = [pytest.mark.servers, pytest.mark.timeout(120)]


def warn(kube, space, name, reason="BackOff", count=5, at=None, kind="Pod"):
    at = (at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    about = {"kind": kind, "name": name, "namespace": space, "apiVersion": "v1"}
    body = {"metadata": {"generateName": f"{name}.", "namespace": space}, "involvedObject": about, "reason": reason,
            "message": "Back-off restarting failed container", "type": "Warning", "count": count,
            "firstTimestamp": at, "lastTimestamp": at}  # fmt: skip
    answer = kube.client.post(f"/api/v1/namespaces/{space}/events", json=body)
    return answer.raise_for_status().json()


async def until(wanted, seconds=60.0):
    end = time.monotonic() + seconds
    while not wanted():
        assert time.monotonic() < end, "it did not come"
        await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def listening(kube, space, ears):
    source = make(kubernetes={"kubeconfig": str(kube.kubeconfig)}, namespaces=(space,))
    await source.start(ears)
    try:
        yield source
    finally:
        await source.stop()


def about(ears, name):
    return [each for each in ears.kept.values() if each.labels.get("pod") == name]


async def test_what_was_said_before_and_what_is_said_now_is_heard_once_each(kube):
    space, ears = kube.namespace("warned"), Ears()
    await asyncio.to_thread(warn, kube, space, "before-1")
    await asyncio.to_thread(warn, kube, space, "rare-1", count=1)
    async with listening(kube, space, ears):
        await until(lambda: about(ears, "before-1"))
        said = await asyncio.to_thread(warn, kube, space, "now-1", "FailedMount")
        await until(lambda: about(ears, "now-1"))
    (alert,) = about(ears, "now-1")
    assert (alert.name, alert.labels["namespace"], alert.firing) == ("FailedMount", space, True)
    assert alert.summary == "Back-off restarting failed container"
    assert not about(ears, "rare-1")
    async with listening(kube, space, ears):  # begun anew: the same keys, so nothing is new
        await asyncio.to_thread(warn, kube, space, "later-1")
        await until(lambda: about(ears, "later-1"))
    assert len(about(ears, "now-1")) == len(about(ears, "before-1")) == 1
    assert said["count"] == 5


async def test_the_watch_is_taken_up_where_it_ended(kube):
    space = kube.namespace("resumed")
    warnings = Warnings(Cluster(lambda: Server("Kubernetes", "http://unused")))
    warnings = Warnings(make(kubernetes={"kubeconfig": str(kube.kubeconfig)})._warnings._cluster)
    await warnings.listed()
    kept = warnings.version
    await asyncio.to_thread(warn, kube, space, "meanwhile-1")
    again = Warnings(warnings._cluster)
    again.version = kept
    async for event in again.follow():
        if event["involvedObject"]["name"] == "meanwhile-1":
            break
    assert again.version != kept
    again.version = "1"  # long forgotten by the server: to be listed anew
    async for _ in again.follow():
        break
    assert again.version == "" or int(again.version) > 1


async def test_what_is_quiet_is_over():
    now = [datetime(2026, 11, 22, 12, tzinfo=UTC)]
    source = KubernetesEvents(KubernetesEventsSettings(), Warnings(Cluster(lambda: Server("", ""))), lambda: now[0])
    ears = Ears()
    event = {"reason": "BackOff", "type": "Warning", "count": 9, "lastTimestamp": now[0].isoformat(),
             "involvedObject": {"kind": "Pod", "name": "a", "namespace": "s"}}  # fmt: skip
    assert await source.see(event, ears)
    assert not await source.see(event | {"count": 10}, ears)
    assert await source.call_off(ears) == 0
    now[0] += timedelta(minutes=11)
    assert await source.call_off(ears) == 1
    over = list(ears.kept.values())[-1]
    assert not over.firing
    assert over.fingerprint == next(iter(ears.kept.values())).fingerprint
    assert not await source.see(event, ears), "what is old is not told again"
