"""Kept cases and kubeconfigs that are cut short or hold other kinds of things: a sentence, or what can be read."""

import json

import httpx
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import BotError
from bot.playground.bundle import Bundle
from bot.talk.cards.words import Words
from bot.think.diagnosis.bundle import read_bundle
from bot.think.diagnosis.diagnose import diagnose
from bot.think.diagnosis.markdown import as_markdown
from skills import Unreachable
from skills.kubernetes.connection import connection
from skills.kubernetes.settings import KubernetesSettings
from tests.knowledge.importers.test_odd_replies import JUNK, WHOLE, broken, places
from tests.think.diagnosis.faults import series
from tests.think.diagnosis.kube import alert, iso
from tests.think.diagnosis.shop import app as workload
from tests.think.diagnosis.shop import broken as broken_pod
from tests.think.diagnosis.shop import ended, waiting

pytestmark = pytest.mark.slow

MANY = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
SECRET = "tok" + "en-Zx9kQ2mTianjin77"


def good():
    down = broken_pod(waiting("CrashLoopBackOff", "back-off", 7, ended(137, "OOMKilled")))
    used = series("container_memory_working_set_bytes", [2e8 + 1e6 * at for at in range(20)],
                  pod="checkout-6c9f7d5b8f-x2x7k", container="main")  # fmt: skip
    line = [str(1_790_000_000 * 10**9), "ERROR out of memory"]
    return {
        "case": {"id": "c", "now": iso(), "ask": alert("KubePodCrashLooping", deployment="checkout"), "expect": {}},
        "objects": {"kind": "List", "items": workload(pods=[down])},
        "metrics": [used],
        "logs": [{"stream": {"pod": "checkout-6c9f7d5b8f-x2x7k"}, "values": [line]}],
        "passages": {"passages": [{"title": "t", "text": "x", "url": "https://k", "source": "files", "key": "1"}]},
    }


GOOD = good()


def keep(folder, **files):
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}.json").write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return folder


def read_in_every_way(folder):
    """As the report and as the replay read it."""
    for read in (lambda: as_markdown(diagnose(read_bundle(folder)), "en"), lambda: served(Bundle.read(folder))):
        told = None
        try:
            read()
        except BotError as error:
            told = error
        if told:
            said = Words("en").of_error(told.key, told.values, str(told))
            assert said.endswith(".")
            assert "\n" not in said
            assert Words("zh").knows(told.key)


def served(kept):
    return kept.prometheus(), kept.loki(), kept.kubernetes()


@pytest.mark.parametrize("name", GOOD)
@MANY
@given(st.integers(0, 2000), st.sampled_from([places, *JUNK]))
def test_one_thing_of_another_kind(tmp_path, name, where, junk):
    read_in_every_way(keep(tmp_path / "case", **GOOD | {name: broken(GOOD[name], where, junk)}))


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("body", [*WHOLE, b"[7]", b'[["a"]]', b'{"items": 7}', b"half"], ids=lambda it: repr(it[:8]))
def test_a_file_that_is_no_such_file(tmp_path, name, body):
    whole = json.dumps(GOOD[name]).encode()
    read_in_every_way(keep(tmp_path / "case", **GOOD | {name: whole[: len(whole) // 2] if body == b"half" else body}))


CONFIG = {
    "apiVersion": "v1",
    "current-context": "here",
    "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u", "namespace": "shop"}}],
    "clusters": [{"name": "c", "cluster": {"server": "https://c.test", "certificate-authority-data": "QQ=="}}],
    "users": [{"name": "u", "user": {"token": SECRET, "client-certificate-data": "QQ==", "client-key-data": "QQ=="}}],
}


def signed_in(path, content):
    """A server that can be asked, or one sentence without what the file holds."""
    path.write_bytes(content)
    server, told = None, ""
    try:
        server = connection(KubernetesSettings(url="", kubeconfig=str(path)))
    except Unreachable as error:
        told = str(error)
    assert SECRET not in told
    assert "\n" not in told
    if server is None:
        return told
    assert all(isinstance(each, str) for each in (server.url, server.token, server.password, server.ca_text))
    assert httpx.URL(server.url).host
    return told


@MANY
@given(st.integers(0, 2000), st.sampled_from([places, *(each for each in JUNK if each != "\ud800")]))
def test_a_kubeconfig_with_one_thing_of_another_kind(tmp_path, where, junk):
    signed_in(tmp_path / "config", yaml.safe_dump(broken(CONFIG, where, junk)).encode())


@MANY
@given(st.integers(0, 100), st.sampled_from([b"", b"\xff\xfe", b"[" * 60_000, b"\0", b"- {", b"&a [*a]", b"\t: : :"]))
def test_a_kubeconfig_that_is_cut_short(tmp_path, percent, tail):
    whole = yaml.safe_dump(CONFIG).encode()
    signed_in(tmp_path / "config", whole[: len(whole) * percent // 100] + tail)


def test_a_line_of_a_kubeconfig_is_not_quoted(tmp_path):
    told = signed_in(tmp_path / "config", f"users:\n- user: {{token: {SECRET}\n  x: ]".encode())
    assert "it is no YAML, line 3" in told
    huge = signed_in(tmp_path / "config", b"a: b\n" * 2_000_000)
    assert "too large" in huge
