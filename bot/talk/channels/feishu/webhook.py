"""Events over HTTP: believed only when they are signed, fresh, encrypted with our key and carry our token."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from bot.talk.channels.feishu.settings import FeishuSettings

OLDEST = 300.0
MOST_NONCES = 10_000
MOST_BYTES = 1_000_000


class NotBelieved(Exception):
    """Not from Feishu, or not now."""


class Seal:
    """Knows what Feishu alone can have sent."""

    def __init__(self, settings: FeishuSettings, clock: Callable[[], float] = time.time) -> None:
        self._key = settings.encrypt_key.get_secret_value()
        self._token = settings.verification_token.get_secret_value()
        self._clock = clock
        self._seen: dict[str, float] = {}

    def open(self, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
        """The event inside. Raises NotBelieved."""
        if len(body) > MOST_BYTES:
            raise NotBelieved("too large")
        told = self._decrypted(body)
        token = told.get("token") or (told.get("header") or {}).get("token") or ""
        if not isinstance(token, str) or not hmac.compare_digest(token.encode(), self._token.encode()):
            raise NotBelieved("token")
        if told.get("type") == "url_verification":
            return told
        self._signed(body, headers)
        return told

    def handled(self, headers: Mapping[str, str]) -> None:
        """It is kept: the same request will not be believed again."""
        now = self._clock()
        self._seen = {nonce: until for nonce, until in self._seen.items() if until > now}
        if len(self._seen) >= MOST_NONCES:
            self._seen.pop(next(iter(self._seen)))
        self._seen[headers.get("x-lark-request-nonce", "")] = now + 2 * OLDEST

    def _signed(self, body: bytes, headers: Mapping[str, str]) -> None:
        stamp, nonce = headers.get("x-lark-request-timestamp", ""), headers.get("x-lark-request-nonce", "")
        if not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
            raise NotBelieved("timestamp")
        mark = hashlib.sha256(f"{stamp}{nonce}{self._key}".encode() + body).hexdigest()
        given = headers.get("x-lark-signature", "")
        if not hmac.compare_digest(mark.encode(), given.encode()):
            raise NotBelieved("signature")
        if abs(self._clock() - int(stamp)) > OLDEST:
            raise NotBelieved("age")
        if not nonce or self._seen.get(nonce, 0.0) > self._clock():
            raise NotBelieved("nonce")

    def _decrypted(self, body: bytes) -> dict[str, Any]:
        """What is not encrypted is not ours: we never start without a key."""
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
        from cryptography.hazmat.primitives.padding import PKCS7

        try:
            sealed = base64.b64decode(json.loads(body)["encrypt"], validate=True)
            key = hashlib.sha256(self._key.encode()).digest()
            cipher = Cipher(algorithms.AES(key), modes.CBC(sealed[:16])).decryptor()
            padded = cipher.update(sealed[16:]) + cipher.finalize()
            unpadder = PKCS7(128).unpadder()
            told = json.loads(unpadder.update(padded) + unpadder.finalize())
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise NotBelieved("encryption") from error
        if not isinstance(told, dict):
            raise NotBelieved("shape")
        return told
