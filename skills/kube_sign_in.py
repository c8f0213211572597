"""How we sign in to the cluster: by a URL, by a kubeconfig file, or by the account of the pod we run in."""

import base64
import hashlib
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import yaml
from pydantic import SecretStr

from skills.errors import Unreachable
from skills.http import Server

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
SYSTEM = "Kubernetes"
LARGEST = 4 * 2**20


class KubernetesAccount(Protocol):
    """What is set of KUBERNETES_*, in whichever skill's settings."""

    url: str
    token: SecretStr
    token_file: str
    ca_file: str
    client_cert_file: str
    client_key_file: str
    check_certificate: bool
    kubeconfig: str
    kubeconfig_context: str
    timeout: float


def sign_in(settings: KubernetesAccount) -> Server:
    """The first that is given serves.

    Raises:
        Unreachable: nothing is given, or the kubeconfig cannot be used.
    """
    if settings.url:
        return _by_url(settings)
    if settings.kubeconfig:
        return _by_kubeconfig(settings)
    if (ACCOUNT / "token").exists():
        return Server(
            SYSTEM,
            "https://kubernetes.default.svc",
            token_file=str(ACCOUNT / "token"),
            ca_file=str(ACCOUNT / "ca.crt"),
            timeout=settings.timeout,
        )
    raise Unreachable("no_cluster")


def _by_url(settings: KubernetesAccount) -> Server:
    files = (settings.client_cert_file, settings.client_key_file)
    return Server(
        SYSTEM,
        settings.url,
        token=settings.token.get_secret_value(),
        token_file=settings.token_file,
        ca_file=settings.ca_file,
        client_cert=files if all(files) else None,
        check_certificate=settings.check_certificate,
        timeout=settings.timeout,
    )


def _by_kubeconfig(settings: KubernetesAccount) -> Server:
    path = Path(settings.kubeconfig).expanduser()
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError("it is too large")
        return _told(path, yaml.safe_load(path.read_text(encoding="utf-8")), settings)
    except yaml.YAMLError as error:  # its own words would quote the line, and a token may stand there
        mark = getattr(error, "problem_mark", None)
        why = f"it is no YAML, line {mark.line + 1}" if mark else "it is no YAML"
        raise Unreachable("bad_kubeconfig", path=str(path), why=why) from None
    except RecursionError:
        raise Unreachable("bad_kubeconfig", path=str(path), why="it is nested too deep") from None
    except (OSError, LookupError, TypeError, AttributeError, ValueError) as error:
        why = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise Unreachable("bad_kubeconfig", path=str(path), why=why) from error


def _told(path: Path, written: Any, settings: KubernetesAccount) -> Server:
    context = _named(written["contexts"], settings.kubeconfig_context or written["current-context"])["context"]
    cluster = _named(written["clusters"], context["cluster"])["cluster"]
    user = _named(written["users"], context["user"])["user"]
    if "exec" in user or "auth-provider" in user:
        raise Unreachable("kubeconfig_runs_a_program", path=str(path))
    where = _text(cluster, "server")
    if not where.isprintable() or urlsplit(where).scheme not in {"http", "https"} or not urlsplit(where).hostname:
        raise ValueError("its server is no address")
    return Server(
        SYSTEM,
        where,
        token=_text(user, "token"),
        token_file=_beside(path, _text(user, "tokenFile")),
        user=_text(user, "username"),
        password=_text(user, "password"),
        ca_file=_beside(path, _text(cluster, "certificate-authority")),
        ca_text=_decoded(_text(cluster, "certificate-authority-data")),
        client_cert=_certificate(path, user),
        check_certificate=settings.check_certificate and cluster.get("insecure-skip-tls-verify") is not True,
        timeout=settings.timeout,
    )


def _text(held: dict[str, Any], name: str) -> str:
    """Raises TypeError for what is no text; what is not there is empty."""
    found = held.get(name)
    if found is not None and not isinstance(found, str):
        raise TypeError(f"{name} is no text")
    return (found or "").strip() if name in {"token", "server"} else found or ""


def _named(entries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    for entry in entries:
        if entry["name"] == name:
            return entry
    raise ValueError(f"it has no entry named {name}")


def _beside(path: Path, told: str | None) -> str:
    """Paths in a kubeconfig are relative to it."""
    return str(path.parent / told) if told else ""


def _decoded(text: str | None) -> str:
    return base64.b64decode(text).decode() if text else ""


@cache
def _private() -> "tempfile.TemporaryDirectory[str]":
    """A folder that only we can read, gone when the process ends."""
    return tempfile.TemporaryDirectory(prefix="dutybot-")


def _in_file(secret: bytes) -> str:
    file = Path(_private().name) / f"{hashlib.sha256(secret).hexdigest()[:16]}.pem"
    file.touch(mode=0o600)
    file.write_bytes(secret)
    return str(file)


def _certificate(path: Path, user: dict[str, Any]) -> tuple[str, str] | None:
    """TLS wants files; what is written inside the kubeconfig is put into private ones."""
    kept = []
    for part in ("client-certificate", "client-key"):
        if inside := _text(user, f"{part}-data"):
            kept.append(_in_file(base64.b64decode(inside)))
        elif told := _beside(path, _text(user, part)):
            kept.append(told)
    return (kept[0], kept[1]) if len(kept) == 2 else None
