"""Signing in to a cluster."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from skills import Unreachable
from skills.kubernetes.connection import connection
from skills.kubernetes.settings import KubernetesSettings


def written(tmp_path, user):
    path = tmp_path / "config"
    path.write_text(
        yaml.safe_dump(
            {
                "current-context": "here",
                "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
                "clusters": [{"name": "c", "cluster": {"server": "https://c.test", "certificate-authority": "ca.crt"}}],
                "users": [{"name": "u", "user": user}],
            }
        )
    )
    return KubernetesSettings(url="", kubeconfig=str(path))


def test_a_url_wins():
    server = connection(KubernetesSettings(url="https://k.test", token="t", kubeconfig="/nowhere"))
    assert (server.url, server.token) == ("https://k.test", "t")


def test_a_kubeconfig_with_a_token(tmp_path):
    server = connection(written(tmp_path, {"token": "t"}))
    assert (server.url, server.token, server.ca_file) == ("https://c.test", "t", str(tmp_path / "ca.crt"))


def test_a_kubeconfig_with_a_certificate_inside(tmp_path):
    inside = {
        "client-certificate-data": base64.b64encode(b"C").decode(),
        "client-key-data": base64.b64encode(b"K").decode(),
    }
    cert = connection(written(tmp_path, inside)).client_cert
    assert [Path(path).read_bytes() for path in cert] == [b"C", b"K"]


def test_no_program_is_run_to_sign_in(tmp_path):
    with pytest.raises(Unreachable, match="signs in by a program"):
        connection(written(tmp_path, {"exec": {"command": "sh"}}))


def test_a_broken_kubeconfig_is_told(tmp_path):
    path = tmp_path / "config"
    path.write_text("contexts: []\ncurrent-context: here")
    with pytest.raises(Unreachable, match="has no entry named here"):
        connection(KubernetesSettings(url="", kubeconfig=str(path)))


def test_what_is_private_leaves_no_file_behind(tmp_path):
    kubeconfig = {
        "current-context": "a",
        "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
        "clusters": [{"name": "a", "cluster": {"server": "https://k.test"}}],
        "users": [{"name": "a", "user": {"client-certificate-data": "Y2VydA==", "client-key-data": "a2V5"}}],
    }
    (tmp_path / "config").write_text(json.dumps(kubeconfig))
    script = (
        "import os, sys\n"
        "from skills.kubernetes.connection import connection\n"
        "from skills.kubernetes.settings import KubernetesSettings\n"
        "server = connection(KubernetesSettings(url='', kubeconfig=sys.argv[1]))\n"
        "assert connection(KubernetesSettings(url='', kubeconfig=sys.argv[1])).client_cert == server.client_cert\n"
        "print(oct(os.stat(server.client_cert[1]).st_mode & 0o777), open(server.client_cert[1]).read())\n"
    )
    told = {**os.environ, "TMPDIR": str(tmp_path / "tmp")}
    (tmp_path / "tmp").mkdir()
    run = [sys.executable, "-c", script, str(tmp_path / "config")]
    done = subprocess.run(run, env=told, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["0o600", "key"]
    assert list((tmp_path / "tmp").iterdir()) == []
