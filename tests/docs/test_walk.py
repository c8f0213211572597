"""The pages' commands, run as they stand: `dutybot` ones anywhere, those of kubectl and Helm on a real API server."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
import yaml

from tests.docs.test_pages import ROOT, TOLD, blocks

GOES_ON = ("dutybot run", "dutybot demo", "dutybot operator run", "dutybot shop")
"""They serve until they are stopped; tests of their own start them."""
ELSEWHERE = re.compile(r"docker |.* (exec|port-forward) ")
"""What needs Docker, or a container that really runs."""
HELM = Path(__file__).with_name("helm_words.py")


def commands():
    """Every `dutybot …` on the pages, once each, with the page that says it."""
    found = {}
    for page in TOLD:
        for block in (*blocks(page, "sh"), *blocks(page, "")):
            for line in re.findall(r"^(?:\.venv/bin/)?(dutybot [a-z][^#\n]*)", block, re.MULTILINE):
                words = line.strip()
                if not words.startswith(GOES_ON) and not re.search(r"[|…<]|[A-Z]{4,}|\.git ", words):
                    found.setdefault(words, str(page.relative_to(ROOT)))
    return found


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with what the pages speak of: our docs and chart, runbooks, a policy from the cookbook, and a series."""
    folder = tmp_path_factory.mktemp("walk")
    for name in ("docs", "helm"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "runbooks").mkdir()
    shutil.copy(ROOT / "docs" / "runbooks" / "NodeDiskFull.md", folder / "runbooks")
    (folder / "policy.yaml").write_text(blocks(ROOT / "docs" / "policy.md", "yaml")[0])
    begun = int(time.time()) // 3600 * 3600 - 14 * 86400
    hours = (f"{begun + 3600 * hour},{40 + hour / 20 + 5 * (hour % 24 > 8)}" for hour in range(14 * 24))
    (folder / "disk.csv").write_text("\n".join(hours))
    programs = folder / "programs"
    programs.mkdir()
    for name, what in {"dutybot": "-m bot", "helm": str(HELM)}.items():
        (programs / name).write_text(f'#!/bin/sh\nexec {sys.executable} {what} "$@"\n')
        (programs / name).chmod(0o755)
    return folder


def run(place, command, **more):
    clean = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
    env = clean | {"PATH": f"{place / 'programs'}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    env |= {"KNOWLEDGE_EMBEDDINGS": "none", "DUTYBOT_SKILLS": "kubernetes", "KUBERNETES_URL": "http://127.0.0.1:1"}
    return subprocess.run(
        ["/bin/sh", "-ec", command], cwd=place, env=env | more, capture_output=True, text=True, timeout=240, check=False
    )


@pytest.mark.slow
@pytest.mark.skipif(os.environ.get("DUTYBOT_TESTS") == "quick", reason="it starts a process for each")
@pytest.mark.parametrize("command", commands())
def test_it_does_what_it_says_or_names_what_is_missing(place, command):
    ran = run(place, command)
    said = ran.stdout + ran.stderr
    assert "Traceback" not in said
    assert "Usage:" not in said
    if ran.returncode:
        assert re.search(r"\b[A-Z]+_[A-Z_]+\b|Cannot be reached|cannot be reached|does not answer|\bto mend\b", said), (
            said
        )


def test_enough_of_them_are_run():
    assert len(commands()) > 12


@pytest.mark.servers
@pytest.mark.timeout(400)
@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_the_installation_is_walked_from_the_pages(kube, place):
    """In a namespace of its own each time, whatever the page calls it."""
    oncall = f"oncall-{uuid.uuid4().hex[:6]}"
    (values,) = blocks(ROOT / "docs" / "install.md", "yaml")
    (place / "values.yaml").write_text(yaml.safe_dump(yaml.safe_load(values) | {"persistence": {"enabled": False}}))
    monitoring(kube)
    ran = []
    try:
        for page in ("install.md", "operations.md", "kubernetes.md"):
            for block in blocks(ROOT / "docs" / page, "sh"):
                for line in re.sub(r"\boncall\b", oncall, block.replace("\\\n", " ")).splitlines():
                    if line and not ELSEWHERE.match(line):
                        done = run(place, line, KUBECONFIG=str(kube.kubeconfig))
                        assert done.returncode == 0, (line, done.stdout, done.stderr)
                        ran.append(shlex.split(line)[0])
        assert {"kubectl", "helm", "dutybot"} == set(ran)
        assert kube.exists(f"/apis/apps/v1/namespaces/{oncall}/deployments/dutybot")
        assert kube.exists(f"/apis/apps/v1/namespaces/{oncall}/deployments/dutybot-operator")
    finally:
        run(place, f"helm uninstall dutybot --namespace {oncall}", KUBECONFIG=str(kube.kubeconfig))
        run(place, f"kubectl delete namespace {oncall} --wait=false", KUBECONFIG=str(kube.kubeconfig))


def monitoring(kube):
    """The kinds of the Prometheus operator, which the page's values ask for."""
    from tests.helm.test_chart_applied import CRDS, _kind

    for group, kinds in CRDS.items():
        for kind in kinds:
            kube.apply(_kind(group, kind))
            where = f"/apis/{group}/v1/{kind.lower()}s"
            kube.wait_until(lambda where=where: kube.exists(where), f"{kind} to be served", 30)
