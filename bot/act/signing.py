"""Signs what was approved, and checks it: the operator trusts the bot's key, and not whoever can write to the API."""

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bot.errors import BadInput

SIGNATURE = "signature"


def new_pair(private: Path, public: Path) -> None:
    """Two PEM files; the private one only its owner can read."""
    key = Ed25519PrivateKey.generate()
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private.touch(mode=0o600)
    private.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    public.write_bytes(key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo))


def signed(spec: Mapping[str, Any], key: Ed25519PrivateKey) -> dict[str, Any]:
    """The same with its signature."""
    return {**spec, SIGNATURE: base64.b64encode(key.sign(_bytes(spec))).decode()}


def is_signed(spec: Mapping[str, Any], key: Ed25519PublicKey) -> bool:
    """Whether every byte of it is what the bot has signed."""
    try:
        key.verify(base64.b64decode(str(spec.get(SIGNATURE, "")), validate=True), _bytes(spec))
    except (InvalidSignature, ValueError):
        return False
    return True


def private_key(path: Path | None) -> Ed25519PrivateKey:
    """Raises BadInput when it cannot be used."""
    key = _read(path, lambda text: serialization.load_pem_private_key(text, None))
    if not isinstance(key, Ed25519PrivateKey):
        raise BadInput("error_key", path=str(path))
    return key


def public_key(path: Path | None) -> Ed25519PublicKey:
    """Raises BadInput when it cannot be used."""
    key = _read(path, serialization.load_pem_public_key)
    if not isinstance(key, Ed25519PublicKey):
        raise BadInput("error_key", path=str(path))
    return key


def _read(path: Path | None, load: Any) -> Any:
    try:
        return load((path or Path("(not given)")).read_bytes())
    except (OSError, ValueError, TypeError) as error:
        raise BadInput("error_key", path=str(path)) from error


def _bytes(spec: Mapping[str, Any]) -> bytes:
    bare = {name: value for name, value in spec.items() if name != SIGNATURE}
    return json.dumps(bare, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
