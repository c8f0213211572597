"""What the mask of this process knows beside its rules: our own secrets by exact match, and the key of its marks."""

import hashlib
import hmac
import importlib
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings

from bot.act.ledger.file import FileLedger
from bot.errors import BadInput
from bot.redaction import Masker, use
from bot.redaction.kingfisher import Vendors
from bot.settings import DutyBotSettings

ROOT, HOUSES = Path(__file__).parents[2], ("bot", "skills", "knowledge")
SHORTEST, SHORTEST_PART, LONGEST = 8, 16, 16_384
"""A shorter one may be a word; a part of a list of tokens, a name."""


def guard(settings: DutyBotSettings, *, keeps_ledger: bool = True) -> None:
    """From now on nothing of ours is shown by this process.

    `keeps_ledger`: whether the ledger's key may be made here. Raises BadInput when the rules of kingfisher are wanted
    and are not installed.
    """
    key = marks_key(settings.ledger_path, make=keeps_ledger)
    use(Masker(key, own_secrets(), wider() if settings.vendor_rules else None))


def own_secrets() -> set[str]:
    """The values of all settings that are secrets, of every room, switched on or not, and passwords in addresses."""
    found: set[str] = set()
    for house in HOUSES:
        for each in sorted((ROOT / house).rglob("settings.py")):
            importlib.import_module(".".join(each.relative_to(ROOT).with_suffix("").parts))
    for kind in _kinds(BaseSettings):
        if kind.__module__.partition(".")[0] in HOUSES:
            with suppress(ValidationError):  # what cannot be read is told by its own room
                found.update(_secrets(kind()))
    return found


def _kinds(kind: type[BaseSettings]) -> Iterator[type[BaseSettings]]:
    for each in kind.__subclasses__():
        yield each
        yield from _kinds(each)


def _secrets(settings: BaseSettings) -> Iterator[str]:
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        for each in value.values() if isinstance(value, Mapping) else (value,):
            if isinstance(each, SecretStr) and len(each.get_secret_value()) >= SHORTEST:
                whole = each.get_secret_value()
                yield whole
                yield from (part for part in re.split(r"[,:\s]+", whole) if len(part) >= SHORTEST_PART)
            elif name == "token_file" and each:
                with suppress(OSError, ValueError):
                    yield from Path(each).read_text("utf-8")[:LONGEST].split()
            elif isinstance(each, str) and (password := re.search(r"://[^/@\s:]*:([^/@\s]{8,})@", each)):
                yield password[1]


def marks_key(ledger: Path, *, make: bool = True) -> bytes:
    """Of the ledger's key, which all replicas share: the same secret has the same mark on each, and after a restart.

    `make`: also where the ledger has no key yet. A command that writes no ledger makes none: the bot could not read it.
    """
    kept = FileLedger(ledger)
    with suppress(OSError, ValueError):
        if make or kept.has_key():
            return hmac.new(kept.seal().key, b"marks of what is masked", hashlib.sha256).digest()
    return b""


def wider() -> Vendors:
    """The rules of kingfisher. Raises BadInput when they are not installed."""
    try:
        return Vendors()
    except ImportError as error:
        raise BadInput("vendor_rules_missing") from error
